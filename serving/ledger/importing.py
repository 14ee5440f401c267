"""A recipe's tables into the ledger, as often as one likes: what is there already stays one row."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

import pandas as pd
from sqlalchemy import select

from features.clock import FIRST_US, now_us
from features.lead import accepted_fields
from features.progress import Tick
from features.recipe import Recipe
from features.tables import Place, Tables, fetch_frame, lead_ids, moments_column, read_tables
from serving.ledger.schema import FIELD_HISTORY
from serving.ledger.sent import Cell, EventSent, LeadSent, OutcomeSent, Sent
from serving.ledger.store import Ledger
from serving.ledger.tables import current_roles, require_id
from serving.ledger.writer import Writer

_AT_ONCE = 5_000
"""Rows of one commit."""


@dataclass(frozen=True)
class ImportedTable:
    """What became of the rows of one table.

    `known` were there already; `conflicts` have the key of another row with other content and are left out,
    as are rows that `lack` an id, a kind, a stage or a readable date, and those `refused` for what no
    database keeps. Of leads also a second row of an id is among those that `lack` one of their own.
    """

    table: str
    rows: int
    new: int = 0
    changed: int = 0
    known: int = 0
    conflicts: int = 0
    lack: int = 0
    refused: int = 0


def import_tables(
    writer: Writer, recipe: Recipe, folder: Place, *, source: str = "import", progress: Tick | None = None
) -> list[ImportedTable]:
    """Store the tables of `recipe` in `folder`; what became of each table's rows.

    Of the leads the columns that the recipe names are kept, no others. Those known at creation hold since
    then; the others since now, when they were found so. Of a lead that is there already only cells that
    differ are stored, and hold since now.

    Raises:
        LeadscoreError: a table cannot be read (see `read_tables`), the recipe names no id, or the ledger
            fails. What was committed until then stays; the import may be run again.
    """
    require_id(recipe)
    tables = read_tables(recipe, folder)
    present = {name for (name,) in tables.con.raw_sql("SELECT view_name FROM duckdb_views()").fetchall()}
    present |= {name for (name,) in tables.con.raw_sql("SELECT table_name FROM duckdb_tables()").fetchall()}
    done = [_import_leads(writer, recipe, tables, source, progress)]
    for role, read in {"events": _events, "outcomes": _outcomes, "field_history": _changes}.items():
        if f"raw_{role}" in present:
            raw = fetch_frame(tables.con, f"raw_{role}")
            done.append(_import_rows(writer, role, len(raw), read(recipe, raw, source), progress))
    return done


def _import_leads(
    writer: Writer, recipe: Recipe, tables: Tables, source: str, progress: Tick | None
) -> ImportedTable:
    raw = fetch_frame(tables.con, "raw_leads")
    leads = fetch_frame(tables.con, "leads").sort_values("row", ignore_index=True)
    kept, current = _exported(writer.ledger, source), _current_columns(recipe)
    columns = [name for name in accepted_fields(recipe) if name in raw.columns]
    cells = raw.iloc[leads["row"]][columns].astype(object).itertuples(index=False, name=None)
    now, items, states = now_us(), list[Sent](), Counter[str]()
    for lead_id, created, values in zip(leads["lead_id"], leads["created_us"], cells, strict=True):
        found = {name: cell_of(value) for name, value in zip(columns, values, strict=True)}
        since = FIRST_US if pd.isna(created) else int(created)
        made = _lead_items(source, lead_id, since, now, found, kept.get(lead_id), current)
        states["new" if lead_id not in kept else "changed" if made else "known"] += 1
        items += made
    counts = Counter[str]()
    for part in _parts(items):
        counts += _submitted(writer, part)
        if progress is not None:
            progress(counts.total(), len(items))
    refused = counts["refused"]
    states["known"] += (copies := _copies(recipe, raw))
    lack = len(raw) - len(leads) - copies
    return ImportedTable("leads", len(raw), **states, lack=lack, refused=refused)


def _copies(recipe: Recipe, raw: pd.DataFrame) -> int:
    """Rows that are, cell by cell, a row above."""
    ids = lead_ids(recipe, raw)
    several = raw[ids.duplicated(keep=False) & ids.notna()]
    return int(several.astype(str).duplicated().sum())


def _lead_items(
    source: str,
    lead_id: str,
    created_us: int,
    now: int,
    found: dict[str, Cell],
    kept: dict[str, Cell] | None,
    current: set[str],
) -> list[LeadSent]:
    """What is to be stored of one lead: cells since its creation, and cells since now."""
    held = kept or {}
    fresh = {name: cell for name, cell in found.items() if name not in held and name not in current}
    later = {
        name: cell for name, cell in found.items() if name not in fresh and (name, cell) not in held.items()
    }
    made = [(fresh, created_us), (later, now)]
    return [LeadSent(source, lead_id, cells, since, "export") for cells, since in made if cells]


def _current_columns(recipe: Recipe) -> set[str]:
    current = current_roles(recipe)
    return {name for name, role in accepted_fields(recipe).items() if role in current}


def _exported(ledger: Ledger, source: str) -> dict[str, dict[str, Cell]]:
    """The cells of each lead as earlier imports left them."""
    table, kept = FIELD_HISTORY, dict[str, dict[str, Cell]]()
    query = select(table.c.lead_id, table.c.cells).where(table.c.origin == "export", table.c.source == source)
    with ledger.reading() as connection:
        for lead_id, cells in connection.execute(query.order_by(table.c.valid_from_us, table.c.seq)):
            kept.setdefault(lead_id, {}).update(json.loads(cells))
    return kept


def _events(recipe: Recipe, raw: pd.DataFrame, source: str) -> Iterator[EventSent | None]:
    """Each row as an event, None where it lacks an id, a kind or a date; the first available first."""
    declared = recipe.events
    assert declared is not None
    zone, form = recipe.recipe.zone, declared.occurred_format
    occurred = _moments(raw, declared.occurred_at, zone, form)
    ingested = _moments(raw, declared.ingested_at, zone, form)
    names = (declared.lead_id, declared.kind, declared.event_id, declared.value)
    texts = [_texts(raw, name) for name in names]
    seen: Counter[tuple[Any, ...]] = Counter()
    found: list[EventSent | None] = []
    for lead_id, kind, event_id, value, at, known in zip(*texts, occurred, ingested, strict=True):
        if not lead_id or not kind or at is None:
            found.append(None)
            continue
        alike = (lead_id, kind, at, known, value)
        repetition = seen[alike] if event_id is None else 0
        seen[alike] += 1
        found.append(EventSent(source, lead_id, kind, at, event_id, known, value, repetition))
    yield from sorted(found, key=_availability)


def _availability(event: EventSent | None) -> tuple[Any, ...]:
    """The order in which rows of one event id are preferred, as where files are read."""
    if event is None:
        return (-1,)
    available = max(event.ingested_us or event.occurred_us, event.occurred_us)
    return (0, available, event.occurred_us, event.kind, _number(event.value))


def _outcomes(recipe: Recipe, raw: pd.DataFrame, source: str) -> Iterator[OutcomeSent | None]:
    declared = recipe.outcomes
    occurred = _moments(raw, declared.occurred_at, recipe.recipe.zone, declared.occurred_format)
    texts = [_texts(raw, name) for name in (declared.lead_id, declared.stage, declared.amount)]
    for lead_id, stage, amount, at in zip(*texts, occurred, strict=True):
        yield OutcomeSent(source, lead_id, stage, at, amount) if lead_id and stage else None


def _changes(recipe: Recipe, raw: pd.DataFrame, source: str) -> Iterator[LeadSent | None]:
    names = recipe.field_history
    since = _moments(raw, names.changed_at, recipe.recipe.zone, None)
    lead_ids, fields = _texts(raw, names.lead_id), _texts(raw, names.field)
    for lead_id, name, value, at in zip(lead_ids, fields, raw[names.value], since, strict=True):
        whole = lead_id and name and at is not None
        cells = {str(name): cell_of(value)}
        yield LeadSent(source, str(lead_id), cells, int(at or 0), "history") if whole else None


def _import_rows(
    writer: Writer, table: str, total: int, rows: Iterable[Sent | None], progress: Tick | None
) -> ImportedTable:
    counts, rows = Counter[str](), iter(rows)
    for part in _parts(rows):
        sent = [row for row in part if row is not None]
        counts += _submitted(writer, sent) + Counter(lack=len(part) - len(sent))
        if progress is not None:
            progress(counts.total(), total)
    return ImportedTable(
        table, total, new=counts["stored"], known=counts["known"], conflicts=counts["conflict"],
        lack=counts["lack"], refused=counts["refused"],
    )  # fmt: skip


def _submitted(writer: Writer, items: list[Sent]) -> Counter[str]:
    return Counter(writer.submit(items).result().items)


def cell_of(value: Any) -> Cell:
    """A raw cell as JSON keeps it: dates in ISO 8601, None where there is nothing."""
    value = value.item() if hasattr(value, "item") else value
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool | str | int | float):
        return value if not isinstance(value, float) or math.isfinite(value) else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _moments(raw: pd.DataFrame, column: str | None, zone: str, form: Any) -> list[int | None]:
    """A column of dates as µs, a date without time as the end of its day; None where there is no such."""
    if column is None or column not in raw.columns:
        return [None] * len(raw)
    found = moments_column(raw[column], zone, "end", form)
    return [None if pd.isna(us) else int(us) for us in found]


def _texts(raw: pd.DataFrame, column: str | None) -> list[str | None]:
    """A column of keys as stripped text, None where empty; 12.0 is '12'."""
    if column is None:
        return [None] * len(raw)
    cells = (cell_of(cell) for cell in raw[column].astype(object))
    return [None if cell is None else _text(cell) for cell in cells]


def _text(cell: Cell) -> str | None:
    whole = isinstance(cell, float) and cell.is_integer()
    return (str(int(cell)) if whole else str(cell)).strip() or None  # type: ignore[arg-type]


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _parts(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while part := list(islice(rows, _AT_ONCE)):
        yield part
