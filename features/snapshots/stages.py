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
    return _at(recipe, _last(dated, moments))


def stood(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, as_of_us: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """`standing` of each of `leads` [row, …] at a moment of its own, in any order, shape `(n_leads,)`."""
    if not recipe.outcomes.after:
        return np.ones(len(leads), dtype=bool)
    return _at(recipe, pd.Series(stages_at(tables, leads, as_of_us))).to_numpy(bool)


def stages_at(tables: Tables, leads: pd.DataFrame, as_of_us: NDArray[np.int64]) -> NDArray[np.object_]:
    """The last stage of each of `leads` [row, …] at or before a moment of its own, in any order, None where
    there is none, shape `(n_leads,)`."""
    if tables.outcomes is None:
        return np.full(len(leads), None, dtype=object)
    moments = pd.DataFrame({"row": leads["row"].to_numpy(np.int64), "as_of_us": as_of_us})
    last = _last(_dated(tables), moments.sort_values("as_of_us", kind="stable")).sort_index()
    return last.astype(object).where(last.notna(), None).to_numpy(object)


def begun_at(recipe: Recipe, tables: Tables, leads: pd.DataFrame) -> NDArray[np.int64]:
    """`begun_us` of each of `leads` [row, created_us, …], shape `(n_leads,)`; their creation where they never
    came to a stage of `[outcomes] after`."""
    created = leads["created_us"].to_numpy(np.int64)
    if tables.outcomes is None or not recipe.outcomes.after:
        return created
    rows = pd.DataFrame({"row": leads["row"].to_numpy(np.int64), "created_us": created})
    found = begun(recipe, rows, _dated(tables), RowAccount())["begun_us"]
    return found.reindex(rows.index).fillna(rows["created_us"]).to_numpy(np.int64)


def _dated(tables: Tables) -> pd.DataFrame:
    return outcome_frame(tables).dropna(subset="occurred_us").astype({"occurred_us": "int64"})


def _last(dated: pd.DataFrame, moments: pd.DataFrame) -> pd.Series[str]:
    """The last stage at or before as_of of each of `moments`, sorted by as_of_us, with their index."""
    known = dated[["row", "occurred_us", "stage"]].sort_values(["occurred_us", "stage"], kind="stable")
    last = pd.merge_asof(
        moments[["row", "as_of_us"]], known, left_on="as_of_us", right_on="occurred_us", by="row"
    )
    return last["stage"].set_axis(moments.index)


def _at(recipe: Recipe, stages: pd.Series[str]) -> pd.Series[bool]:
    """Whether each of `stages` is one of `[outcomes] after`, compared as stages that end a lead are."""
    there = [stage for stage in stages.dropna().unique() if closing(recipe.outcomes.standing, stage)]
    return stages.isin(there)
