"""The leads of a company's own tables that are still open, as an export: what there is to score today."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.errors import LeadscoreError
from features.recipe import Recipe
from features.snapshots.leads import lead_frame
from features.snapshots.outcomes import closed_at, outcome_frame, undated_rows
from features.snapshots.stages import standing
from features.sql import named
from features.tables import Tables, fetch_frame, lead_ids, register_frame


def open_leads(recipe: Recipe, tables: Tables, as_of_us: int) -> pd.DataFrame:
    """Columns lead_id, as_of_us, row: leads created by `as_of_us` (or without a date) and not closed,
    at a stage of `[outcomes] after` where the recipe has them."""
    leads = lead_frame(recipe, tables)
    if recipe.dated:
        leads = leads[leads["created_us"].fillna(0) <= as_of_us]
    leads = leads.assign(as_of_us=np.int64(as_of_us)).reset_index(drop=True)
    if tables.outcomes is None:
        return leads[["lead_id", "as_of_us", "row"]]
    outcomes = outcome_frame(tables)
    dated = outcomes[outcomes["occurred_us"].notna()].astype({"occurred_us": "int64"})
    closed = closed_at(dated, leads) | leads["row"].isin(undated_rows(outcomes, "won", "lost"))
    asked = ~closed & standing(recipe, dated, leads)
    return leads[asked][["lead_id", "as_of_us", "row"]].reset_index(drop=True)


@dataclass(frozen=True)
class OpenRows:
    """How many leads and events were written, and the moment at which these leads are open."""

    leads: int
    events: int | None
    as_of_us: int


def write_open_leads(
    recipe: Recipe, tables: Tables, leads: Path, events: Path | None = None, *, as_of_us: int | None = None
) -> OpenRows:
    """Write the leads open at `as_of_us` (default: the end of the history) as CSV, their events beside them.

    `tables` come from `read_tables`; columns and cells are those of the source, rows in its order.

    Raises:
        LeadscoreError: `events` is wanted and the recipe has none.
    """
    moment = tables.end_us if as_of_us is None else as_of_us
    if events is not None and tables.events is None:
        raise LeadscoreError("the recipe has no events to write.", "Leave the events' file out.")
    raw = fetch_frame(tables.con, "raw_leads")
    opened = open_leads(recipe, tables, moment)
    chosen = raw.iloc[opened["row"].sort_values()]
    chosen.to_csv(leads, index=False)
    if events is None:
        return OpenRows(len(chosen), None, moment)
    ids = lead_ids(recipe, chosen).to_frame("wanted")
    return OpenRows(len(chosen), _write_events(recipe, tables, ids, events), moment)


def _write_events(recipe: Recipe, tables: Tables, ids: object, out: Path) -> int:
    """The raw events of the leads in `ids`; how many."""
    assert recipe.events is not None
    register_frame(tables.con, "wanted_ids", ids)  # type: ignore[arg-type]
    key = named(recipe.events.lead_id)
    chosen = f"SELECT e.* FROM raw_events e WHERE {key}::VARCHAR IN (SELECT wanted FROM wanted_ids)"
    tables.con.raw_sql(f"CREATE OR REPLACE TEMP TABLE open_events AS {chosen}")
    frame = fetch_frame(tables.con, "open_events")
    frame.to_csv(out, index=False)
    return len(frame)
