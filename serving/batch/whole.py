"""A small export held whole: its cells and the canonical tables of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features.clock import now_us
from features.exports import RawTable, read_raw
from features.recipe import Recipe
from features.tables import LINE, Tables, tables_from_frames
from serving.batch.absent_columns import complete_events, complete_leads


@dataclass(frozen=True)
class ExportTables:
    """A small export held whole: its cells, the canonical tables of them, and what to say of its columns."""

    raw: RawTable
    tables: Tables
    warnings: tuple[str, ...]


def read_tables_of_export(
    recipe: Recipe, leads: Path | str, events: Path | str | None, as_of_us: int
) -> ExportTables:
    """The export as it is, with a warning for each file that lacks columns, and the canonical tables.

    Raises:
        LeadscoreError: a file cannot be read, or lacks what no lead can be read without.
    """
    raw = read_raw(leads)
    frame, lacking = complete_leads(recipe, raw.frame, raw.name, with_events=events is not None)
    happened, others = None, list[str]()
    if events is not None:
        read = read_raw(events)
        happened, others = complete_events(recipe, read.frame, read.name)
        happened = happened.assign(**{LINE: read.lines})
    tables = tables_from_frames(recipe, frame, happened, clock_us=max(as_of_us, now_us()))
    return ExportTables(raw, tables, (*lacking, *others))
