"""A company's tables in one engine, canonical, with what was found wrong on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import pandas as pd

from features.clock import now_us
from features.errors import LeadscoreError
from features.exports import files_read
from features.progress import Step, tell
from features.recipe import Recipe, usable
from features.recipe.crm import Source
from features.room import within_room
from features.sql import named
from features.tables.duck import bound, connect, fetch_frame, register_frame
from features.tables.events import count_undated, create_events
from features.tables.field_history import create_field_history
from features.tables.history_end import HistoryEnd, find_end
from features.tables.leads import canonical_leads
from features.tables.outcomes import column_outcomes, create_outcomes
from features.tables.quality import Quality
from features.tables.source import open_source

_BLOCK_MEMORY = "200MB"
"""What the engine holds of one block of an export."""


@dataclass(frozen=True)
class Tables:
    """Canonical tables (Ibis) in the connection `con`.

    `leads`: row, lead_id, created_us, account_id, origin, opted_out, position, f_<field>.
    `events`: row, occurred_us, available_us, kind, value; None when not given.
    `outcomes`: row, occurred_us, stage, closing, amount; None when neither table nor column gives any.
    `history`: row, field, changed_us, until_us, number, text; None when not given.
    `end` is the end of the history and why it was taken, `hash` the SHA-256 of the canonical content.
    """

    con: Any
    leads: Any
    events: Any | None
    outcomes: Any | None
    history: Any | None
    quality: Quality
    end: HistoryEnd
    hash: str

    @property
    def end_us(self) -> int:
        """The end of the history."""
        return self.end.us

    @property
    def problems(self) -> pd.DataFrame:
        """Cells that could not be read: table, row (0-based), lead_id, field, problem; no values."""
        return self.quality.problems


class KeptTables(Protocol):
    """Tables that are kept elsewhere than in files."""

    @property
    def folder(self) -> Path:
        """Where the recipe's other files are, such as its scorecard."""

    def frames(self, recipe: Recipe) -> Mapping[str, pd.DataFrame]:
        """Raw cells by role (leads, events, outcomes, field_history), columns as the recipe names them."""

    def opted_out(self) -> frozenset[str]:
        """Ids of leads that are opted out, beside those of whom the column of the leads says so."""


Place: TypeAlias = Path | str | KeptTables
"""Where a company's tables are: a folder of files, or what keeps them otherwise."""


def read_tables(
    recipe: Recipe,
    folder: Place,
    *,
    progress: Step | None = None,
    memory_limit: str | None = None,
    clock_us: int | None = None,
    opted_out: frozenset[str] = frozenset(),
) -> Tables:
    """The recipe's tables from the files in `folder` (or the databases that it names), or as they are kept.

    Rows dated after `clock_us` (default: now) cannot have happened and are dropped. `progress` is told the
    step that begins. `opted_out`: ids of leads that are, whatever their column says.

    Raises:
        LeadscoreError: a file is absent, empty, changed or unreadable, lacks a column of the recipe, or a
            SELECT of leads repeats ids.
    """
    con, sources, quality = connect(memory_limit), recipe.tables, Quality()
    if not isinstance(folder, Path | str):
        tell(progress, "reading what is kept")
        views = _registered(con, folder.frames(recipe))
        out = opted_out | folder.opted_out()
        return _canonical(con, recipe, views, quality, clock_us or now_us(), progress, opted_out=out)
    views = {}
    roles: dict[str, Source | None] = {
        "leads": sources.leads,
        "events": sources.events if recipe.events is not None else None,
        "outcomes": sources.outcomes if recipe.outcomes.column is None else None,
        "field_history": sources.field_history,
    }
    with within_room(*files_read(recipe, folder)):
        for role, source in roles.items():
            if source is not None:
                tell(progress, f"reading {role}")
                views[role] = open_source(con, role, source, Path(folder), quality)
        _check_one_row_each(con, recipe, views["leads"])
        return _canonical(con, recipe, views, quality, clock_us or now_us(), progress, opted_out=opted_out)


def _check_one_row_each(con: Any, recipe: Recipe, view: str) -> None:
    """A SELECT of leads gives each lead once: a join that multiplies them would choose rows by chance.

    Plain files may hold copies; they are counted and dropped later.

    Raises:
        LeadscoreError: ids repeat.
    """
    column = recipe.lead.id
    if recipe.tables.leads.sql is None or column is None or column not in bound(con, view).columns:
        return
    counts = f"SELECT count({named(column)}), count(DISTINCT {named(column)}) FROM {view}"
    rows, leads = con.raw_sql(counts).fetchone()
    if rows > leads:
        raise LeadscoreError(
            f"recipe: [tables] leads: the SELECT gives {rows:,} rows for {leads:,} leads; each '{column}' "
            "may occur once.",
            "A join multiplies leads when its right side has several rows for one key: join on a key that is "
            "unique there, or group by the lead.",
        )


