"""The typed columns that a scorer reads: what both readings of a feature produce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Numbers, NaN where missing."""

Column: TypeAlias = NDArray[np.float64] | NDArray[np.object_]
"""One feature for `n_leads` leads: float64 with NaN as missing, or objects `str | None` for a category."""


class Columns(Mapping[str, Column]):
    """Feature name → column, for `n_leads` leads in one order.

    The number of leads is said, not read off a column: a scorecard without a rule reads no column at all,
    and its leads are still there.
    """

    __slots__ = ("_columns", "n_leads")

    def __init__(self, columns: Mapping[str, Column], n_leads: int) -> None:
        for name, column in columns.items():
            if len(column) != n_leads:
                raise ValueError(f"the column '{name}' has {len(column)} values for {n_leads} leads")
        self._columns = dict(columns)
        self.n_leads = n_leads

    def __getitem__(self, name: str) -> Column:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        """The number of columns; that of leads is `n_leads`."""
        return len(self._columns)

    def take(self, rows: NDArray[Any] | slice) -> Columns:
        """All columns of the leads at `rows` (places, a mask or a slice)."""
        n_leads = len(np.empty(self.n_leads, dtype=np.bool_)[rows])
        return Columns({name: column[rows] for name, column in self._columns.items()}, n_leads)


def n_leads(columns: Mapping[str, Column]) -> int:
    """How many leads `columns` hold; a plain mapping is counted by its first column.

    Raises:
        ValueError: a plain mapping without a column, which does not say for how many leads it is.
    """
    if isinstance(columns, Columns):
        return columns.n_leads
    if not columns:
        raise ValueError("an empty mapping holds no number of leads: say it with Columns({}, n_leads)")
    return len(next(iter(columns.values())))
