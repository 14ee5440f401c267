"""Which rows of an export can be scored, and what is wrong with the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from features.cells import date_expected, is_missing
from features.errors import FieldProblem, after_as_of, listed, unreadable
from features.exports import RawTable
from features.language import Language
from features.lead import UNDATED, closing_of_lead
from features.recipe import Recipe
from features.snapshots import open_leads
from features.tables import Tables, fetch_frame, lead_ids, moments_column
from serving.asked import Asked
from serving.batch.events import EventFaults, event_faults
from serving.score import NO_ID, OWN_ID, Problem, Score, failed
from serving.words.translation import translated

_SHIFTED = "the row has more or fewer cells than the header, so that its cells may stand under a wrong column"
_OTHER_CELLS = "appeared before with other cells; its first row is scored"


@dataclass(frozen=True)
class ExportRows:
    """The rows of an export by their 0-based place, beside the canonical tables that were made of them.

    `leads` are the canonical leads by row; `problems` what is wrong with a row; `first` the row of an id's
    first appearance; `closed` the rows whose outcome closes them at as_of; `faults` what is odd about events.
    Of a block, places are those in the block.
    """

    recipe: Recipe
    frame: pd.DataFrame
    ids: list[str | None]
    leads: pd.DataFrame
    problems: dict[int, list[Problem]]
    first: dict[str, int]
    closed: frozenset[int]
    events_given: bool
    as_of_us: int
    faults: EventFaults

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        raw: RawTable,
        tables: Tables,
        as_of_us: int,
        start: int = 0,
        others: frozenset[int] = frozenset(),
    ) -> ExportRows:
        """Look at every row of `raw`; `tables` were made of the same rows.

        `raw` may be a block of an export that begins at row `start`; of it the rows `others` have the id of
        an earlier row with other cells, which may be in another block.
        """
        leads = fetch_frame(tables.con, "leads").set_index("row")
        ids = [_id(cell) for cell in lead_ids(recipe, raw.frame, start)]
        first: dict[str, int] = {}
        for row, name in enumerate(ids):
            if name is not None and row not in others:
                first.setdefault(name, row)
        faults = event_faults(recipe, tables, as_of_us)
        problems = _problems(recipe, raw, tables, leads, as_of_us, faults)
        given = tables.events is not None or recipe.events is None
        closed = _closed(recipe, tables, leads, as_of_us)
        return cls(recipe, raw.frame, ids, leads, problems, first, closed, given, as_of_us, faults)

    def good(self) -> pd.DataFrame:
        """Columns lead_id, as_of_us, row of the rows that can be scored, in the order of the file."""
        kept = self.leads[~self.leads.index.isin(list(self.problems))].sort_index()
        return pd.DataFrame({"lead_id": kept["lead_id"], "as_of_us": self.as_of_us, "row": kept.index})

    def asked(self, row: int) -> Asked:
        """What an answer needs of a row beside its features."""
        stage = self._stages[row] if self._stages else None
        outcome = closing_of_lead(self.recipe, stage, self.as_of_us) if stage is not None else None
        if self.recipe.outcomes.column is not None and outcome is not None and row not in self.closed:
            outcome = stage = None  # dated after as_of: not yet so
        notes = (*((UNDATED,) if row in self._undated else ()), *self.faults.notes(row))
        out = row in self._opted_out
        return Asked(str(self.ids[row]), self.as_of_us, self.events_given, stage, outcome, out, notes)

    def manner(self, row: int) -> Hashable:
        """All that `asked` says of a row beside its id: of rows with one manner it says the same."""
        stage, faults = self._stages[row] if self._stages else None, self.faults
        odd = row in self._undated, faults.unknown.get(row), faults.later.get(row)
        return stage, row in self.closed, row in self._opted_out, *odd

    def copy_of(self, row: int) -> int | None:
        """The earlier row of which `row` is an exact copy, None where it is none."""
        name = self.ids[row]
        earlier = self.first.get(name) if name is not None else None
        if earlier is None or earlier == row or row in self.problems:
            return None
        cells, others = self.frame.iloc[row], self.frame.iloc[earlier]
        return earlier if cells.astype(str).tolist() == others.astype(str).tolist() else None

    def failure(self, row: int, language: Language = "en") -> Score:
        """The answer for a row that cannot be scored, its sentences in `language`."""
        name = self.ids[row]
        problems = list(self.problems.get(row, []))
        earlier = self.first.get(name) if name is not None else None
        if earlier is not None and earlier in self.problems and self.copy_of(row) == earlier:
            problems += self.problems[earlier]
        if not problems:
            column = self.recipe.lead.id or "row"
            problems = [Problem(field=column, problem=NO_ID if name is None else _OTHER_CELLS, remedy=OWN_ID)]
        return failed(name, [_told(problem, language) for problem in problems])

    @cached_property
    def _stages(self) -> list[str | None]:
        """What the CRM says of each row; empty where no column says it."""
        outcomes = self.recipe.outcomes
        for column in (outcomes.column, outcomes.stage):
            if column is not None and column in self.frame.columns:
                cells = self.frame[column]
                return [None if is_missing(cell) else str(cell).strip() for cell in cells]
        return []

    @cached_property
    def _opted_out(self) -> frozenset[int]:
        return frozenset(self.leads.index[self.leads["opted_out"].astype(bool)].tolist())

    @cached_property
    def _undated(self) -> frozenset[int]:
        if not self.recipe.dated:
            return frozenset()
        return frozenset(self.leads.index[self.leads["created_us"].isna()].tolist())


def _told(problem: Problem, language: Language) -> Problem:
    if language == "en":
        return problem
    said = translated(problem.problem, language)
    return Problem(field=problem.field, problem=said, remedy=translated(problem.remedy, language))


def _id(cell: Any) -> str | None:
    """An id as text; 'NULL' is one, as in a request."""
    return None if cell is None or cell != cell else str(cell)


def _closed(recipe: Recipe, tables: Tables, leads: pd.DataFrame, as_of_us: int) -> frozenset[int]:
    """Rows whose outcome column closes them at `as_of_us`."""
    if recipe.outcomes.column is None:
        return frozenset()
    still_open = set(open_leads(recipe, tables, as_of_us)["row"].astype(int))
    return frozenset(int(row) for row in leads.index if int(row) not in still_open)


def _problems(
    recipe: Recipe,
    raw: RawTable,
    tables: Tables,
    leads: pd.DataFrame,
    as_of_us: int,
    faults: EventFaults,
) -> dict[int, list[Problem]]:
    """What is wrong with each row: cells that do not parse, cells that were shifted, a creation to come."""
    wrong: dict[int, list[FieldProblem]] = defaultdict(list)
    cells = tables.problems[tables.problems["table"] == "leads"]
    for row, name, problem in zip(cells["row"], cells["field"], cells["problem"], strict=True):
        if name == recipe.lead.created_at and _empty(raw.frame, name, int(row)):
            continue  # as in a request: it is said in a note
        wrong[int(row)].append(unreadable(str(name), str(problem).removeprefix("expected ")))
    for row in raw.shifted.nonzero()[0]:
        wrong[int(row)].append(FieldProblem("row", _SHIFTED, "Correct the row's quotes."))
    if recipe.dated:
        for row in leads.index[(leads["created_us"] > as_of_us).fillna(False)]:
            wrong[int(row)].append(after_as_of(str(recipe.lead.created_at)))
    for row, problem in _ends(recipe, raw.frame, leads):
        wrong[row].append(problem)
    for row, problems in faults.problems.items():
        wrong[row] += problems
    return {
        row: [Problem(field=p.field, problem=p.problem, remedy=p.remedy) for p in listed(problems)]
        for row, problems in wrong.items()
    }


def _empty(frame: pd.DataFrame, column: str, row: int) -> bool:
    return column not in frame.columns or is_missing(frame[column].iloc[row])


def _ends(recipe: Recipe, frame: pd.DataFrame, leads: pd.DataFrame) -> Iterator[tuple[int, FieldProblem]]:
    """Dates of outcomes that cannot be read: it is not known whether such a lead is closed at as_of."""
    outcomes = recipe.outcomes
    column = outcomes.occurred_at
    if outcomes.column is None or outcomes.at_once or column is None or column not in frame.columns:
        return
    read = moments_column(frame[column], recipe.recipe.zone, "end", outcomes.occurred_format)
    for row in read.isna().to_numpy(dtype=bool).nonzero()[0]:
        if int(row) in leads.index and not _empty(frame, column, int(row)):
            yield int(row), unreadable(column, date_expected(outcomes.occurred_format))
