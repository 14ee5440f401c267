"""Which leads are looked at when, and what became of them: snapshots, labels, maturity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.clock import days_us
from features.errors import LeadscoreError
from features.recipe import Recipe
from features.snapshots.account import RowAccount
from features.snapshots.leads import created_inside, lead_frame
from features.snapshots.outcomes import closed_at, next_won, outcome_frame, undated_rows
from features.snapshots.stages import begun, standing
from features.tables import Tables


@dataclass(frozen=True)
class Snapshots:
    """`frame`: one row per (lead, as_of), in time order, with columns

    lead_id, account_id (or None), origin (or None), created_us, as_of_us, age_days (the planned age), label
    (1.0 converted within the horizon, 0.0 not, NaN not known), label_known_us, matured, won_us (the first win
    after as_of, infinite where none is known, NaN where wins have no date), won_amount (what it brought, NaN
    where not known), order (int64, sorts rows in time).
    """

    frame: pd.DataFrame
    account: RowAccount


def snapshots(recipe: Recipe, tables: Tables) -> Snapshots:
    """Every open lead at every planned age up to the end of the history; ages count from its creation, with
    `[outcomes] after` from when it came to such a stage, as long as it stands there.

    Open: created, and the last dated outcome at or before as_of does not close it. Label: won in
    `(as_of, as_of + H]`, whatever happened between. A lead lost without a date is looked at at every age
    and not won; one won without a date is left out. Matured: as_of + H ≤ end of history, for conversions
    as for the rest; else the label is NaN. Where outcomes are known at once (or bear no date) a lead has one
    snapshot; one without an outcome is unknown. Without creation times the order stands for time: as_of_us
    is the row's place.

    Raises:
        LeadscoreError: `split.train_from` is not a date, a date of the split leaves no lead, or no outcome
            was given.
    """
    if tables.outcomes is None:
        raise LeadscoreError(
            "the recipe gives no outcomes: neither [tables] outcomes nor [outcomes] column.",
            "Name the table or the leads' column that says which leads were won.",
        )
    account = RowAccount()
    leads = lead_frame(recipe, tables)
    _leads_read(tables, account)
    account.add("leads kept", len(leads))
    if recipe.dated:
        account.end = tables.end.words
        account.warnings += [tables.end.warning] if tables.end.warning is not None else []
    outcomes = outcome_frame(tables)
    if at_once(recipe, outcomes):
        frame = _known_at_once(recipe, tables, leads, outcomes, account)
    else:
        frame = _over_time(recipe, tables, leads, outcomes, account)
    account.add("snapshots", len(frame))
    account.add("snapshots not matured or without a known outcome", int((~frame["matured"]).sum()))
    account.add("matured snapshots", int(frame["matured"].sum()))
    account.add("matured snapshots converted", int((frame["label"] == 1).sum()))
    return Snapshots(frame.drop(columns="row").reset_index(drop=True), account)


def _leads_read(tables: Tables, account: RowAccount) -> None:
    """The rows of the leads' table, and those that were dropped before anything was looked at."""
    counts = [(what, n, done) for table, what, n, done in tables.quality.rows() if table == "leads"]
    account.add("leads read", sum(n for what, n, _ in counts if what == "rows read"))
    for what, n, done in counts:
        if done.startswith("dropped"):
            account.add(what, n)


def at_once(recipe: Recipe, outcomes: pd.DataFrame) -> bool:
    """Whether outcomes are those of the lead's one snapshot: declared so, or no date orders them."""
    if recipe.outcomes.at_once or not recipe.dated:
        return True
    return recipe.outcomes.column is not None and bool(outcomes["occurred_us"].isna().all())


def label_wait_us(recipe: Recipe) -> int:
    """µs from as_of until a label is known: the horizon, or nothing where the outcome comes at once."""
    return 0 if recipe.outcomes.at_once or not recipe.dated else days_us(recipe.recipe.horizon_days)


