"""Leads at moments of their own: what had become of them, what became of them after, and who answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats
from features.readings import offline
from features.snapshots import outcome_frame, stages_at
from features.tables import Tables
from serving.answer import Opened
from serving.asked import Asked

_AT_ONCE = 10_000


def endings(
    tables: Tables, end_us: int, leads: pd.DataFrame, as_of: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], Floats]:
    """Whether each lead was closed by its as_of, and when it was first won after it (∞: never)."""
    closed, won = np.zeros(len(leads), dtype=bool), np.full(len(leads), np.inf)
    if tables.outcomes is None:
        return closed, won
    ends = outcome_frame(tables)
    place = pd.Series(np.arange(len(leads)), index=leads["row"].to_numpy(np.int64))
    ends = ends[ends["row"].isin(place.index) & ends["closing"].notna()]
    at = place.loc[ends["row"].to_numpy(np.int64)].to_numpy(np.intp)
    when = ends["occurred_us"].astype("float64").fillna(-np.inf).to_numpy(np.float64)
    inside = when <= end_us
    at, when, is_won = at[inside], when[inside], (ends["closing"] == "won").to_numpy(bool)[inside]
    early = when <= as_of[at]
    closed[at[early]] = True
    np.minimum.at(won, at[is_won & ~early], when[is_won & ~early])
    return closed, won


def scored_at(
    tables: Tables,
    opened: Opened,
    leads: pd.DataFrame,
    as_of: NDArray[np.int64],
    given: bool,
    objected: frozenset[str] = frozenset(),
) -> tuple[NDArray[np.object_], Floats]:
    """The rung and probability of each lead at its moment, at the stage where it stood then."""
    moments = pd.DataFrame({"lead_id": leads["lead_id"], "as_of_us": as_of})
    ladder, opted = opened.ladder, (leads["opted_out"] | leads["lead_id"].isin(objected)).to_numpy(bool)
    stages = stages_at(tables, leads, as_of)
    rungs, chances = [], []
    for start in range(0, len(leads), _AT_ONCE):
        here = slice(start, start + _AT_ONCE)
        part = moments.iloc[here]
        columns = offline(ladder.features, ladder.recipe, tables, part)
        asked = [
            Asked(str(lead), int(at), given, stage=stage, opted_out=bool(out))
            for lead, at, stage, out in zip(
                part["lead_id"], part["as_of_us"], stages[here], opted[here], strict=True
            )
        ]
        for score in ladder.score_columns(columns, asked, reasons=0):
            rungs.append(score.scored_by.rung if score.scored_by else score.status)
            chances.append(np.nan if score.probability is None else score.probability)
    return np.array(rungs, dtype=object), np.array(chances, dtype=np.float64)
