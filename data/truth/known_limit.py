"""The limit of a simulated folder, in the shape in which training asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.truth.limit import COLUMNS, true_probability
from features.errors import LeadscoreError
from features.recipe import Recipe

Limit = Callable[[pd.DataFrame], NDArray[np.float64] | None]
_TRUTH = "truth.parquet"


def known_limit(folder: Path, horizon_days: float, recipe: Recipe | None = None) -> Limit | None:
    """True probabilities of rows [lead_id, as_of_us] where `folder` holds a simulated company, else None.

    Of other leads than the simulated ones, such as those of an export of one's own beside them, nothing is
    known: of rows among which there is one, None.

    Raises:
        LeadscoreError: `recipe` reads the truth itself, which knows what becomes of each lead.
    """
    truth, events = folder / _TRUTH, folder / "events.parquet"
    if not (truth.exists() and events.exists() and set(pq.read_schema(truth).names) >= COLUMNS):
        return None
    if recipe is not None:
        _check_unread(recipe)

    def limit(rows: pd.DataFrame) -> NDArray[np.float64] | None:
        as_of = pa.array(rows["as_of_us"].to_numpy(), pa.timestamp("us", tz="UTC"))
        asked = pa.table({"lead_id": pa.array(rows["lead_id"].astype(str)), "as_of": as_of})
        try:
            return true_probability(pq.read_table(truth), pq.read_table(events), asked, horizon_days)
        except LeadscoreError:
            return None

    return limit


def _check_unread(recipe: Recipe) -> None:
    tables = recipe.tables
    for role in ("leads", "events", "outcomes", "field_history"):
        source = getattr(tables, role)
        if source is not None and _TRUTH in f"{source.file or ''} {source.sql or ''}":
            raise LeadscoreError(
                f"recipe: [tables] {role}: reads {_TRUTH}, which knows what becomes of each lead.",
                "Read the tables that a CRM has: leads, events, outcomes.",
            )