def _over_time(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, outcomes: pd.DataFrame, account: RowAccount
) -> pd.DataFrame:
    leads = _without_unknown_wins(created_inside(recipe, leads, tables, account), outcomes, account)
    dated = outcomes[outcomes["occurred_us"].notna()].astype({"occurred_us": "int64"})
    leads = begun(recipe, leads, dated, account)
    ages = sorted(set(recipe.snapshots.at_days))
    grid = pd.concat([_at(leads, days) for days in ages], ignore_index=True)
    account.add("planned snapshots", len(grid))
    inside = grid[grid["as_of_us"] <= tables.end_us]
    account.add("planned after the end of the history", len(grid) - len(inside))
    frame = inside.sort_values(["as_of_us", "row"], kind="stable").reset_index(drop=True)
    open_ = ~closed_at(dated, frame)
    account.add("closed before", int((~open_).sum()))
    frame = frame[open_ & standing(recipe, dated, frame)].reset_index(drop=True)
    horizon = days_us(recipe.recipe.horizon_days)
    frame["label_known_us"] = frame["as_of_us"] + horizon
    frame["matured"] = frame["label_known_us"] <= tables.end_us
    frame[["won_us", "won_amount"]] = next_won(dated, frame)
    label = (frame["won_us"] <= frame["label_known_us"]).astype("float64")
    frame["label"] = label.where(frame["matured"])
    return _ordered(frame)


def _without_unknown_wins(leads: pd.DataFrame, outcomes: pd.DataFrame, account: RowAccount) -> pd.DataFrame:
    """The leads but those won without a date: of no moment is it known whether the win was still to come.

    A loss without a date stays: whenever it came, the lead was not won. Its lead is looked at as long as one
    that is open, since nothing says from when on it was not.
    """
    undated = {end: undated_rows(outcomes, end) for end in ("won", "lost")}
    won, lost = (leads["row"].isin(rows) for rows in (undated["won"], undated["lost"]))
    account.add("won leads without a date, left out", int(won.sum()))
    account.add("lost leads without a date, counted as not won", int((lost & ~won).sum()))
    if won.any():
        account.warnings.append(
            f"won leads without a date, left out: {int(won.sum()):,}. Rates of conversion come out too "
            "low; export the date of each win"
        )
    if (lost & ~won).any():
        account.warnings.append(
            f"lost leads without a date: {int((lost & ~won).sum()):,}. They count as not won at every "
            "age, so that older leads are promised too little; export the date of each loss"
        )
    return leads[~won]


def _at(leads: pd.DataFrame, days: float) -> pd.DataFrame:
    return leads.assign(as_of_us=leads["begun_us"] + days_us(days), age_days=float(days))


def _known_at_once(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, outcomes: pd.DataFrame, account: RowAccount
) -> pd.DataFrame:
    """One snapshot a lead; its label is its outcome, known at that moment (or at the horizon when dated)."""
    if recipe.dated:
        leads = created_inside(recipe, leads, tables, account)
        moment = leads["created_us"] + days_us(min(recipe.snapshots.at_days))
    else:
        moment = leads["position"]
    frame = leads.assign(as_of_us=moment.astype("int64"), created_us=moment.astype("int64"))
    frame["age_days"] = float(min(recipe.snapshots.at_days)) if recipe.dated else 0.0
    if recipe.dated:
        frame["created_us"] = leads["created_us"]
    waits = label_wait_us(recipe)
    # Without a horizon nothing turns an open case into a lost one: where losses are told, it is unknown.
    told = outcomes[outcomes["closing"].notna()] if waits == 0 and recipe.outcomes.lost else outcomes
    frame["label"] = _final(told).reindex(frame["row"]).to_numpy()
    frame["label_known_us"] = frame["as_of_us"] + waits
    known = frame["label"].notna()
    frame["matured"] = known & ((frame["label_known_us"] <= tables.end_us) | (waits == 0))
    frame["label"] = frame["label"].where(frame["matured"])
    won = outcomes[outcomes["closing"] == "won"]
    amount = won.groupby("row")["amount"].sum(min_count=1).reindex(frame["row"]).to_numpy(np.float64)
    return _ordered(frame.assign(won_us=np.nan, won_amount=np.where(frame["label"] == 1, amount, np.nan)))


def _final(outcomes: pd.DataFrame) -> pd.Series[float]:
    """Row → 1.0 when any outcome is won, 0.0 when there are only others; a stage that is neither is 0.0.

    An empty cell gives no outcome, hence no label.
    """
    won = (outcomes["closing"] == "won").astype("float64")
    return won.groupby(outcomes["row"].to_numpy()).max()


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.sort_values(["as_of_us", "position", "row"], kind="stable").reset_index(drop=True)
    columns = ["lead_id", "account_id", "origin", "created_us", "as_of_us", "age_days", "label"]
    columns += ["label_known_us", "matured", "won_us", "won_amount", "row"]
    return frame[columns].assign(order=np.arange(len(frame), dtype=np.int64))
