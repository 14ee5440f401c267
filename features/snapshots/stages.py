"""From when on a lead is asked about, where a recipe asks of those at some stages alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.lead import closing
from features.recipe import Recipe
from features.snapshots.account import RowAccount
from features.snapshots.outcomes import outcome_frame
from features.tables import Tables


def begun(recipe: Recipe, leads: pd.DataFrame, dated: pd.DataFrame, account: RowAccount) -> pd.DataFrame:
    """`leads` with `begun_us`: their creation, or when they first came to a stage of `[outcomes] after`.

    Leads that never did are left out. `dated` are outcomes with dates.
    """
    if not recipe.outcomes.after:
        return leads.assign(begun_us=leads["created_us"])
    came = dated[_at(recipe, dated["stage"])].groupby("row")["occurred_us"].min()
    found = leads[leads["row"].isin(came.index)]
    account.add("leads that never came to a stage of [outcomes] after", len(leads) - len(found))
    since = came.reindex(found["row"]).to_numpy()
    return found.assign(begun_us=found["created_us"].clip(lower=since))


def standing(recipe: Recipe, dated: pd.DataFrame, moments: pd.DataFrame) -> pd.Series[bool]:
    """Whether the last stage at or before as_of is one of `[outcomes] after`; all are without it.

    Of equal moments the greater text is last. `moments` [row, as_of_us] are sorted by as_of_us; the result
    has their index.
    """
    if not recipe.outcomes.after:
        return pd.Series(True, index=moments.index)
    known = dated[["row", "occurred_us", "stage"]].sort_values(["occurred_us", "stage"], kind="stable")
    last = pd.merge_asof(
        moments[["row", "as_of_us"]], known, left_on="as_of_us", right_on="occurred_us", by="row"
    )
    return _at(recipe, last["stage"]).set_axis(moments.index)


def stood(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, as_of_us: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """`standing` of each of `leads` [row, …] at a moment of its own, in any order, shape `(n_leads,)`."""
    if tables.outcomes is None or not recipe.outcomes.after:
        return np.ones(len(leads), dtype=bool)
    dated = outcome_frame(tables).dropna(subset="occurred_us").astype({"occurred_us": "int64"})
    moments = leads[["row"]].assign(as_of_us=as_of_us).sort_values("as_of_us", kind="stable")
    return standing(recipe, dated, moments).reindex(leads.index).to_numpy(bool)


def _at(recipe: Recipe, stages: pd.Series[str]) -> pd.Series[bool]:
    """Whether each of `stages` is one of `[outcomes] after`, compared as stages that end a lead are."""
    there = [stage for stage in stages.dropna().unique() if closing(recipe.outcomes.standing, stage)]
    return stages.isin(there)
