"""The typed columns that a scorer reads: what both readings of a feature produce."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Numbers, NaN where missing."""

Column: TypeAlias = NDArray[np.float64] | NDArray[np.object_]
"""One feature for `n_leads` leads: float64 with NaN as missing, or objects `str | None` for a category."""


_NO_NUMBERS = np.empty((0, 0))
_T = TypeVar("_T")
_KEPT = 5_000
"""Leads up to which `once` keeps what was made."""


class Columns(Mapping[str, Column]):
    """Feature name → column, for `n_leads` leads in one order.

    The number of leads is said, not read off a column: a scorecard without a rule reads no column at all,
    and its leads are still there.
    """

    __slots__ = ("_columns", "_layout", "_table", "made", "n_leads")

    def __init__(self, columns: Mapping[str, Column], n_leads: int) -> None:
        for name, column in columns.items():
            if len(column) != n_leads:
                raise ValueError(f"the column '{name}' has {len(column)} values for {n_leads} leads")
        self._columns = dict(columns)
        self._layout: Layout | None = None
        self._table: Floats = _NO_NUMBERS
        self.made: dict[tuple[int, str], tuple[object, Any]] = {}
        self.n_leads = n_leads

    @classmethod
    def of_table(cls, layout: Layout, table: Floats, categories: Mapping[str, Column]) -> Self:
        """Numbers in one `table` of shape `(n_numbers, n_leads)` in the order of `layout`, and categories."""
        found = cls(categories, table.shape[1])
        found._layout, found._table = layout, table
        return found

    def __getitem__(self, name: str) -> Column:
        found = self._columns.get(name)
        if found is None:
            if self._layout is None:
                raise KeyError(name)
            found = self._columns[name] = self._table[self._layout.places[name]]
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._columns or (self._layout is not None and name in self._layout.places)

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns if self._layout is None else self._layout.names)

    def __len__(self) -> int:
        """The number of columns; that of leads is `n_leads`."""
        return len(self._columns if self._layout is None else self._layout.names)

    def take(self, rows: NDArray[Any] | slice) -> Columns:
        """All columns of the leads at `rows` (places, a mask or a slice)."""
        if self._layout is not None:
            categories = {name: self._columns[name][rows] for name in self._layout.categories}
            return Columns.of_table(self._layout, self._table[:, rows], categories)
        n_leads = len(np.empty(self.n_leads, dtype=np.bool_)[rows])
        return Columns({name: column[rows] for name, column in self._columns.items()}, n_leads)

    def row(self, at: int) -> dict[str, float | str | None]:
        """The values of one lead by name."""
        if self._layout is None:
            return {name: column[at : at + 1].tolist()[0] for name, column in self._columns.items()}
        numbers = dict(zip(self._layout.places, self._table[:, at].tolist(), strict=True))
        return {n: numbers[n] if n in numbers else self._columns[n][at] for n in self._layout.names}

    def hold(self, names: Sequence[str]) -> bool:
        """Whether each of `names` is a column."""
        if self._layout is not None and isinstance(names, tuple):
            return self._layout.holds(names)
        return all(map(self.__contains__, names))

    def numbers(self, names: tuple[str, ...]) -> Floats:
        """See `numbers_of`."""
        places = None if self._layout is None else self._layout.places_of(names)
        if places is None:
            return np.array([self[name] for name in names], dtype=np.float64)
        return self._table[places]


class Layout:
    """What the columns of many requests have alike: `numbers` says of each name whether it is a number."""

    def __init__(self, numbers: Mapping[str, bool]) -> None:
        self.names = tuple(numbers)
        self.categories = tuple(name for name, is_number in numbers.items() if not is_number)
        self.places = {name: at for at, name in enumerate(n for n, is_number in numbers.items() if is_number)}
        self._known: dict[tuple[str, ...], NDArray[np.intp] | None] = {}
        self._held: dict[tuple[str, ...], bool] = {}

    def columns(self, rows: Sequence[Mapping[str, float | str | None]]) -> Columns:
        """Rows by name as columns of shape `(len(rows),)`, in their order."""
        return self.columns_of([[row[name] for name in self.names] for row in rows])

    def columns_of(self, rows: Sequence[Sequence[float | str | None]]) -> Columns:
        """`columns` of rows whose values stand in the order of `names`."""
        numbers, levels = self._in_order
        cells = [[row[place] for place in numbers] for row in rows]
        table = np.array(cells, dtype=np.float64).reshape(len(rows), len(numbers))
        categories: dict[str, Column] = {
            name: np.array([row[place] for row in rows], dtype=object) for name, place in levels.items()
        }
        return Columns.of_table(self, np.ascontiguousarray(table.T), categories)

    @cached_property
    def _in_order(self) -> tuple[list[int], dict[str, int]]:
        """Where the numbers are among `names`, and the categories."""
        place = {name: at for at, name in enumerate(self.names)}
        return [place[name] for name in self.places], {name: place[name] for name in self.categories}

    def holds(self, names: tuple[str, ...]) -> bool:
        """Whether each of `names` is here; few lists are ever asked about, and each again and again."""
        if names not in self._held:
            self._held[names] = set(names) <= set(self.names)
        return self._held[names]

    def places_of(self, names: tuple[str, ...]) -> NDArray[np.intp] | None:
        """Where in the table `names` are, None where one of them is no number."""
        if names not in self._known:
            there = all(name in self.places for name in names)
            found = np.array([self.places[name] for name in names], dtype=np.intp) if there else None
            self._known[names] = found
        return self._known[names]


def numbers_of(columns: Mapping[str, Column], names: tuple[str, ...]) -> Floats:
    """Columns of numbers one under the other, of shape `(len(names), n_leads)`; of its own memory."""
    if isinstance(columns, Columns):
        return columns.numbers(names)
    return np.array([columns[name] for name in names], dtype=np.float64)


def held(numbers: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """`numbers` inside [low, high]; NaN stays NaN. For few numbers sooner than `np.clip`."""
    return np.asarray(np.minimum(np.maximum(numbers, low), high), dtype=np.float64)


def once(columns: Mapping[str, Column], owner: object, what: str, make: Callable[[], _T]) -> _T:
    """What `make` gives, which `owner` calls `what`: made once for `columns`, and changed by nobody.

    Of many leads it is made each time, as keeping it would hold much more than the columns themselves.
    """
    if not isinstance(columns, Columns) or columns.n_leads > _KEPT:
        return make()
    kept = columns.made.get((id(owner), what))
    if kept is None:
        kept = columns.made[id(owner), what] = (owner, make())  # with the owner, so that its id stays its own
    found: _T = kept[1]
    return found


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
