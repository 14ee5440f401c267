"""Which rows of an export can be scored, and what is wrong with the others."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import pandas as pd

from features import Recipe, Tables, open_leads
from features.canonical_leads import lead_ids
from features.closing import closing_of_lead
from features.parse import is_missing
from features.rawtable import RawTable
from features.source import fetch_frame
from serving.score import Problem, Score, failed
from serving.situation import Asked

_SHIFTED = "the row has more or fewer cells than the header, so that its cells may stand under a wrong column"


@dataclass(frozen=True)
class ExportRows:
    """The rows of an export by their 0-based place, beside the canonical tables that were made of them.

    `leads` are the canonical leads by row; `problems` what is wrong with a row; `first` the row of an id's
    first appearance; `closed` the rows whose outcome closes them at as_of.
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

    @classmethod
    def of(cls, recipe: Recipe, raw: RawTable, tables: Tables, as_of_us: int) -> ExportRows:
        """Look at every row of `raw`; `tables` were made of the same rows."""
        leads = fetch_frame(tables.con, "leads").set_index("row")
        ids = [_id(cell) for cell in lead_ids(recipe, raw.frame)]
        first: dict[str, int] = {}
        for row, name in enumerate(ids):
            if name is not None:
                first.setdefault(name, row)
        problems = _problems(recipe, raw, tables, leads, as_of_us)
        given = tables.events is not None or recipe.events is None
        closed = _closed(recipe, tables, leads, as_of_us)
        return cls(recipe, raw.frame, ids, leads, problems, first, closed, given, as_of_us)

    def good(self) -> pd.DataFrame:
        """Columns lead_id, as_of_us, row of the rows that can be scored, in the order of the file."""
        kept = self.leads[[row not in self.problems for row in self.leads.index]].sort_index()
        return pd.DataFrame({"lead_id": kept["lead_id"], "as_of_us": self.as_of_us, "row": kept.index})

    def asked(self, row: int) -> Asked:
        """What an answer needs of a row beside its features."""
        stage = self._stage(row)
        outcome = closing_of_lead(self.recipe, stage, self.as_of_us)
        if self.recipe.outcomes.column is not None and outcome is not None and row not in self.closed:
            outcome = None  # dated after as_of: not yet so
        opted_out = bool(self.leads.at[row, "opted_out"])
        return Asked(str(self.ids[row]), self.as_of_us, self.events_given, stage, outcome, opted_out)

    def copy_of(self, row: int) -> int | None:
        """The earlier row of which `row` is an exact copy, None where it is none."""
        name = self.ids[row]
        earlier = self.first.get(name) if name is not None else None
        if earlier is None or earlier == row or row in self.problems:
            return None
        cells, others = self.frame.iloc[row], self.frame.iloc[earlier]
        return earlier if cells.astype(str).tolist() == others.astype(str).tolist() else None

    def failure(self, row: int) -> Score:
        """The answer for a row that cannot be scored."""
        name = self.ids[row]
        problems = list(self.problems.get(row, []))
        earlier = self.first.get(name) if name is not None else None
        if earlier is not None and earlier in self.problems and self.copy_of(row) == earlier:
            problems += self.problems[earlier]
        if not problems:
            column = self.recipe.lead.id or "row"
            problem = (
                "is empty" if name is None else "appeared before with other cells; its first row is scored"
            )
            problems = [Problem(field=column, problem=problem, remedy="Give each lead an id of its own.")]
        return failed(name, problems)

    def _stage(self, row: int) -> str | None:
        outcomes = self.recipe.outcomes
        for column in (outcomes.column, outcomes.stage):
            if column is not None and column in self.frame.columns:
                cell = self.frame[column].iloc[row]
                return None if is_missing(cell) else str(cell).strip()
        return None


def _id(cell: Any) -> str | None:
    return None if is_missing(cell) else str(cell)


def _closed(recipe: Recipe, tables: Tables, leads: pd.DataFrame, as_of_us: int) -> frozenset[int]:
    """Rows whose outcome column closes them at `as_of_us`."""
    if recipe.outcomes.column is None:
        return frozenset()
    still_open = set(open_leads(recipe, tables, as_of_us)["row"].astype(int))
    return frozenset(int(row) for row in leads.index if int(row) not in still_open)


def _problems(
    recipe: Recipe, raw: RawTable, tables: Tables, leads: pd.DataFrame, as_of_us: int
) -> dict[int, list[Problem]]:
    """What is wrong with each row: cells that do not parse, cells that were shifted, a creation to come."""
    found: dict[int, list[Problem]] = defaultdict(list)
    cells = tables.problems[tables.problems["table"] == "leads"]
    for row, name, problem in zip(cells["row"], cells["field"], cells["problem"], strict=True):
        column = recipe.lead.created_at if name == recipe.lead.created_at else None
        if column is not None and is_missing(raw.frame[column].iloc[int(row)]):
            continue  # as in a request: without a date of creation the lead was created now
        found[int(row)].append(Problem(field=str(name), problem=str(problem), remedy="Correct the cell."))
    for row in raw.shifted.nonzero()[0]:
        found[int(row)].append(Problem(field="row", problem=_SHIFTED, remedy="Correct the row's quotes."))
    if recipe.dated:
        later = leads.index[(leads["created_us"] > as_of_us).fillna(False)]
        for row in later:
            problem = Problem(
                field=str(recipe.lead.created_at), problem="is after as_of", remedy="Score it later."
            )
            found[int(row)].append(problem)
    return dict(found)
