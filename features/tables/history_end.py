"""When a history ends: as declared, else at the newest date that others surround; one alone may be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.cells import parse_date
from features.clock import DAY_US, from_us
from features.errors import LeadscoreError
from features.recipe import Recipe

Ints = NDArray[np.int64]

_DATES = {"leads": "created_us", "events": "available_us", "outcomes": "occurred_us"}
_FEW_ROWS = 3
_FEW_SHARE = 0.01
_QUIET = 0.1
_MONTH = 30
"""Dates are stray when they are few (3 rows, or 1 % of all), stretch the history by more than a month, and
fill hardly any day of that stretch: at most a tenth of the days that dates fill in as long a time before it.

A company that closes for weeks, an import of many rows on one day and outcomes that trickle in for months
after the last lead was made are not stray. Whoever knows better declares `[split] history_end`.
"""


@dataclass(frozen=True)
class HistoryEnd:
    """The end `us`, and the newest date `newest_us` among those that are not stray (0: there is no date).

    `why` says which end was taken, in words; `stray` counts by table the rows dated after `newest_us`.
    """

    us: int
    newest_us: int
    why: str
    stray: Mapping[str, int]

    @property
    def words(self) -> str:
        """The day, and why it was taken."""
        return f"{from_us(self.us).date()}, {self.why}"

    @property
    def warning(self) -> str | None:
        """What stray dates did, and what to do; None where there is none, or the end is declared."""
        if not self.stray or self.us != self.newest_us:
            return None
        rows = sum(self.stray.values())
        places = ", ".join(f"{count:,} of {table}" for table, count in self.stray.items())
        return (
            f"isolated dates, long after all others: {rows:,} ({places}). The history ends before "
            f"them, on {from_us(self.us).date()}; correct them, or declare [split] history_end"
        )


def find_end(con: Any, recipe: Recipe, present: set[str], clock_us: int) -> HistoryEnd:
    """The end of the history of the canonical tables `present` in `con`; dates after `clock_us` do not count.

    Raises:
        LeadscoreError: the recipe declares an end that is no date.
    """
    counted = {table: _days(con, table, clock_us) for table in _DATES if table in present}
    days, rows = _summed([(day, count) for day, count, _ in counted.values()])
    kept = steady_days(days, rows)
    if not len(days):
        return HistoryEnd(declared_end(recipe) or 0, 0, "no date was found", {})
    last = int(days[kept][-1])
    newest = max(int(us[day <= last].max()) for day, _, us in counted.values() if (day <= last).any())
    late = {table: int(count[day > last].sum()) for table, (day, count, _) in counted.items()}
    stray = {table: count for table, count in late.items() if count}
    declared = declared_end(recipe)
    if declared is not None:
        return HistoryEnd(declared, newest, "declared in the recipe", stray)
    why = "the newest date" + (f" but {sum(stray.values()):,} isolated dates after it" if stray else "")
    return HistoryEnd(newest, newest, why, stray)


def steady_days(days: Ints, rows: Ints) -> NDArray[np.bool_]:
    """Which of `days` (ascending, distinct) are not stray late ones; `rows` counts the rows of each."""
    kept = len(days)
    while (shorter := _cut(days[:kept], rows[:kept])) < kept:
        kept = shorter
    return np.arange(len(days)) < kept


def steady_moments(us: Ints, *, late: bool = True) -> NDArray[np.bool_]:
    """Which of the instants `us`, shape (n,), are not stray at the start, nor (with `late`) at the end."""
    days, places, rows = np.unique(us // DAY_US, return_inverse=True, return_counts=True)
    kept = steady_days(-days[::-1], rows[::-1])[::-1]
    if late:
        kept = kept & steady_days(days, rows)
    return np.asarray(kept[places], dtype=np.bool_)


def _cut(days: Ints, rows: Ints) -> int:
    """How many of `days` stay when the shortest stray tail is cut off; all where none is."""
    if len(days) < 2:
        return len(days)
    after = np.cumsum(rows[::-1])[::-1] - rows  # rows later than each day
    filled = np.arange(len(days))[::-1]  # days later than each day that have a row
    stretch = days[-1] - days
    before = np.arange(1, len(days) + 1) - np.searchsorted(days, days - stretch, side="right")
    few = after <= max(_FEW_ROWS, _FEW_SHARE * rows.sum())
    stray = few & (filled > 0) & (stretch > _MONTH) & (filled <= _QUIET * before)
    return int(np.flatnonzero(stray)[-1]) + 1 if stray.any() else len(days)


def _days(con: Any, table: str, clock_us: int) -> tuple[Ints, Ints, Ints]:
    """The days of a table's dates up to the clock, ascending; the rows of each, and its newest instant."""
    us = _DATES[table]
    found = con.raw_sql(f"""
        SELECT floor({us} / {DAY_US})::BIGINT AS day, count(*), max({us}) FROM {table}
        WHERE {us} <= {clock_us} GROUP BY day ORDER BY day""").fetchall()
    day, count, newest = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return day, count, newest


def _summed(parts: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints]:
    """The days of all tables, and how many rows they have together."""
    days = np.concatenate([day for day, _ in parts]) if parts else np.empty(0, np.int64)
    counts = np.concatenate([count for _, count in parts]) if parts else np.empty(0, np.int64)
    distinct, places = np.unique(days, return_inverse=True)
    rows = np.zeros(len(distinct), np.int64)
    np.add.at(rows, places, counts)
    return distinct, rows


def declared_end(recipe: Recipe) -> int | None:
    """The declared end of the history in µs, None where the recipe names none.

    Raises:
        LeadscoreError: it is no date.
    """
    text = recipe.split.history_end
    if text is None:
        return None
    try:
        return parse_date(text, recipe.recipe.zone, "end")
    except ValueError as error:
        raise LeadscoreError(f"recipe: [split] history_end is not {error}.", "Correct the recipe.") from None
