"""Declared attributes of leads that no model reads: looked up by lead, to see who is disadvantaged."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.recipe import Recipe
from features.tables import Tables, fetch_frame


def protected_at(recipe: Recipe, tables: Tables, leads: pd.Series[str]) -> dict[str, NDArray[np.object_]]:
    """Column → its text at each of `leads` (ids), None where empty; absent columns are left out."""
    asked = recipe.protected.columns if recipe.protected else ()
    if not asked:
        return {}
    raw, known = fetch_frame(tables.con, "raw_leads"), fetch_frame(tables.con, "leads")
    rows = leads.map(known.drop_duplicates("lead_id").set_index("lead_id")["row"]).to_numpy(np.int64)
    found = {}
    for column in asked:
        if column in raw:
            texts = raw[column].iloc[rows]
            cells = [None if pd.isna(cell) or not str(cell).strip() else str(cell).strip() for cell in texts]
            found[column] = np.array(cells, dtype=object)
    return found


def protected_absent(recipe: Recipe, tables: Tables) -> list[str]:
    """A sentence for each declared column that the table of leads lacks."""
    asked = recipe.protected.columns if recipe.protected else ()
    there = set(fetch_frame(tables.con, "raw_leads").columns) if asked else set()
    return [
        f"[protected] column '{column}' is not in the table of leads: who is disadvantaged by it is not known"
        for column in asked
        if column not in there
    ]
