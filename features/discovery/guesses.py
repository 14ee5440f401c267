"""What decides a recipe, how sure each guess is, why, and the one option that decides otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.outcome import ANY_VALUE, OutcomeNotFoundError, OutcomeSource
from features.profiles import ColumnProfile, Company, TableProfile, plain, presets, reads_as_won
from features.row_order import NONE, ROWS, RowOrder

Certainty = Literal["asked", "sure", "likely", "a guess"]
Question = Literal["outcome", "won", "id", "creation"]

_ABOUT_LEADS = ("events", "outcomes", "field_history")
NO_OUTCOME = "none"
"""What `--outcome` takes where no outcome is known: the rules answer."""
GUESS_COLUMNS = ("decides", "taken", "how sure", "why", "otherwise")


@dataclass(frozen=True)
class Guess:
    """One answer that decides the recipe: what was `taken`, how sure, why, what else it could be.

    `option` is how a person decides otherwise; `answer` is what that option would be given to decide the
    same, None where nothing was taken.
    """

    question: Question
    taken: str
    certainty: Certainty
    why: str
    option: str
    answer: str | None
    others: tuple[str, ...] = ()

    @property
    def doubt(self) -> str | None:
        """What is to be checked, on one line; None where it is sure or was asked for."""
        if self.certainty in ("asked", "sure"):
            return None
        others = "".join(f"; '{other}' could be it too" for other in self.others)
        return f"{self.certainty}, {self.why}{others}"

    def row(self) -> tuple[str, ...]:
        """The guess as cells of a printed table, under `GUESS_COLUMNS`."""
        why = self.why + (f"; could be too: {', '.join(self.others[:4])}" if self.others else "")
        return self.question, self.taken, self.certainty, why, self.option


def guesses_of(
    company: Company,
    ended: OutcomeSource,
    *,
    outcome: str | None,
    id_column: str | None,
    time: str | None,
    rows: RowOrder | None,
    missing: OutcomeNotFoundError | None = None,
) -> tuple[Guess, ...]:
    """The guesses behind a recipe; `outcome`, `id_column` and `time` are what the options said, None
    where they said nothing; `rows` what the order of rows is taken for; `missing` that no outcome was found.
    """
    leads = company.leads
    named_by = [one.table.raw.name for one in company.joined if one.kind in _ABOUT_LEADS]
    ends: tuple[Guess, ...] = ()
    if not np.isnan(ended.won).all():
        ends = (_outcome(ended, outcome), _won(leads, ended, outcome))
    elif missing is not None or outcome is not None:
        ends = (_no_outcome(missing),)
    return (*ends, _id(leads, id_column, named_by), _creation(leads, time, rows))


def _no_outcome(missing: OutcomeNotFoundError | None) -> Guess:
    """That nothing can be learned: asked for, or since nothing looks like the outcome."""
    option = f"--outcome COLUMN=VALUE | {NO_OUTCOME}"
    if missing is None:
        return Guess("outcome", NO_OUTCOME, "asked", "as the option says", option, NO_OUTCOME)
    best = missing.options[0] if missing.options else NO_OUTCOME
    why = "no column looks like the outcome, so that the rules answer"
    return Guess("outcome", NO_OUTCOME, "a guess", why, option, best, missing.options)


def _outcome(ended: OutcomeSource, asked: str | None) -> Guess:
    option = "--outcome COLUMN=VALUE"
    taken = str(ended.main or ended.stage)
    answer = f"{taken}={'|'.join(ended.won_values)}"
    if asked is not None:
        return Guess("outcome", taken, "asked", "as the option says", option, answer)
    if ended.joined is not None:
        why = f"{ended.joined.table.raw.name} names leads and says what became of them"
        return Guess("outcome", taken, "likely", why, option, None)
    if ended.choice is None:
        return Guess("outcome", taken, "likely", "a date that only some leads have", option, None)
    others = tuple(rival.column for rival in ended.choice.rivals)
    return Guess("outcome", taken, ended.choice.certainty, ended.choice.why, option, answer, others)


def _won(leads: TableProfile, ended: OutcomeSource, asked: str | None) -> Guess:
    """Which values mean won: by the CRM's own words, by words that read so, or as one of two."""
    option, values = "--outcome COLUMN=VALUE", ended.won_values
    column = str(ended.main or ended.stage)
    taken, answer = " or ".join(values[:6]), f"{column}={'|'.join(values)}"
    others = tuple(value for value in ended.other_values if value not in ended.undated_losses)[:6]
    if asked is not None and "=" in asked:
        return Guess("won", taken, "asked", "as the option says", option, answer)
    if values == (ANY_VALUE,):
        return Guess("won", "any value", "likely", "nothing says more than that there is one", option, None)
    known = leads.columns[ended.main].won if ended.main is not None else ()
    if {plain(value) for value in values} <= {plain(value) for value in known}:
        return Guess("won", taken, "sure", "the word of this CRM", option, answer)
    if all(reads_as_won(value) for value in values):
        return Guess("won", taken, "sure", "it reads so", option, answer)
    if ended.choice is not None and ended.choice.told_by is not None:
        why = f"'{ended.choice.told_by}' tells it from other ends"
        return Guess("won", taken, "a guess", why, option, answer, ended.lost_values[:6])
    return Guess("won", taken, "a guess", "of all values the one most like it", option, answer, others)


