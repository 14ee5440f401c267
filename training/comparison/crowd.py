"""Whom a comparison looks at: the leads open at the end of a history, or those of an export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import now_us
from features.columns import Columns
from features.errors import LeadscoreError
from features.readings import offline
from features.recipe import Recipe
from features.snapshots import open_leads, stages_at
from features.tables import Place, Tables, fetch_frame, read_tables
from serving.answer import Ladder
from serving.asked import Asked
from serving.batch import ExportRows, read_tables_of_export
from serving.score import Score

AT_ONCE = 20_000
"""Leads whose features are held at once."""


@dataclass(frozen=True)
class Crowd:
    """Leads to answer for, and the tables in which their features are read.

    `moments` has columns lead_id, as_of_us, row, in the order of `asked`; `warnings` are about an export.
    """

    recipe: Recipe
    tables: Tables
    moments: pd.DataFrame
    asked: list[Asked]
    warnings: tuple[str, ...] = ()

    def answers(self, ladder: Ladder) -> list[Score]:
        """The answer of `ladder` for each lead, without reasons, in order."""
        found: list[Score] = []
        for start in range(0, len(self.asked), AT_ONCE):
            places = range(start, min(start + AT_ONCE, len(self.asked)))
            columns = self.columns(ladder, places)
            found += ladder.score_columns(columns, [self.asked[at] for at in places], reasons=0)
        return found

    def columns(self, ladder: Ladder, places: Sequence[int]) -> Columns:
        """What `ladder` reads of the leads at `places`."""
        return offline(ladder.features, self.recipe, self.tables, self.moments.iloc[list(places)])


def open_crowd(recipe: Recipe, folder: Place, as_of_us: int | None = None) -> Crowd:
    """The leads of the tables in `folder` that are open at `as_of_us` (default: the end of the history).

    Raises:
        LeadscoreError: a table cannot be read, or no lead is open.
    """
    tables = read_tables(recipe, folder)
    moment = tables.end_us if as_of_us is None else as_of_us
    moments = open_leads(recipe, tables, moment)
    if not len(moments):
        raise LeadscoreError(
            f"{folder}: no lead is open at the end of the history, so none can change its band.",
            "Compare on an export of open leads (--leads), or at an earlier moment (--as-of).",
        )
    opted_out = fetch_frame(tables.con, "leads").set_index("row")["opted_out"].astype(bool)
    given = tables.events is not None or recipe.events is None
    stages = stages_at(tables, moments, moments["as_of_us"].to_numpy(np.int64))
    asked = [
        Asked(str(lead), moment, given, stage=stage, opted_out=bool(opted_out.at[row]))
        for lead, row, stage in zip(moments["lead_id"], moments["row"], stages, strict=True)
    ]
    return Crowd(recipe, tables, moments, asked)


def export_crowd(recipe: Recipe, leads: Path, events: Path | None, as_of_us: int | None = None) -> Crowd:
    """The rows of an export that can be scored, at `as_of_us` (default: the clock).

    Raises:
        LeadscoreError: a file cannot be read or lacks a column of the recipe, or no row can be scored.
    """
    moment = now_us() if as_of_us is None else as_of_us
    export = read_tables_of_export(recipe, leads, events, moment)
    rows = ExportRows.of(recipe, export.raw, export.tables, moment)
    good = rows.good()
    if not len(good):
        raise LeadscoreError(
            f"{leads}: no row can be scored.", "See the error of each row with 'leadscore score'."
        )
    asked = [rows.asked(int(row)) for row in good["row"]]
    return Crowd(recipe, export.tables, good, asked, export.warnings)


def shared(crowds: tuple[Crowd, Crowd]) -> tuple[Crowd, Crowd]:
    """Both crowds with only the leads that are in both, in the same order: that of the first.

    Two recipes can read the same tables differently (another `train_from`, another outcome).
    """
    places = [{lead.lead_id: at for at, lead in enumerate(crowd.asked)} for crowd in crowds]
    common = [lead for lead in places[0] if lead in places[1]]
    one, other = (
        _kept(crowd, [place[lead] for lead in common]) for crowd, place in zip(crowds, places, strict=True)
    )
    return one, other


def _kept(crowd: Crowd, places: list[int]) -> Crowd:
    moments = crowd.moments.iloc[places].reset_index(drop=True)
    asked = [crowd.asked[at] for at in places]
    return Crowd(crowd.recipe, crowd.tables, moments, asked, crowd.warnings)
