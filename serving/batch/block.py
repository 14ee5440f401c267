"""A block of an export scored: the whole way from its cells to its answers, before the next is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from features.columns import Columns
from features.exports import RawTable
from features.readings import offline
from features.recipe import Recipe
from features.tables import Tables, tables_from_frames
from serving.answer import Ladder, take
from serving.asked import Asked, Heard
from serving.batch.absent_columns import complete_leads
from serving.batch.accounts import told_of_accounts
from serving.batch.rows import ExportRows
from serving.neighbours import Beside, Neighbours
from serving.returned import BatchSummary
from serving.score import Score

SCORED = 1_000
"""Leads between two steps of the bar; the numbers of more do not fit a processor's own memory."""

Kept = TypeVar("Kept")


class Task(NamedTuple):
    """What is asked of every block: who answers, the moment, how many reasons, the clock, people's words, and
    who tells of the other leads of accounts: a ledger, and the leads `beside` of all blocks (None: this block
    is all)."""

    recipe: Recipe
    ladder: Ladder
    as_of_us: int
    reasons: int
    clock_us: int
    standing: Heard = Heard()
    neighbours: Neighbours | None = None
    beside: Beside | None = None

    @property
    def tells(self) -> bool:
        """Whether somebody answers who counts an account's other leads, and they are known."""
        return self.neighbours is not None and self.recipe.features.accounts


class Block(NamedTuple):
    """Rows of an export from its row `start` on.

    `events` are their raw events or a SELECT of them, None where none were given; `others` the places in the
    block of rows that have the id of an earlier row with other cells.
    """

    raw: RawTable
    events: pd.DataFrame | str | None = None
    start: int = 0
    others: frozenset[int] = frozenset()


class BlockAnswers(NamedTuple, Generic[Kept]):
    """What was kept of the answer of each row, in order, and what became of them."""

    rows: list[Kept]
    summary: BatchSummary


def score_block(
    task: Task, block: Block, keep: Callable[[Score], Kept], tick: Callable[[int], None] | None = None
) -> BlockAnswers[Kept]:
    """The answer of each row of `block`, of which `keep` says what is kept; `tick` is told the rows done.

    Raises:
        LeadscoreError: the rows lack what no lead can be read without.
    """
    with opened(task, block) as (rows, tables, summary):
        return BlockAnswers(_answers(task, rows, tables, summary, keep, tick), summary)


@contextmanager
def opened(task: Task, block: Block) -> Iterator[tuple[ExportRows, Tables, BatchSummary]]:
    """The rows of a block, their canonical tables, and a summary in which no answer is counted yet.

    Raises:
        LeadscoreError: as `score_block`.
    """
    raw = block.raw
    tables, lacking = tables_of(task, block)
    try:
        rows = ExportRows.of(task.recipe, raw, tables, task.as_of_us, block.start, block.others)
        summary = BatchSummary(rows=len(raw.frame), as_of_us=task.as_of_us, warnings=lacking)
        summary.quality = list(tables.quality.rows())
        summary.newest_us = tables.end.newest_us
        summary.filled.update({name: int(raw.frame[name].notna().sum()) for name in raw.frame.columns})
        cells = tables.problems
        summary.unreadable.update(cells.loc[cells["table"] == "leads", "field"].tolist())
        yield rows, tables, summary
    finally:
        tables.con.disconnect()


def tables_of(task: Task, block: Block) -> tuple[Tables, list[str]]:
    """The canonical tables of a block, and warnings of the columns that it lacks.

    Raises:
        LeadscoreError: the rows lack what no lead can be read without.
    """
    raw, events = block.raw, block.events
    frame, lacking = complete_leads(task.recipe, raw.frame, raw.name, with_events=events is not None)
    tables = tables_from_frames(
        task.recipe, _own(task.recipe, frame, block.others), events, clock_us=task.clock_us, block=True,
        opted_out=task.standing.opted_out,
    )  # fmt: skip
    return tables, lacking


def beside_of(task: Task, blocks: Iterable[Block]) -> Beside:
    """What became known of the leads of all blocks, for each other."""
    found = Beside()
    for block in blocks:
        tables, _ = tables_of(task, block)
        try:
            rows = ExportRows.of(task.recipe, block.raw, tables, task.as_of_us, block.start, block.others)
            found.add(tables, set(rows.good()["row"]))
        finally:
            tables.con.disconnect()
    return found