def _id(leads: TableProfile, asked: str | None, named_by: Sequence[str]) -> Guess:
    column, option = leads.role("id"), "--id COLUMN"
    if column is None:
        return Guess("id", "the row number", "a guess", "no column tells all leads apart", option, None)
    if asked is not None:
        return Guess("id", column.name, "asked", "as the option says", option, column.name)
    share = column.format.distinct / max(column.format.filled, 1)
    others = tuple(
        one.name
        for one in leads.columns.values()
        if one is not column and one.format.type == "id" and one.format.distinct == leads.rows
    )
    if share < 1:
        why = f"{share:.1%} of its values differ, those of other leads stand twice"
        return Guess("id", column.name, "likely", why, option, column.name, others)
    if share == 1 and named_by:
        why = f"all its values differ, and {named_by[0]} names leads by it"
        return Guess("id", column.name, "sure", why, option, column.name)
    if _is_called(column, "lead_id", "id") or column.format.type == "email":
        return Guess("id", column.name, "sure", "by its name, and all values differ", option, column.name)
    return Guess("id", column.name, "likely", "all its values differ", option, column.name, others)


def _creation(leads: TableProfile, asked: str | None, rows: RowOrder | None) -> Guess:
    column, option = leads.role("created_at"), "--time COLUMN"
    if column is None and leads.counter is not None:
        return Guess("creation", leads.counter, "likely", "its numbers fall from row to row", option, None)
    if rows is not None:
        taken, answer = ("the order of rows", ROWS) if rows.is_time else ("nothing, a lot decides", NONE)
        return Guess("creation", taken, rows.certainty, rows.why, f"{option} | {ROWS} | {NONE}", answer)
    if column is None:
        return Guess("creation", "the order of rows", "a guess", "no date is filled for all", option, None)
    if asked is not None:
        return Guess("creation", column.name, "asked", "as the option says", option, column.name)
    others = tuple(
        one.name
        for one in leads.columns.values()
        if one is not column and one.format.type == "date" and one.role is None
        if one.known == "creation"
        and one.format.filled >= 0.8 * leads.rows
        and _is_earlier(leads, one, column)
    )
    if not _is_called(column, "created_at", "created_at"):
        why = "the earliest date that all leads have"
        return Guess("creation", column.name, "likely", why, option, column.name, others)
    sure: Certainty = "likely" if others else "sure"
    return Guess("creation", column.name, sure, "by its name", option, column.name, others)


def _is_called(column: ColumnProfile, canonical: str, role: str) -> bool:
    """Whether a preset gives the column its part, or plain lists call such a column so."""
    named = presets()["plain"].columns[canonical].names
    return column.canonical is not None or plain(column.name) in {plain(name) for name in named}


def _is_earlier(leads: TableProfile, one: ColumnProfile, created: ColumnProfile) -> bool:
    """Whether a date lies mostly within the year before creation: a birthday is no rival."""
    gap = np.asarray(leads.values(created.name), np.float64) - np.asarray(leads.values(one.name), np.float64)
    known = gap[np.isfinite(gap)]
    year = 366 * 86_400e6
    return bool(len(known)) and bool(np.mean((known > 0) & (known < year)) > 0.8)


def doubts_by_question(guesses: Sequence[Guess]) -> dict[Question, str]:
    """Question → what is to be checked, for those that are not sure."""
    return {guess.question: guess.doubt for guess in guesses if guess.doubt is not None}