def tables_from_frames(
    recipe: Recipe,
    leads: pd.DataFrame,
    events: pd.DataFrame | str | None = None,
    outcomes: pd.DataFrame | None = None,
    field_history: pd.DataFrame | None = None,
    *,
    clock_us: int | None = None,
    block: bool = False,
    opted_out: frozenset[str] = frozenset(),
) -> Tables:
    """The same from frames of raw cells; column `row` of the canonical leads is the 0-based input order.

    `events` may be a SELECT of them. Of a `block` of a larger export the content is not hashed, and what it
    takes beyond its share of the memory goes to the disk. `opted_out`: ids of leads that are, whatever their
    column says.
    """
    con = connect(_BLOCK_MEMORY if block else None)
    frames = {"leads": leads, "events": events, "outcomes": outcomes, "field_history": field_history}
    views = _registered(con, {role: f for role, f in frames.items() if isinstance(f, pd.DataFrame)})
    if isinstance(events, str):
        con.raw_sql(f"CREATE OR REPLACE VIEW raw_events AS {events}")
        views["events"] = "raw_events"
    return _canonical(con, recipe, views, Quality(), clock_us or now_us(), None, not block, opted_out)


def _registered(con: Any, frames: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    for role, frame in frames.items():
        register_frame(con, f"raw_{role}", frame)
    return {role: f"raw_{role}" for role in frames}


def _canonical(
    con: Any,
    recipe: Recipe,
    views: dict[str, str],
    quality: Quality,
    clock: int,
    progress: Step | None,
    hashed: bool = True,
    opted_out: frozenset[str] = frozenset(),
) -> Tables:
    _count_current(recipe, quality)
    tell(progress, "checking leads")
    raw = fetch_frame(con, views["leads"])
    if raw.empty:
        raise LeadscoreError("the leads table has no row.", "Export the leads again; a header is not enough.")
    leads = canonical_leads(recipe, raw, quality)
    leads["opted_out"] |= leads["lead_id"].isin(opted_out)
    register_frame(con, "leads", leads)
    if recipe.outcomes.column is not None:
        register_frame(con, "outcomes", column_outcomes(recipe, raw, leads, con, clock, quality))
    elif "outcomes" in views:
        create_outcomes(con, recipe, views["outcomes"], clock, quality)
    if recipe.outcomes.column is not None or "outcomes" in views:
        count_undated(con, quality)
    if "events" in views:
        tell(progress, "checking events")
        create_events(con, recipe, views["events"], clock, quality)
    if "field_history" in views:
        create_field_history(con, recipe, views["field_history"], clock, quality)
    future = int((leads["created_us"] > clock).sum())
    quality.count("leads", "rows created in the future", future, "kept, no snapshot is made")
    present = {name for (name,) in con.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    end = find_end(con, recipe, present, clock)
    for table, count in end.stray.items():
        what = "rows dated alone, long after all others"
        quality.count(table, what, count, "kept: they do not move the end of the history")
    names = ("events", "outcomes", "history")
    tables = {name: bound(con, name) if name in present else None for name in names}
    return Tables(
        con, bound(con, "leads"), quality=quality, end=end,
        hash=_content_hash(con, present, progress) if hashed else "", **tables,
    )  # fmt: skip


def _count_current(recipe: Recipe, quality: Quality) -> None:
    """Say aloud what becomes of current-valued fields that have no history."""
    if recipe.tables.field_history is not None:
        return
    current = [name for name, field in recipe.lead.fields.items() if field.known == "current"]
    used = sum(usable(recipe, name) for name in current)
    quality.count(
        "leads", "current-valued fields without history in an export of one look", used,
        "used as they are: point in time cannot be guaranteed",
    )  # fmt: skip
    quality.count(
        "leads",
        "current-valued fields without history",
        len(current) - used,
        "no feature: they know the future",
    )


def _content_hash(con: Any, present: set[str], progress: Step | None) -> str:
    """SHA-256 over each canonical table's columns, row count and an order-free sum of row hashes."""
    tell(progress, "hashing")
    digest = hashlib.sha256()
    for table in ("leads", "events", "outcomes", "history"):
        if table in present:
            sums = "sum(md5_number_lower(t::VARCHAR)::HUGEINT), bit_xor(md5_number_upper(t::VARCHAR))"
            query = f"SELECT count(*), {sums} FROM {table} t"
            columns = list(bound(con, table).columns)
            digest.update(repr((table, columns, con.raw_sql(query).fetchall())).encode())
    return digest.hexdigest()
