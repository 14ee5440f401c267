"""Which columns may become fields, and when each of them was known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.clock.instants import DAY_US
from features.columns import Column
from features.errors import LeadscoreError
from features.leaks import LeakInput, WhenKnown, judge_columns
from features.outcome import OutcomeSource
from features.profiles import ColumnProfile, TableProfile, plain, recurs
from features.row_order import most_come_back

NEVER_FIELDS = frozenset(
    {"id", "created_at", "account_id", "cost", "opted_out", "outcome_at", "modified_at", "person"}
)
LEFT_OUT = "left out by --exclude"
"""What is remarked on a column that a person left out."""
_PRIVATE = ("text", "id", "email", "phone")


def is_usable(column: ColumnProfile, rows: int) -> bool:
    """Whether a column could be a field: it varies, recurs, and has no other part to play."""
    varies = column.format.distinct > 1 or 0 < column.format.filled < rows
    words = column.format.type != "text" or column.means is not None
    return varies and words and column.format.type not in ("id", "empty") and column.role not in NEVER_FIELDS


def judge_leads(
    leads: TableProfile,
    able: Mapping[str, ColumnProfile],
    ended: OutcomeSource,
    order: NDArray[np.float64],
    dated: bool,
    excluded: set[str],
) -> tuple[WhenKnown, ...]:
    """When each column that could be a field was known; of ids and free text, when they were filled.

    `able` are the columns as fields would read them (`as_fields`).
    """
    names = [name for name in able if name not in excluded and name not in ended.columns]
    columns = {name: _values(leads, able[name]) for name in names if is_usable(able[name], leads.rows)}
    dates = frozenset(name for name in columns if able[name].format.type == "date")
    if dated:
        columns |= {name: (columns[name].astype(np.float64) - order) / DAY_US for name in dates}
    columns |= {name: _presence(leads, name) for name in leads.columns if _only_present(leads, name, ended)}
    profiles = {name: able[name] for name in columns}
    judged = judge_columns(
        LeakInput(
            columns=columns,
            names={name: plain(name) for name in columns},
            y=ended.won,
            order=order,
            dated=dated,
            closed=ended.closed,
            end_days=(ended.occurred - order) / DAY_US if dated and ended.occurred is not None else None,
            dates=dates,
            current=frozenset(name for name, column in profiles.items() if column.known == "current"),
            creation=frozenset(name for name, column in profiles.items() if _comes_with_the_lead(column)),
            private=frozenset(
                name for name in columns if (c := leads.columns[name]).personal or c.format.type in _PRIVATE
            ),
        )
    )
    return tuple(
        one for one in judged if one.treatment == "left out" or is_usable(profiles[one.column], leads.rows)
    )


def _values(leads: TableProfile, column: ColumnProfile) -> Column:
    """A column (n_rows,) as its field reads it: numbers of accounts are levels too."""
    cells = column.format.type == "category"
    return leads.cells(column.name).to_numpy(dtype=object) if cells else leads.values(column.name)


def _comes_with_the_lead(column: ColumnProfile) -> bool:
    """Whether a preset knows the column as what a lead brings along: its source, its size, its country."""
    return column.known == "creation" and (column.means is not None or column.role == "origin")


def _only_present(leads: TableProfile, name: str, ended: OutcomeSource) -> bool:
    """Whether a column of ids or free text is filled for some leads only: that alone may know the outcome."""
    column = leads.columns[name]
    words = column.format.type in ("id", "text") and column.role is None and name not in ended.columns
    return words and not is_usable(column, leads.rows) and column.format.filled < 0.98 * leads.rows


def _presence(leads: TableProfile, name: str) -> Column:
    return np.array([None if cell is None else "filled" for cell in leads.cells(name)], dtype=object)


def as_fields(leads: TableProfile, order: NDArray[np.float64] | None) -> dict[str, ColumnProfile]:
    """The columns as fields would read them; `order` (n_rows,) is time, None where nothing tells it."""
    level = None if order is None else _account_as_level(leads, order)
    if level is None:
        return leads.columns
    rest = {name: column for name, column in leads.columns.items() if name != level.name}
    return rest | {level.name: level}


def _account_as_level(leads: TableProfile, order: NDArray[np.float64]) -> ColumnProfile | None:
    """The column of accounts as a category, where most of the newest leads are of accounts met before.

    `order` (n_rows,) is time.
    """
    column = leads.role("account_id")
    if column is None or not recurs(column.format):
        return None
    accounts = leads.cells(column.name).to_numpy(dtype=object)
    if not most_come_back(accounts[np.argsort(order, kind="stable")]):
        return None
    written = replace(column.format, type="category", format=None)
    return replace(column, role=None, canonical="account", format=written)


def why_unused(column: ColumnProfile) -> str:
    """Why a column that has no part to play says nothing of a lead."""
    if column.format.distinct < 2:
        return "no values" if column.format.type == "empty" else "one value only"
    return {"id": "all values differ", "text": "free text"}.get(column.format.type, "dates the outcome")


def keep_columns(
    able: Mapping[str, ColumnProfile], rows: int, judged: tuple[WhenKnown, ...], kept: set[str]
) -> tuple[tuple[WhenKnown, ...], dict[str, str]]:
    """The judgements without those that would leave a `kept` column out or mark it as known only later, and a
    remark on each of these.

    Raises:
        LeadscoreError: a kept column can be no field, whatever it knows.
    """
    for name in sorted(kept):
        column = able[name]
        if not is_usable(column, rows):
            raise LeadscoreError(
                f"--keep {name}: {why_unused(column)}, so that it says nothing of a lead.",
                "Leave it out.",
            )
    against = {one.column: one for one in judged if one.column in kept and one.kind is not None}
    remarks = {name: f"kept by --keep, though: {one.kind}, {one.reason}" for name, one in against.items()}
    return tuple(one for one in judged if one.column not in against), remarks
