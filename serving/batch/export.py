"""A whole export scored: every row back in its order, by the set-based reading of the features."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.clock import days_us, from_us, now_us
from features.errors import LeadscoreError
from features.exports import Export, check_names, check_out, read_export, read_raw, write_export
from features.progress import Tick
from features.readings import offline
from features.recipe import Recipe
from features.tables import LINE, Tables, tables_from_frames
from serving.answer import Ladder, take
from serving.batch.absent_columns import complete_events, complete_leads
from serving.batch.rows import ExportRows
from serving.returned import ADDED, BatchSummary, added_columns, row_of

_READ = 20_000
"""Leads whose features are read at once: what bounds the memory."""
_SCORED = 1_000
"""Leads between two steps of the bar: reasons take most of the time."""


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
    progress: Tick | None = None,
) -> BatchSummary:
    """Score the export `leads` (`-`: CSV on stdin) and write it to `out` (`-`: stdout) with `ADDED` columns.

    `recipe` says which column is what; `events` is a file as the recipe describes it. `as_of_us` is the
    clock unless given. With `dry_run` nothing is written. `progress` is told (done, rows).

    Raises:
        LeadscoreError: a file cannot be read or written, `out` is a file that is read, or too many columns of
            the recipe are absent (see `complete_leads`). A wrong row is no reason: it says so in its `error`
            column. An absent column is a warning.
    """
    if out is not None and not dry_run:
        check_out(out, [path for path in (leads, events) if path is not None])
    moment = now_us() if as_of_us is None else as_of_us
    export, tables = read_tables_of_export(recipe, leads, events, moment)
    check_names(export, ADDED)
    rows = ExportRows.of(recipe, export.raw, tables, moment)
    oddities = [("export", what, count, treatment) for what, count, treatment in export.raw.counts()]
    summary = BatchSummary(len(rows.frame), moment, quality=[*oddities, *tables.quality.rows()])
    summary.warnings += [*export.warnings, *_warnings(recipe, tables, moment)]
    found = _score_rows(recipe, ladder, tables, rows, reasons, progress, summary)
    if out is not None and not dry_run:
        write_export(export, added_columns(found), out)
        summary.out = str(out)
    return summary


def read_tables_of_export(
    recipe: Recipe, leads: Path | str, events: Path | str | None, as_of_us: int
) -> tuple[Export, Tables]:
    """The export as it is, with a warning for each file that lacks columns, and the canonical tables.

    Raises:
        LeadscoreError: a file cannot be read, or lacks what no lead can be read without.
    """
    export = read_export(leads)
    frame, lacking = complete_leads(recipe, export.raw.frame, export.raw.name, with_events=events is not None)
    happened, others = _events(recipe, events)
    tables = tables_from_frames(recipe, frame, happened, clock_us=max(as_of_us, now_us()))
    return replace(export, warnings=(*lacking, *others)), tables


def _score_rows(
    recipe: Recipe,
    ladder: Ladder,
    tables: Tables,
    rows: ExportRows,
    reasons: int,
    progress: Tick | None,
    summary: BatchSummary,
) -> list[tuple[Any, ...]]:
    """The appended cells of every row, in the order of the file."""
    found: list[tuple[Any, ...] | None] = [None] * len(rows.frame)
    good = rows.good()
    done = len(rows.frame) - len(good)
    for start in range(0, len(good), _READ):
        part = good.iloc[start : start + _READ]
        columns = offline(ladder.features, recipe, tables, part)
        for places in np.array_split(np.arange(len(part)), max(1, len(part) // _SCORED)):
            own = part["row"].iloc[places].tolist()
            scores = ladder.score_columns(take(columns, places), [rows.asked(row) for row in own], reasons)
            summary.add(scores)
            for row, score in zip(own, scores, strict=True):
                found[row] = row_of(score)
            done += len(own)
            if progress is not None:
                progress(done, len(rows.frame))
    return [_other(row, found, rows, summary) if cells is None else cells for row, cells in enumerate(found)]


def _other(
    row: int, found: list[tuple[Any, ...] | None], rows: ExportRows, summary: BatchSummary
) -> tuple[Any, ...]:
    """The cells of a row that was not scored itself: a copy of an earlier row, or one that is wrong."""
    first = rows.copy_of(row)
    cells = found[first] if first is not None else None
    if cells is not None:
        summary.statuses[str(cells[0])] += 1
        return cells
    score = rows.failure(row)
    summary.add([score])
    return row_of(score)


def _events(recipe: Recipe, events: Path | str | None) -> tuple[pd.DataFrame | None, list[str]]:
    """The cells of the events with their lines, and what is to be said of their columns."""
    if events is None:
        return None, []
    if recipe.events is None:
        raise LeadscoreError(
            f"{events}: the recipe declares no [events], so their columns are not known.",
            "Declare them in the recipe, or leave --events out.",
        )
    raw = read_raw(events)
    frame, said = complete_events(recipe, raw.frame, raw.name)
    return frame.assign(**{LINE: raw.lines}), said


def _warnings(recipe: Recipe, tables: Tables, moment: int) -> list[str]:
    """What the whole file suffers from."""
    found = []
    if recipe.events is not None and tables.events is None:
        found.append("no events were given: every lead is scored without what it did")
    horizon = recipe.recipe.horizon_days
    newest_us = tables.end.newest_us
    if recipe.dated and newest_us and moment - newest_us > days_us(horizon):
        newest, asked = from_us(newest_us).date(), from_us(moment).date()
        found.append(
            f"the newest date in the file is {newest}, more than {horizon:g} days before as_of ({asked}): "
            "name the moment that you mean with --as-of"
        )
    return found
