"""Which columns may become fields, and when each of them was known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.clock.instants import DAY_US
from features.columns import Column
from features.errors import LeadscoreError
from features.leaks import LeakInput, WhenKnown, judge_columns
from features.outcome import OutcomeSource
from features.profiles import ColumnProfile, TableProfile, plain, recurs

NEVER_FIELDS = frozenset(
    {"id", "created_at", "account_id", "cost", "opted_out", "outcome_at", "modified_at", "person"}
)
LEFT_OUT = "left out by --exclude"
"""What is remarked on a column that a person left out."""
_BACK = 0.5
"""Share of the newest quarter whose account the older ones know, from which it is read as a level."""
_PRIVATE = ("text", "id", "email", "phone")


def is_usable(column: ColumnProfile, rows: int) -> bool:
    """Whether a column could be a field: it varies, recurs, and has no other part to play."""
    varies = column.format.distinct > 1 or 0 < column.format.filled < rows
    words = column.format.type != "text" or column.means is not None
    return varies and words and column.format.type not in ("id", "empty") and column.role not in NEVER_FIELDS


def judge_leads(
    leads: TableProfile, ended: OutcomeSource, order: NDArray[np.float64], dated: bool, excluded: set[str]
) -> tuple[WhenKnown, ...]:
    """When each column that could be a field was known; of ids and free text, when they were filled."""
    names = [name for name in leads.columns if name not in excluded and name not in ended.columns]
    columns = {name: leads.values(name) for name in names if is_usable(leads.columns[name], leads.rows)}
    dates = frozenset(name for name in columns if leads.columns[name].format.type == "date")
    if dated:
        columns |= {name: (columns[name].astype(np.float64) - order) / DAY_US for name in dates}
    columns |= {name: _presence(leads, name) for name in leads.columns if _only_present(leads, name, ended)}
    profiles = {name: leads.columns[name] for name in columns}
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
                name for name, one in profiles.items() if one.personal or one.format.type in _PRIVATE
            ),
        )
    )
    return tuple(
        one for one in judged if one.treatment == "left out" or is_usable(profiles[one.column], leads.rows)
    )


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


def account_as_level(leads: TableProfile, order: NDArray[np.float64]) -> ColumnProfile | None:
    """The column of accounts as a category, where most of the newest leads are of accounts met before.

    What became of an account's earlier leads then says something of its next one. `order` (n_rows,) is time.
    """
    column = leads.role("account_id")
    if column is None or not recurs(column.format):
        return None
    ranked = leads.cells(column.name).iloc[np.argsort(order, kind="stable")]
    older, newest = ranked.iloc[: len(ranked) * 3 // 4], ranked.iloc[len(ranked) * 3 // 4 :]
    if float(newest.isin(older.dropna()).mean()) < _BACK:
        return None
    return replace(column, role=None, format=replace(column.format, type="category", format=None))


def why_unused(column: ColumnProfile) -> str:
    """Why a column that has no part to play says nothing of a lead."""
    if column.format.distinct < 2:
        return "no values" if column.format.type == "empty" else "one value only"
    return {"id": "all values differ", "text": "free text"}.get(column.format.type, "dates the outcome")


def keep_columns(
    leads: TableProfile, judged: tuple[WhenKnown, ...], kept: set[str]
) -> tuple[tuple[WhenKnown, ...], dict[str, str]]:
    """The judgements without those that would leave a `kept` column out or mark it as known only later, and a
    remark on each of these.

    Raises:
        LeadscoreError: a kept column can be no field, whatever it knows.
    """
    for name in sorted(kept):
        column = leads.columns[name]
        if not is_usable(column, leads.rows):
            raise LeadscoreError(
                f"--keep {name}: {why_unused(column)}, so that it says nothing of a lead.",
                "Leave it out.",
            )
    against = {one.column: one for one in judged if one.column in kept and one.kind is not None}
    remarks = {name: f"kept by --keep, though: {one.kind}, {one.reason}" for name, one in against.items()}
    return tuple(one for one in judged if one.column not in against), remarks
