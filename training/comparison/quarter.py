"""The leads open at the start of each week of a quarter, who was called, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import DAY_US, days_us, from_us
from features.columns import Floats
from features.errors import LeadscoreError
from features.recipe import Recipe
from features.snapshots import lead_frame, open_leads, outcome_frame
from features.tables import Tables, fetch_frame, register_frame

WEEK_US = 7 * DAY_US


@dataclass(frozen=True)
class Quarter:
    """One row per lead open at the start of a week: when, whether it was won within the horizon, called by
    people in that week, how old it was; `cluster` numbers its account, else its lead."""

    moments: pd.DataFrame
    week: NDArray[np.int64]
    won: NDArray[np.bool_]
    called: NDArray[np.bool_]
    age_us: Floats
    cluster: NDArray[np.intp]
    capacity: dict[int, int] = field(default_factory=dict)


def read_quarter(recipe: Recipe, tables: Tables, weeks: int) -> tuple[Quarter, list[str]]:
    """The last `weeks` whose outcomes have matured and in which leads still came; and what is missing of it.

    Raises:
        LeadscoreError: there are no dates or outcomes, or nothing was won.
    """
    if not recipe.dated or tables.outcomes is None:
        raise LeadscoreError(
            "a backtest needs leads with a date of creation, and outcomes.", "Declare them in the recipe."
        )
    horizon = days_us(recipe.recipe.horizon_days)
    newest = lead_frame(recipe, tables)["created_us"].max()
    last = min(tables.end_us - max(horizon, WEEK_US), int(newest))
    starts = [last - WEEK_US * (weeks - 1 - week) for week in range(weeks)]
    parts = [open_leads(recipe, tables, start).assign(week=week) for week, start in enumerate(starts)]
    moments = pd.concat(parts, ignore_index=True)
    won = _within(_won(tables), moments, horizon)
    if not won.any():
        raise LeadscoreError(
            f"no lead open in the {weeks} weeks from {from_us(starts[0]).date()} on was won in time.",
            "Take more weeks (--weeks), or a recipe with more history.",
        )
    leads = fetch_frame(tables.con, "leads").set_index("row").loc[moments["row"]]
    accounts = leads["account_id"].astype(object).where(leads["account_id"].notna(), None)
    clusters = [str(account or f"lead {row}") for account, row in zip(accounts, moments["row"], strict=True)]
    called = _within(_attempts(recipe, tables), moments, WEEK_US)
    week = moments["week"].to_numpy(np.int64)
    counts = {one: int(called[week == one].sum()) for one in range(weeks)}
    notes = []
    if not called.any():
        notes.append(f"no attempts are known: {recipe.gate.capacity_per_week} calls a week are assumed")
        counts = dict.fromkeys(counts, recipe.gate.capacity_per_week)
    born = leads["created_us"].fillna(0).to_numpy(np.int64)
    age = (moments["as_of_us"].to_numpy(np.int64) - born).astype(np.float64)
    cluster = np.asarray(pd.factorize(pd.Series(clusters))[0], dtype=np.intp)
    kept = moments[["lead_id", "as_of_us", "row"]]
    return Quarter(kept, week, won, called, age, cluster, counts), notes


def _won(tables: Tables) -> pd.DataFrame:
    outcomes = outcome_frame(tables)
    won = outcomes[(outcomes["closing"] == "won") & outcomes["occurred_us"].notna()]
    return won[["row", "occurred_us"]].astype({"occurred_us": "int64"})


def _attempts(recipe: Recipe, tables: Tables) -> pd.DataFrame:
    """What the company did to reach its leads: row, occurred_us."""
    declared = recipe.events.kinds if recipe.events else {}
    kinds = [kind for kind, means in declared.items() if means == "contact"]
    if tables.events is None or not kinds:
        return pd.DataFrame({"row": [], "occurred_us": []}).astype("int64")
    register_frame(tables.con, "backtest_kinds", pd.DataFrame({"wanted": kinds}))
    query = "SELECT row, occurred_us FROM events WHERE kind IN (SELECT wanted FROM backtest_kinds)"
    rows = tables.con.raw_sql(query).fetchall()
    return pd.DataFrame(rows, columns=["row", "occurred_us"]).astype("int64")


def _within(events: pd.DataFrame, moments: pd.DataFrame, span_us: int) -> NDArray[np.bool_]:
    """For each moment whether its lead has an event in (as_of, as_of + span]."""
    if not len(events):
        return np.zeros(len(moments), dtype=np.bool_)
    ordered = moments[["row", "as_of_us"]].reset_index().sort_values("as_of_us", kind="stable")
    later = pd.merge_asof(
        ordered, events.sort_values("occurred_us", kind="stable"), left_on="as_of_us", right_on="occurred_us",
        by="row", direction="forward", allow_exact_matches=False,
    ).set_index("index").sort_index()  # fmt: skip
    gap = later["occurred_us"].astype("float64") - later["as_of_us"].astype("float64")
    return np.asarray((gap <= span_us).to_numpy(), dtype=np.bool_)
