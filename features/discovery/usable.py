"""Which columns may become fields, and which of them know the outcome."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.clock.instants import DAY_US
from features.columns import Column
from features.discovery.outcome import OutcomeSource
from features.leaks import Suspect, find_leaks
from features.profiles import ColumnProfile, TableProfile

NEVER_FIELDS = frozenset(
    {"id", "created_at", "account_id", "cost", "opted_out", "outcome_at", "modified_at", "person"}
)


def is_usable(column: ColumnProfile, rows: int) -> bool:
    """Whether a column could be a field: it varies, recurs, and has no other part to play."""
    varies = column.format.distinct > 1 or 0 < column.format.filled < rows
    words = column.format.type != "text" or column.means is not None
    return varies and words and column.format.type not in ("id", "empty") and column.role not in NEVER_FIELDS


def suspect_columns(
    leads: TableProfile, ended: OutcomeSource, order: NDArray[np.float64], dated: bool, excluded: set[str]
) -> tuple[Suspect, ...]:
    """Leaks by measurement, and dates that lie after the lead's creation."""
    names = [name for name in leads.columns if name not in excluded and name not in ended.columns]
    columns = {name: leads.values(name) for name in names if is_usable(leads.columns[name], leads.rows)}
    names = list(columns)
    columns |= {name: _presence(leads, name) for name in leads.columns if _only_present(leads, name, ended)}
    dates = frozenset(name for name in names if leads.columns[name].format.type == "date")
    found = find_leaks(columns, ended.won, order, closed=ended.closed, dated=dated, dates=dates)
    known = {suspect.column for suspect in found}
    late = [
        Suspect(
            name, "after creation", "its dates are later than the lead's creation, so it was not known then"
        )
        for name in names
        if dated
        and name not in known
        and leads.columns[name].format.type == "date"
        and _lies_after(columns[name].astype(np.float64), order)
    ]
    return (*found, *late)


def _only_present(leads: TableProfile, name: str, ended: OutcomeSource) -> bool:
    """Whether a column of ids or free text is filled for some leads only: that alone may know the outcome."""
    column = leads.columns[name]
    words = column.format.type in ("id", "text") and column.role is None and name not in ended.columns
    return words and not is_usable(column, leads.rows) and column.format.filled < 0.98 * leads.rows


def _presence(leads: TableProfile, name: str) -> Column:
    return np.array([None if cell is None else "filled" for cell in leads.cells(name)], dtype=object)


def _lies_after(values: NDArray[np.float64], created: NDArray[np.float64]) -> bool:
    filled = np.isfinite(values)
    return bool(filled.any() and (values[filled] > created[filled] + DAY_US).mean() > 0.2)
