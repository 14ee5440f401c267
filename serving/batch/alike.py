"""A block of an export scored into columns: a Score is made once for all leads whose answers read alike."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from serving.answer.alike import Alike, LeadAnswers
from serving.asked import Asked
from serving.batch.block import (
    SCORED,
    Block,
    Task,
    asked_of,
    copies_of,
    opened,
    others_of,
    parts_of,
    score_block,
)
from serving.batch.rows import ExportRows
from serving.returned import Added, BatchSummary
from serving.returned.summary import HOTTEST
from serving.score import Score


def score_alike(
    task: Task, block: Block, added: Added, tick: Callable[[int], None] | None = None
) -> tuple[Any, BatchSummary]:
    """The rows that `score_block` keeps by `added.row`, as one Arrow table, cell for cell; and its summary.

    Raises:
        LeadscoreError: as `score_block`.
    """
    if task.ladder.foresees or task.tells:  # each lead has numbers that only its own score holds
        found = score_block(task, block, added.row, tick)
        return added.table(found.rows), found.summary
    with opened(task, block) as (rows, tables, summary):
        good = rows.good()
        copies = copies_of(rows, good)
        gathered = _Gathered(task, rows, added, summary, copies)
        for own, columns, _ in parts_of(task, rows, tables, good, summary, SCORED, tick):
            asked = gathered.asked(own)
            gathered.add(own, task.ladder.answers(columns, asked, task.reasons))
        return gathered.table(), summary


@dataclass
class _Gathered:
    """The tables of the parts of a block so far, and the rows of the block that they are of."""

    task: Task
    rows: ExportRows
    added: Added
    summary: BatchSummary
    copies: Mapping[int, int | None]
    tables: list[Any] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    firsts: dict[int, Score] = field(default_factory=dict)
    shared: dict[Hashable, Asked] = field(default_factory=dict)
    made: dict[Hashable, Score] = field(default_factory=dict)

    def asked(self, own: list[int]) -> list[Asked]:
        """What an answer needs of each row; one object, with the id of the first, for all that are alike."""
        task, rows, found = self.task, self.rows, list[Asked]()
        said = task.standing.named
        for row in own:
            key = rows.manner(row)
            if said and rows.ids[row] in said:
                key = row
            if key not in self.shared:
                self.shared[key] = asked_of(task, rows, row)
            found.append(self.shared[key])
        return found

    def add(self, own: list[int], answers: LeadAnswers) -> None:
        """The answers of the rows `own`."""
        alike = answers.alike(self.made)
        numbers = {
            "ls_probability": alike.probability,
            "ls_score": alike.score,
            "ls_interval_low": alike.low,
            "ls_interval_high": alike.high,
        }
        reasons = {"ls_reasons_for": alike.reasons_for, "ls_reasons_against": alike.reasons_against}
        told = reasons if self.task.reasons else {}
        self.tables.append(self.added.table_of(alike.scores, alike.kind, numbers, told))
        self.places += own
        self._count(own, answers, alike)
        wanted = set(self.copies.values())
        for at, row in enumerate(own):
            if row in wanted:
                self.firsts[row] = self._score(own, answers, at)

    def table(self) -> Any:
        """All rows of the block in their order."""
        import pyarrow as pa

        others = others_of(self.task, self.rows, self.copies, self.firsts, self.summary)
        rest = self.added.table([self.added.row(score) for score in others.values()])
        order = np.argsort([*self.places, *others])
        return pa.concat_tables([*self.tables, rest]).take(pa.array(order)).combine_chunks()

    def _count(self, own: list[int], answers: LeadAnswers, alike: Alike) -> None:
        times = np.bincount(alike.kind, minlength=len(alike.scores)).tolist()
        known = np.flatnonzero(~np.isnan(alike.probability))
        best = known[np.argsort(-alike.probability[known], kind="stable")[:HOTTEST]].tolist()
        self.summary.add_alike(
            list(zip(alike.scores, times, strict=True)),
            alike.score[known].astype(int).tolist(),
            sum(alike.probability[known].tolist()),
            [self._score(own, answers, at) for at in best],
        )

    def _score(self, own: list[int], answers: LeadAnswers, at: int) -> Score:
        return answers.score(at).model_copy(update={"lead_id": self.rows.ids[own[at]]})
