"""How cases ended, by what is filled where: read off the cells, in whatever language the words are.

It is asked last, and is never more than a guess: a date and an amount go with other things than ends too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats
from features.outcome.dates import created_us, follows, instants_of
from features.outcome.guess import OutcomeColumn, stage_columns, values_of
from features.profiles import ColumnProfile, TableProfile

_FULL, _EMPTY = 0.9, 0.05
_ENOUGH = 20
"""Leads that must have a value before what is filled where it stands says anything."""
_CODES = 20
"""Numbers of so few values may be codes; amounts have more."""
_NEWEST, _SURE = 0.1, 3.0
"""Of the newest tenth of all leads fewer have ended, by so many standard errors: else what a date goes with
is a kind of lead, not an end."""


@dataclass(frozen=True)
class Ended:
    """A column whose values `ended` go with the `date`, which leads with its other values lack.

    `by` is a number that only some of these values have, `won`; both are empty where nothing tells.
    """

    column: str
    date: str
    ended: tuple[str, ...]
    won: tuple[str, ...] = ()
    by: str | None = None

    @property
    def why(self) -> str:
        """What is filled where."""
        return f"of those with '{self.date}' only {', '.join(self.won)} has '{self.by}'"


def ended_columns(table: TableProfile) -> tuple[Ended, ...]:
    """Each column of three to twenty values that a date goes with, more often of older leads; first those
    whose wins are known, then those of the fewest ended leads."""
    start = created_us(table)
    if start is None:
        return ()
    found = [
        (one, int(ended.sum()))
        for column in stage_columns(table, 3)  # of two values: `choose_outcome`
        for one, ended in _of_column(table, column, start)
        if _rises_with_age(ended, start)
    ]
    return tuple(one for one, _ in sorted(found, key=lambda pair: (not pair[0].won, pair[1])))


def divided(table: TableProfile, one: Ended) -> OutcomeColumn:
    """The values of the column that mean won, lost, or neither yet: those that the date does not go with."""
    lost = tuple(value for value in one.ended if value not in one.won)
    rest = tuple(value for value in values_of(table, one.column) if value not in one.ended)
    return OutcomeColumn(one.column, one.won, lost, rest)


def ending_date(table: TableProfile, found: OutcomeColumn) -> str | None:
    """The date that goes with the won and lost values of the outcome and with none of its open ones."""
    start, over = created_us(table), {*found.won, *found.lost}
    if start is None or not found.lost:
        return None
    for one, _ in _of_column(table, found.column, start):
        if set(found.won) < set(one.ended) <= over:
            return one.date
    return None


def _of_column(table: TableProfile, column: str, start: Floats) -> Iterator[tuple[Ended, NDArray[np.bool_]]]:
    """The values of `column` that a date after the creation goes with, and which leads have one of them."""
    codes, values = pd.factorize(table.cells(column))
    names = np.array([str(value) for value in values], dtype=object)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    for date in filter(_could_end, table.columns.values()):
        occurred = instants_of(table, date.name)
        some = _values_with(np.isfinite(occurred), codes, counts)
        if not some.any() or not follows(occurred, start):
            continue
        won, by = _told_apart(table, codes, counts, some)
        one = Ended(column, date.name, tuple(names[some]), tuple(names[won]), by)
        yield one, some[codes] & (codes >= 0)


def _could_end(column: ColumnProfile) -> bool:
    """Whether a column is a date that does not follow each change or each contact."""
    return (
        column.format.type == "date"
        and column.role not in ("created_at", "modified_at")
        and column.known != "current"
    )


def _values_with(
    filled: NDArray[np.bool_], codes: NDArray[np.intp], counts: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Which values nearly all of whose leads are filled, `(n_values,)`; none where some value is in part, or
    where all are. Values of a few leads say nothing, and are none."""
    full = np.bincount(codes[filled & (codes >= 0)], minlength=len(counts)) / np.maximum(counts, 1)
    told = counts >= _ENOUGH
    some = told & (full >= _FULL)
    plainly = (some | (full <= _EMPTY))[told].all()
    return some if plainly and some.sum() < told.sum() else np.zeros_like(told)


def _told_apart(
    table: TableProfile, codes: NDArray[np.intp], counts: NDArray[np.intp], ended: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], str | None]:
    """Which ended values mean won, and the amount that tells: only leads that were won have one. None where
    two amounts tell different things."""
    nothing = np.zeros_like(ended)
    found, by = nothing, None
    for name, column in table.columns.items():
        if column.format.type != "number" or column.format.distinct <= _CODES or ended.sum() < 2:
            continue
        won = _values_with(table.cells(name).notna().to_numpy(dtype=bool), codes, counts)
        if not won.any() or (won & ~ended).any() or (won == ended).all():
            continue
        if by is not None and (won != found).any():
            return nothing, None
        found, by = (won, name) if by is None else (found, by)
    return found, by


def _rises_with_age(ended: NDArray[np.bool_], start: Floats) -> bool:
    """Whether surely fewer of the newest leads have ended than of the others."""
    known = np.isfinite(start)
    newest = known & (start > np.nanquantile(start, 1 - _NEWEST))
    older = known & ~newest
    if newest.sum() < _ENOUGH or older.sum() < _ENOUGH:
        return False
    share = float(ended[known].mean())
    error = sqrt(share * (1 - share) * (1 / newest.sum() + 1 / older.sum()))
    return bool(error and ended[older].mean() - ended[newest].mean() > _SURE * error)
