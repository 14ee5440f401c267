"""How cases ended, by what is filled where: read off the cells, in whatever language the words are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.outcome.dates import follows, instants_of, is_undated
from features.outcome.guess import OutcomeColumn, is_earlier, values_of
from features.profiles import ColumnProfile, TableProfile

_MOST_STAGES = 20
_FULL, _EMPTY = 0.9, 0.05
_ENOUGH = 20
"""Leads that must have a value before what is filled where it stands says anything."""


@dataclass(frozen=True)
class Ended:
    """A column whose values `ended` go with the `date`, which leads with its other values lack.

    `by` is a column that only some of these have: numbers are what a win brings, words why a case was lost;
    `won` are then the values that mean won, and none where nothing tells wins from losses.
    """

    column: str
    date: str
    ended: tuple[str, ...]
    won: tuple[str, ...] = ()
    by: str | None = None

    @property
    def why(self) -> str:
        """What is filled where."""
        said = f"as '{self.date}' is filled where it is {' or '.join(self.ended[:4])}"
        return said + (f", and '{self.by}' tells which of these were won" if self.by else "")


def ended_columns(table: TableProfile) -> tuple[Ended, ...]:
    """Each column of three to twenty values that a date goes with; first those whose wins are known, then
    those of the fewest ended leads."""
    created = table.role("created_at")
    if created is None or is_undated(table):
        return ()
    start = instants_of(table, created.name)
    dates = [one for one in table.columns.values() if _could_end(one) and one is not created]
    instants = {one.name: instants_of(table, one.name) for one in dates}
    filled = {name: np.isfinite(us) for name, us in instants.items() if follows(us, start)}
    found = [one for column in _stages(table) for one in _of_column(table, column, filled)]
    return tuple(sorted(found, key=lambda one: (not one.won, _leads(table, one))))


def divided(table: TableProfile, one: Ended) -> OutcomeColumn:
    """The values of the column that mean won, lost, or neither yet: those that the date does not go with."""
    lost = tuple(value for value in one.ended if value not in one.won)
    rest = tuple(value for value in values_of(table, one.column) if value not in one.ended)
    return OutcomeColumn(one.column, one.won, lost, rest)


def ending_date(table: TableProfile, found: OutcomeColumn) -> str | None:
    """The date that goes with the won values of the outcome, and with others that ended, if there is one."""
    for one in ended_columns(table):
        if one.column == found.column and set(found.won) <= set(one.ended):
            return one.date
    return None


def _could_end(column: ColumnProfile) -> bool:
    """Whether a column is a date that does not follow each change or each contact."""
    return column.format.type == "date" and column.role != "modified_at" and column.known != "current"


def _stages(table: TableProfile) -> Iterator[str]:
    """Columns that could hold stages. Of two values, one of which is dated, see `choose_outcome`."""
    for name, column in table.columns.items():
        able = column.format.type == "category" and 3 <= column.format.distinct <= _MOST_STAGES
        if able and column.role in (None, "status", "outcome") and not is_earlier(name):
            yield name


def _of_column(table: TableProfile, column: str, dates: dict[str, NDArray[np.bool_]]) -> Iterator[Ended]:
    cells = table.cells(column).to_numpy()
    counts = {value: n for value, n in values_of(table, column).items() if n >= _ENOUGH}
    for date, filled in dates.items():
        ended = _filled_values(cells, counts, filled)
        if not ended:
            continue
        won, by = _told_apart(table, cells, {value: counts[value] for value in ended}, {column, date})
        yield Ended(column, date, ended, won, by)


def _filled_values(
    cells: NDArray[np.object_], counts: dict[str, int], filled: NDArray[np.bool_]
) -> tuple[str, ...]:
    """The values all of whose leads have it; none where some value has it in part, or all have it."""
    shares = {value: float(filled[cells == value].mean()) for value in counts}
    full = tuple(value for value, share in shares.items() if share >= _FULL)
    plain = all(share >= _FULL or share <= _EMPTY for share in shares.values())
    return full if plain and 0 < len(full) < len(shares) else ()


def _told_apart(
    table: TableProfile, cells: NDArray[np.object_], ended: dict[str, int], used: set[str]
) -> tuple[tuple[str, ...], str | None]:
    """The values among `ended` that mean won, and the column that tells: its numbers stand where a case was
    won, its few words where it was lost. One of two values at least must lack it."""
    if len(ended) < 2:
        return (), None
    for kinds, are_won in ((("number",), True), (("category",), False)):
        for name, column in table.columns.items():
            if name in used or column.format.type not in kinds or column.role in ("id", "created_at"):
                continue
            some = _filled_values(cells, ended, table.cells(name).notna().to_numpy())
            outside = ~np.isin(cells.astype(str), list(ended))
            if some and float(table.cells(name).notna().to_numpy()[outside].mean()) <= _EMPTY:
                return (some if are_won else tuple(value for value in ended if value not in some)), name
    return (), None


def _leads(table: TableProfile, one: Ended) -> int:
    return int(table.cells(one.column).isin(one.ended).sum())
