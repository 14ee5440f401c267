"""A whole export scored, block by block: every row back, in its order, whatever its size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from features.clock import days_us, from_us, now_us
from features.errors import LeadscoreError
from features.exports import Spool, check_back, check_out, spool
from features.progress import Tick
from features.recipe import Recipe
from features.room import within_room
from features.tables import FileRows
from serving.answer import Ladder
from serving.asked import Heard
from serving.batch.absent_columns import complete_events, matches
from serving.batch.alike import score_alike
from serving.batch.block import Block, Task, beside_of
from serving.batch.finish import Finished
from serving.batch.named_columns import renamed
from serving.batch.parted import Parted
from serving.batch.resume import Work, facts_of, opened_work
from serving.neighbours import Neighbours
from serving.returned import Added, BatchSummary, Selection, drift_of, require_value

_NOTHING = Heard()
_FIRST, _ROWS = 2_000, 20_000
"""Rows of the first block, which is soon done, and of the others: what bounds the memory."""
STDIO = "-"


class _Files(NamedTuple):
    """An export laid down: its leads, where its blocks begin, its rows by id, its events by block."""

    leads: Spool
    starts: list[int]
    rows: FileRows
    parted: Parted | None


def score_export(
    recipe: Recipe,
    ladder: Ladder,
    leads: Path | str,
    out: Path | str | None,
    *,
    events: Path | str | None = None,
    as_of_us: int | None = None,
    reasons: int = 3,
    dry_run: bool = False,
    selection: Selection | None = None,
    progress: Tick | None = None,
    block_rows: int = _ROWS,
    columns: Mapping[str, str] | None = None,
    standing: Heard = _NOTHING,
    neighbours: Neighbours | None = None,
) -> BatchSummary:
    """Score the export `leads` (`-`: CSV on stdin) and write it to `out` (`-`: stdout) with `ADDED` columns.

    `recipe` says which column is what, but for the fields and roles that `columns` names; `events` is a file
    as the recipe describes it. `as_of_us` is the clock unless given. `selection` says which rows are written,
    and how (default: all, in their order). With `dry_run` none are. `progress` is told (done, rows).

    A block of rows goes the whole way before the next is read. What is done stands in a folder beside
    `out`, its name with '.partial', until all is: the same call after a killed one goes on from there, with
    the same moment. `out` is written at the end, and appears whole. `block_rows` bounds the memory and
    changes no answer; odd cells of a row that has copies in other blocks count once in each. `standing` says
    who objects to being profiled, beside those of whom the recipe's column says so. `neighbours` tells of the
    other leads of accounts; of those that it does not know the export does.

    Raises:
        LeadscoreError: a file cannot be read or written, `out` is a file that is read, or too many columns of
            the recipe are absent (see `complete_leads`). A wrong row is no reason: it says so in its `error`
            column. An absent column is a warning.
    """
    choice = selection or Selection()
    choice = replace(choice, language=choice.language or recipe.recipe.language)
    ladder = ladder.told_in(choice.language)
    target = None if dry_run else out
    _check_asked(recipe, leads, events, target, choice)
    clock = now_us()
    asked = [recipe.hash, str(reasons), str(block_rows), version("leadscore"), str(choice.language)]
    asked += [*_rungs(ladder), repr(sorted((columns or {}).items()))]
    facts = [*facts_of(leads, events), *asked, *standing.facts(), *_told_by(neighbours, recipe)]
    resumable = target is not None and STDIO not in (str(target), str(leads))
    room = within_room(leads, *([events] if events else []))
    with room, opened_work(Path(str(target)) if resumable else None, facts, as_of_us, clock) as work:
        clock_us = max(work.as_of_us, clock)
        task = Task(recipe, ladder, work.as_of_us, reasons, clock_us, standing, neighbours)
        files, summary = _laid_down(task, leads, events, target, work, choice, block_rows, columns or {})
        try:
            if task.tells and len(files.starts) > 1:  # a lead of the first block may be told of by the last
                task = task._replace(beside=beside_of(task, _blocks(files, 0)))
            _score_blocks(task, files, work, summary, progress)
            _settle(task, files, summary)
            _hand_back(task, files, work, choice, summary, target)
        finally:
            files.rows.close()
    return summary


def _check_asked(
    recipe: Recipe, leads: Path | str, events: Path | str | None, out: Path | str | None, choice: Selection
) -> None:
    """Whether it can be done, before anything is read.

    Raises:
        LeadscoreError: `out` cannot be written, or the recipe does not know what is asked for.
    """
    if out is not None:
        check_out(out, [path for path in (leads, events, choice.changed_since) if path is not None])
    if events is not None and recipe.events is None:
        raise LeadscoreError(
            f"{events}: the recipe declares no [events], so their columns are not known.",
            "Declare them in the recipe, or leave --events out.",
        )
    if choice.by_value:
        require_value(recipe)


def _told_by(neighbours: Neighbours | None, recipe: Recipe) -> list[str]:
    """What counts of accounts depend on: whether they are told, and the state of the ledger that tells."""
    counts = neighbours.facts() if neighbours is not None and recipe.features.accounts else []
    return [f"accounts told: {neighbours is not None}", *counts]


def _rungs(ladder: Ladder) -> Iterator[str]:
    """Who may answer, and in which language: another model is another answer."""
    yield ladder.recipe.recipe.language
    for rung in ladder.rungs:
        yield f"{rung.scorer.rung} {rung.scorer.version} {rung.note}"


def _laid_down(
    task: Task,
    leads: Path | str,
    events: Path | str | None,
    out: Path | str | None,
    work: Work,
    choice: Selection,
    block_rows: int,
    columns: Mapping[str, str],
) -> tuple[_Files, BatchSummary]:
    """The export and its events in the folder of `work`, and a summary that counts no row yet."""
    found = spool(leads, work.folder / "leads")
    check_back(found, choice.columns(Added.of(task.recipe)), out)
    found = renamed(task.recipe, found, columns) if columns else found
    starts = [0, *range(min(_FIRST, block_rows), found.rows, block_rows)]
    rows = FileRows(task.recipe, found, starts, work.folder)
    language = task.ladder.recipe.recipe.language
    ours = list(Added.of(task.recipe).names)
    summary = BatchSummary(rows=found.rows, as_of_us=task.as_of_us, language=language, ours=ours)
    summary.quality = [*(("export", *odd) for odd in found.oddities), ("leads", "rows read", found.rows, "")]
    parted = None
    if events is not None:
        happened = spool(events, work.folder / "events")
        nothing = pd.DataFrame({name: pd.Series(dtype=object) for name in happened.names})
        summary.warnings += complete_events(task.recipe, nothing, happened.name)[1]
        parted = Parted.of(work.folder / "parted")
        counted = rows.part_events(happened, parted.put)
        summary.quality += counted.quality()
        summary.warnings += counted.warnings()
    return _Files(found, starts, rows, parted), summary


_OF_FILE = {
    ("leads", "rows read"),
    ("leads", "rows without an id"),
    ("leads", "exact copies of a row"),
    ("leads", "rows with the id of an earlier, different row"),
    ("events", "rows read"),
    ("events", "rows of unknown leads"),
}
"""What is counted in the whole file, as a block alone cannot know it."""


def _score_blocks(
    task: Task, files: _Files, work: Work, summary: BatchSummary, progress: Tick | None
) -> None:
    """Score every block that is not done, and add up what became of all."""
    added = Added.of(task.recipe)
    done = next((block for block in range(len(files.starts)) if not work.done(block)), len(files.starts))
    for block in range(done):
        summary.join(work.summary(block))
    for block, part in enumerate(_blocks(files, done), start=done):

        def tick(rows: int, start: int = part.start) -> None:
            if progress is not None:
                progress(start + rows, files.leads.rows)

        scored, counted = score_alike(task, part, added, tick)
        counted.quality = [row for row in counted.quality if row[:2] not in _OF_FILE]
        work.keep(block, scored, counted)
        summary.join(counted)


def _blocks(files: _Files, done: int) -> Iterator[Block]:
    """The blocks that follow the first `done`."""
    others = files.rows.others
    for block, (start, table) in enumerate(files.leads.blocks(files.starts, done), start=done):
        first, end = np.searchsorted(others, [start, start + table.num_rows])
        own = frozenset((others[first:end] - start).tolist())
        events = None if files.parted is None else files.parted.select(block)
        yield Block(files.leads.raw(start, table), events, start, own)


def _hand_back(
    task: Task, files: _Files, work: Work, choice: Selection, summary: BatchSummary, out: Path | str | None
) -> None:
    """Write the chosen rows to `out` (None: nowhere), and say how many there are."""
    same = files.rows.same_person()
    kinds = same.column("kind").value_counts().to_pylist()
    summary.persons.update({one["values"]: one["counts"] for one in kinds})
    finished = Finished.of(task.recipe, files.leads, files.starts, same, work, choice)
    places = finished.places()
    summary.written = files.leads.rows if places is None else len(places)
    if out is not None:
        finished.write(out, places)
        summary.out = str(out)


def _settle(task: Task, files: _Files, summary: BatchSummary) -> None:
    """Count what a block alone cannot know, and say what the whole file suffers from."""
    rows = files.rows
    copies, others = rows.copies, len(rows.others)
    whole = [
        ("leads", "rows without an id", rows.nameless, "dropped"),
        ("leads", "exact copies of a row", copies, "dropped, the first kept"),
        ("leads", "rows with the id of an earlier, different row", others, "dropped, the first kept"),
    ]
    summary.find([row for row in whole if row[2]])
    recipe = task.recipe
    summary.columns = matches(recipe, files.leads.names, summary)
    top = task.ladder.top
    summary.drift = drift_of(summary.scores, top.reference) if top.calibrated else None
    if recipe.events is not None and files.parted is None:
        summary.warnings.append("no events were given: every lead is scored without what it did")
    horizon, newest_us = recipe.recipe.horizon_days, summary.newest_us
    if recipe.dated and newest_us and task.as_of_us - newest_us > days_us(horizon):
        newest, asked = from_us(newest_us).date(), from_us(task.as_of_us).date()
        summary.warnings.append(
            f"the newest date in the file is {newest}, more than {horizon:g} days before as_of ({asked}): "
            "name the moment that you mean with --as-of"
        )