def _own(recipe: Recipe, frame: pd.DataFrame, others: frozenset[int]) -> pd.DataFrame:
    """`frame` without the ids of the rows `others`: their first row is elsewhere."""
    if not others or recipe.lead.id is None:
        return frame
    ids = frame[recipe.lead.id].astype(object)
    ids.iloc[sorted(others)] = None
    return frame.assign(**{recipe.lead.id: ids})


def _answers(
    task: Task,
    rows: ExportRows,
    tables: Tables,
    summary: BatchSummary,
    keep: Callable[[Score], Kept],
    tick: Callable[[int], None] | None,
) -> list[Kept]:
    good = rows.good()
    copies = copies_of(rows, good)
    wanted = set(copies.values())
    found: dict[int, Kept] = {}
    firsts: dict[int, Score] = {}
    for own, columns, told in parts_of(task, rows, tables, good, summary, SCORED, tick):
        asked = [asked_of(task, rows, row, told) for row in own]
        scores = task.ladder.score_columns(columns, asked, task.reasons)
        summary.add(scores)
        for row, score in zip(own, scores, strict=True):
            found[row] = keep(score)
            if row in wanted:
                firsts[row] = score
    others = others_of(task, rows, copies, firsts, summary)
    return [found[row] if row in found else keep(others[row]) for row in range(len(rows.frame))]


def copies_of(rows: ExportRows, good: pd.DataFrame) -> dict[int, int | None]:
    """The rows that are not among the `good` ones, each with the earlier row that it is a copy of, if any."""
    left = np.setdiff1d(np.arange(len(rows.frame)), good["row"].to_numpy()).tolist()
    return {row: rows.copy_of(row) for row in left}


def parts_of(
    task: Task,
    rows: ExportRows,
    tables: Tables,
    good: pd.DataFrame,
    summary: BatchSummary,
    size: int,
    tick: Callable[[int], None] | None,
) -> Iterator[tuple[list[int], Columns, frozenset[int]]]:
    """The `good` rows with their features, about `size` at a time, and which rows' accounts are known whole;
    `tick` is told when a part is done."""
    if good.empty:
        return
    done, places = len(rows.frame) - len(good), good["row"].to_numpy()
    columns = offline(task.ladder.features, task.recipe, tables, good)
    told: frozenset[int] = frozenset()
    if task.neighbours is not None and task.tells:
        beside = task.beside
        if beside is None:
            beside = Beside()
            beside.add(tables, set(good["row"]))
        columns, told = told_of_accounts(task.neighbours, beside, task.ladder, rows, good, columns)
    for part in np.array_split(np.arange(len(good)), max(1, len(good) // size)):
        own = take(columns, part)
        yield places[part].tolist(), own, told
        summary.outside.update(_outside(task.ladder, own))
        done += len(part)
        if tick is not None:
            tick(done)


def asked_of(task: Task, rows: ExportRows, row: int, told: frozenset[int] = frozenset()) -> Asked:
    """What an answer needs of a row beside its features, with what people have said of the lead; the accounts
    of the rows `told` are known whole."""
    asked = rows.asked(row)
    said, name = task.standing, asked.lead_id
    notes, decided = said.notes(name), said.decided(name, task.as_of_us)
    known = not task.ladder.top.counts or row in told  # an export does not hold the whole account
    drawn = name in said.drawn
    if not notes and decided is None and known and not drawn:
        return asked
    return replace(asked, notes=asked.notes + notes, decided=decided, drawn=drawn, account_told=known)


def others_of(
    task: Task,
    rows: ExportRows,
    copies: Mapping[int, int | None],
    firsts: Mapping[int, Score],
    summary: BatchSummary,
) -> dict[int, Score]:
    """The score of each row that was not scored itself: a copy of an earlier row, or one that is wrong."""
    language, found = task.ladder.recipe.recipe.language, dict[int, Score]()
    for row, first in copies.items():
        known = firsts.get(first) if first is not None else None
        found[row] = known or rows.failure(row, language)
    summary.add(list(found.values()))
    return found


def _outside(ladder: Ladder, columns: Columns) -> dict[str, int]:
    """Signal → leads whose number lies outside what the best rung learned from."""
    labels = {feature.name: getattr(feature, "field", None) or feature.label for feature in ladder.features}
    return {labels[name]: int(mask.sum()) for name, mask in ladder.top.ends[None].outside(columns).items()}
