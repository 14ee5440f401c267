"""Which column is the outcome, how sure that is, and which others could be it: measured, not only named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from features.outcome.dates import created_us, instants_of, is_filled_by_wins
from features.outcome.ended import divided, ended_columns
from features.outcome.guess import (
    OutcomeColumn,
    divide,
    is_earlier,
    is_plainly_lost,
    last_of_a_data_set,
    named_outcomes,
    stage_columns,
    values_of,
    with_rest,
)
from features.profiles import TableProfile, reads_as_won

Certainty = Literal["sure", "likely", "a guess"]

_PLAINLY = 3.0  # a score from which on the column's own name or its preset says that it is an outcome
_NEAR = 1.5  # names this close are of one rank, "Converted" and "Customer"; a preset's and a list's are not
_SAME = 0.98
_FEWER = 0.9
_ENOUGH = 20
_MOST_HAVE = 0.8
_BY_CHANCE = 1e-4


@dataclass(frozen=True)
class OutcomeRival:
    """Another column that could be the outcome, its value that would mean won, and why."""

    column: str
    won: str
    why: str


@dataclass(frozen=True)
class OutcomeChoice:
    """The outcome that was taken, how sure, why, and its rivals; `--outcome` decides otherwise."""

    found: OutcomeColumn
    certainty: Certainty
    why: str
    rivals: tuple[OutcomeRival, ...] = ()
    told_by: str | None = None
    """The column whose filled cells tell wins from losses, where no word does."""

    def sentences(self) -> list[str]:
        """What a person must know of the choice: nothing where it is sure."""
        own = [] if self.certainty == "sure" else [f"{self.found.column}: taken for the outcome, {self.why}"]
        return own + [
            f"{rival.column}: could be the outcome too: {rival.why} (--outcome '{rival.column}={rival.won}')"
            for rival in self.rivals
        ]

    def doubt(self) -> str | None:
        """What is to be checked, on one line; None where the choice is sure."""
        if self.certainty == "sure":
            return None
        others = "".join(f"; '{rival.column}' could be it too" for rival in self.rivals)
        return f"{self.certainty}, {self.why}{others}"

    def as_dict(self) -> dict[str, Any]:
        """The choice for `--json`."""
        rivals = [{"column": r.column, "won": r.won, "why": r.why} for r in self.rivals]
        return {
            "column": self.found.column, "won": list(self.found.won), "certainty": self.certainty,
            "why": self.why, "rivals": rivals, "option": "--outcome COLUMN=VALUE",
        }  # fmt: skip


def choose_outcome(table: TableProfile) -> OutcomeChoice | None:
    """The outcome of the leads in `table`; None where nothing tells it from other columns.

    A column that is plainly called so; of several, the one that lies after the others: whose wins are all
    among theirs, and fewer. Else the one whose wins alone have a date after their creation, or whose values
    say won and lost. Else the last of a data set; else one whose ended cases have a date, and an amount where
    they were won.
    """
    named = named_outcomes(table)
    plainly = {name: score for name, score in named.items() if score >= _PLAINLY}
    dated = _dated_answers(table)
    if plainly:
        found = _latest(table, plainly)
        return _with_rivals(table, found, "by its name", plainly, dated, sure=True)
    if len(_distinct_wins(table, dated)) == 1:
        found, date = dated[next((name for name in dated if name in named), next(iter(dated)))]
        return _with_rivals(table, found, f"as '{date}' is filled where it is {found.won[0]}", {}, dated)
    if (ending := _by_values(table)) is not None:
        return _with_rivals(table, ending, "as its values say won and lost", {}, dated)
    if named:
        best = max(named, key=lambda name: (named[name], -table.columns[name].place))
        return _with_rivals(table, divide(table, best), "by a word in its name", named, dated, guess=True)
    last = last_of_a_data_set(table)
    if last is not None:
        why = "as the last column, and the one that says yes or no"
        return _with_rivals(table, divide(table, last), why, {}, dated, guess=True)
    for ended in ended_columns(table):
        if ended.won:
            choice = _with_rivals(table, divided(table, ended), ended.why, {}, dated, guess=True)
            return replace(choice, told_by=ended.by)
    return None


def _by_values(table: TableProfile) -> OutcomeColumn | None:
    """The one column of a few values of which some say plainly won and others plainly lost."""
    found = []
    for name in stage_columns(table, 2):
        values = values_of(table, name)
        divided = divide(table, name)
        if any(map(reads_as_won, divided.won)) and any(map(is_plainly_lost, values)):
            found.append(divided)
    return found[0] if len(found) == 1 else None


def _with_rivals(
    table: TableProfile,
    found: OutcomeColumn,
    why: str,
    named: dict[str, float],
    dated: dict[str, tuple[OutcomeColumn, str]],
    *,
    sure: bool = False,
    guess: bool = False,
) -> OutcomeChoice:
    """The choice with the columns that say something else and could be the outcome."""
    wins = _wins(table, found)
    rivals: dict[str, OutcomeRival] = {}
    score = named.get(found.column, 0.0)
    for name in [name for name in named if named[name] > score - _NEAR and name != found.column]:
        other = divide(table, name)
        if other.won and not _are_same(_wins(table, other), wins):
            rivals[name] = OutcomeRival(name, other.won[0], "by its name")
    for name, (other, date) in dated.items():
        if name != found.column and name not in rivals and not _are_same(_wins(table, other), wins):
            rivals[name] = OutcomeRival(name, other.won[0], f"'{date}' is filled where it is {other.won[0]}")
    for rival in _earlier_stages(table, found, wins):
        rivals.setdefault(rival.column, rival)
    certainty: Certainty = "a guess" if guess else "sure" if sure and not rivals else "likely"
    return OutcomeChoice(found, certainty, why, tuple(rivals.values()))


def _latest(table: TableProfile, named: dict[str, float]) -> OutcomeColumn:
    """The best named column; of those of its rank the one whose wins are all among its wins, and fewer."""
    best = max(named, key=lambda name: (named[name], -table.columns[name].place))
    found = divide(table, best)
    for name in [name for name in named if name != best and named[name] > named[best] - _NEAR]:
        other = divide(table, name)
        if other.won and _lies_after(_wins(table, other), _wins(table, found)):
            found = other
    return found


def _lies_after(wins: NDArray[np.bool_], others: NDArray[np.bool_]) -> bool:
    few = _ENOUGH <= wins.sum() <= _FEWER * others.sum()
    return bool(few and (wins & others).sum() >= _SAME * wins.sum())


def _dated_answers(table: TableProfile) -> dict[str, tuple[OutcomeColumn, str]]:
    """Columns of two values, one of which goes with a date after creation that hardly another lead has."""
    created, start = table.role("created_at"), created_us(table)
    if start is None:
        return {}
    dates = [c.name for c in table.columns.values() if c.format.type == "date" and c is not created]
    found: dict[str, tuple[OutcomeColumn, str]] = {}
    for name, value in _answers(table):
        won = np.asarray(table.cells(name) == value, dtype=np.float64)
        date = next((d for d in dates if is_filled_by_wins(instants_of(table, d), start, won)), None)
        if date is not None and won.sum() >= _ENOUGH:
            found[name] = (with_rest(name, values_of(table, name), (value,)), date)
    return found


def _answers(table: TableProfile) -> list[tuple[str, str]]:
    """(column, value) of the columns of two values that say something of a lead, not of an earlier one."""
    return [
        (name, value)
        for name, column in table.columns.items()
        if column.format.distinct == 2 and column.role in (None, "outcome", "status") and not is_earlier(name)
        if column.format.type in ("boolean", "category", "number")
        for value in values_of(table, name)
    ]


def _distinct_wins(table: TableProfile, dated: dict[str, tuple[OutcomeColumn, str]]) -> list[str]:
    """One column for each meaning: those that say the same under another name are one."""
    kept: list[str] = []
    for name, (found, _) in dated.items():
        wins = _wins(table, found)
        if not any(_are_same(wins, _wins(table, dated[other][0])) for other in kept):
            kept.append(name)
    return kept


def _earlier_stages(table: TableProfile, found: OutcomeColumn, wins: NDArray[np.bool_]) -> list[OutcomeRival]:
    """Columns of two values, one of which all won leads have and many others do not: a stage before a win."""
    rivals = []
    for name, value in _answers(table):
        has = (table.cells(name) == value).to_numpy(dtype=bool)
        rate, won = float(has.mean()), int(wins.sum())
        implied = won >= _ENOUGH and (has & wins).sum() >= _SAME * won
        if name == found.column or not implied or _are_same(has, wins) or not 0 < rate <= _MOST_HAVE:
            continue
        if rate**won < _BY_CHANCE:
            said = " or ".join(found.won[:3])
            why = f"all whose '{found.column}' is {said} have it, and of all leads {rate:.0%}"
            rivals.append(OutcomeRival(name, value, why))
    return rivals


def _wins(table: TableProfile, found: OutcomeColumn) -> NDArray[np.bool_]:
    return np.asarray(table.cells(found.column).isin(found.won), dtype=bool)


def _are_same(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether two columns have the same wins, but for a slip here and there."""
    either = (one | other).sum()
    return bool(either and (one & other).sum() >= _SAME * either)
