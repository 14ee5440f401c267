"""Which leads are looked at when, and what became of them: snapshots, labels, maturity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from features.cells.parse import parse_date
from features.clock.instants import days_us, from_us
from features.errors import LeadscoreError
from features.recipe.recipe import Recipe
from features.tables.company import Tables
from features.tables.history_end import steady_moments


@dataclass
class RowAccount:
    """Where rows went, from those read to those that are used, and what that does to a promise.

    `end` says when the history ends and why, None where nothing is dated.
    """

    steps: list[tuple[str, int]] = field(default_factory=list)
    end: str | None = None
    warnings: list[str] = field(default_factory=list)

    def add(self, what: str, count: int) -> None:
        """Note that `count` rows are `what`."""
        self.steps.append((what, int(count)))

    def rows(self) -> list[tuple[str, int]]:
        """(what, count) in order."""
        return list(self.steps)


@dataclass(frozen=True)
class Snapshots:
    """`frame`: one row per (lead, as_of), in time order, with columns

    lead_id, account_id (or None), origin (or None), created_us, as_of_us, age_days (the planned age), label
    (1.0 converted within the horizon, 0.0 not, NaN not known), label_known_us, matured, order (int64, sorts
    rows in time).
    """

    frame: pd.DataFrame
    account: RowAccount


def snapshots(recipe: Recipe, tables: Tables) -> Snapshots:
    """Every open lead at every planned age up to the end of the history.

    Open: created, and the last dated outcome at or before as_of does not close it. Label: won in
    `(as_of, as_of + H]`, whatever happened between. A lead lost nobody knows when is looked at at every age
    and not won; one won nobody knows when is left out. Matured: as_of + H ≤ end of history, for conversions
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
    leads = _leads(recipe, tables)
    account.add(
        "leads read", sum(n for t, w, n, _ in tables.quality.rows() if (t, w) == ("leads", "rows read"))
    )
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


def at_once(recipe: Recipe, outcomes: pd.DataFrame) -> bool:
    """Whether outcomes are those of the lead's one snapshot: declared so, or no date orders them."""
    if recipe.outcomes.at_once or not recipe.dated:
        return True
    return recipe.outcomes.column is not None and bool(outcomes["occurred_us"].isna().all())


def label_wait_us(recipe: Recipe) -> int:
    """µs from as_of until a label is known: the horizon, or nothing where the outcome comes at once."""
    return 0 if recipe.outcomes.at_once or not recipe.dated else days_us(recipe.recipe.horizon_days)


def outcome_frame(tables: Tables) -> pd.DataFrame:
    """Outcomes as a frame: row, occurred_us (Int64), stage, closing."""
    assert tables.outcomes is not None
    arrow = tables.outcomes.select("row", "occurred_us", "stage", "closing").to_pyarrow()
    types: dict[Any, Any] = {arrow.schema.field("occurred_us").type: pd.Int64Dtype()}
    frame: pd.DataFrame = arrow.drop_columns(["row"]).to_pandas(types_mapper=types.get)
    return frame.assign(row=arrow.column("row").to_numpy())


def _leads(recipe: Recipe, tables: Tables) -> pd.DataFrame:
    columns = ("row", "lead_id", "account_id", "origin", "created_us", "position")
    arrow = tables.leads.select(*columns).order_by("row").to_pyarrow()
    frame = pd.DataFrame({name: arrow.column(name).to_numpy() for name in ("row", "position")})
    for name in ("lead_id", "account_id", "origin"):
        frame[name] = pd.Series(arrow.column(name).to_pylist(), dtype=object)
    frame["created_us"] = pd.array(arrow.column("created_us").to_pylist(), dtype="Int64")
    return frame


def _created(recipe: Recipe, leads: pd.DataFrame, tables: Tables, account: RowAccount) -> pd.DataFrame:
    """Leads with a creation time inside the history, from `split.train_from` on."""
    dated = leads[leads["created_us"].notna()].astype({"created_us": "int64"})
    account.add("leads without a creation time", len(leads) - len(dated))
    inside = dated[dated["created_us"] <= tables.end_us]
    account.add("leads created after the end of the history", len(dated) - len(inside))
    if len(dated) and not len(inside) and recipe.split.history_end is not None:
        raise _outside("history_end", recipe.split.history_end, "ends before the first lead", dated)
    if recipe.split.train_from is None:
        return _but_alone(inside, account)
    try:
        start = parse_date(recipe.split.train_from, recipe.recipe.zone)
    except ValueError as error:
        raise LeadscoreError(f"recipe: [split] train_from is not {error}.", "Correct the recipe.") from None
    late = inside[inside["created_us"] >= start]
    account.add("leads created before split.train_from", len(inside) - len(late))
    if len(inside) and not len(late):
        raise _outside("train_from", recipe.split.train_from, "leaves no lead", inside)
    return late


def _but_alone(leads: pd.DataFrame, account: RowAccount) -> pd.DataFrame:
    """The leads without the few created long before all others: such a date is likely wrong."""
    kept = steady_moments(leads["created_us"].to_numpy(np.int64), late=False)
    account.add("leads created alone, long before all others", int((~kept).sum()))
    if not kept.all():
        account.warnings.append(
            f"leads created alone, long before all others, left out: {int((~kept).sum()):,}. Correct the "
            "date, or declare [split] train_from"
        )
    return leads[kept]


def _outside(key: str, value: str, what: str, leads: pd.DataFrame) -> LeadscoreError:
    """A date of the split that lies outside the history."""
    first, last = (from_us(int(us)).date() for us in (leads["created_us"].min(), leads["created_us"].max()))
    return LeadscoreError(
        f"recipe: [split] {key} '{value}' {what}: leads were created from {first} to {last}.",
        f"Choose a date inside that span, or leave {key} out.",
    )


def _over_time(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, outcomes: pd.DataFrame, account: RowAccount
) -> pd.DataFrame:
    leads = _without_unknown_wins(_created(recipe, leads, tables, account), outcomes, account)
    dated = outcomes[outcomes["occurred_us"].notna()].astype({"occurred_us": "int64"})
    ages = sorted(set(recipe.snapshots.at_days))
    grid = pd.concat([_at(leads, days) for days in ages], ignore_index=True)
    account.add("planned snapshots", len(grid))
    inside = grid[grid["as_of_us"] <= tables.end_us]
    account.add("planned after the end of the history", len(grid) - len(inside))
    frame = inside.sort_values(["as_of_us", "row"], kind="stable").reset_index(drop=True)
    open_ = ~closed_at(dated, frame)
    account.add("closed before", int((~open_).sum()))
    frame = frame[open_].reset_index(drop=True)
    horizon = days_us(recipe.recipe.horizon_days)
    frame["label_known_us"] = frame["as_of_us"] + horizon
    frame["matured"] = frame["label_known_us"] <= tables.end_us
    won = next_won(dated, frame)
    label = (won <= frame["label_known_us"]).astype("float64")
    frame["label"] = label.where(frame["matured"])
    return _ordered(frame)


def _without_unknown_wins(leads: pd.DataFrame, outcomes: pd.DataFrame, account: RowAccount) -> pd.DataFrame:
    """The leads but those won nobody knows when: of no moment is it known whether the win was still to come.

    A loss without a date stays: whenever it came, the lead was not won. Its lead is looked at as long as one
    that is open, since nothing says from when on it was not.
    """
    undated = {end: undated_rows(outcomes, end) for end in ("won", "lost")}
    won, lost = (leads["row"].isin(rows) for rows in (undated["won"], undated["lost"]))
    account.add("leads won nobody knows when", int(won.sum()))
    account.add("leads lost nobody knows when, counted as not won", int((lost & ~won).sum()))
    if won.any():
        account.warnings.append(
            f"leads won nobody knows when, left out: {int(won.sum()):,}. Rates of conversion come out too "
            "low; export the date of each win"
        )
    if (lost & ~won).any():
        account.warnings.append(
            f"leads lost nobody knows when: {int((lost & ~won).sum()):,}. They count as not won at every "
            "age, so that older leads are promised too little; export the date of each loss"
        )
    return leads[~won]


def undated_rows(outcomes: pd.DataFrame, *ends: str) -> pd.Series[Any]:
    """The rows of the leads that ended so ('won', 'lost') nobody knows when."""
    return outcomes[outcomes["occurred_us"].isna() & outcomes["closing"].isin(ends)]["row"]


def _at(leads: pd.DataFrame, days: float) -> pd.DataFrame:
    return leads.assign(as_of_us=leads["created_us"] + days_us(days), age_days=float(days))


def closed_at(dated: pd.DataFrame, moments: pd.DataFrame) -> pd.Series[bool]:
    """Whether the last outcome at or before as_of closes the lead; of equal instants lost, then won, is last.

    `moments` [row, as_of_us] are sorted by as_of_us; the result has their index.
    """
    rank = dated["closing"].map({"lost": 1, "won": 2}).fillna(0).astype("int64")
    known = (
        dated[["row", "occurred_us"]].assign(rank=rank).sort_values(["occurred_us", "rank"], kind="stable")
    )
    last = pd.merge_asof(
        moments[["row", "as_of_us"]], known, left_on="as_of_us", right_on="occurred_us", by="row"
    )
    return (last["rank"].fillna(0) > 0).set_axis(moments.index)


def next_won(dated: pd.DataFrame, moments: pd.DataFrame) -> pd.Series[float]:
    """µs of the first won outcome after as_of (strictly), greatest float where there is none."""
    won = dated[dated["closing"] == "won"][["row", "occurred_us"]].sort_values("occurred_us", kind="stable")
    after = pd.merge_asof(
        moments[["row", "as_of_us"]], won, left_on="as_of_us", right_on="occurred_us", by="row",
        direction="forward", allow_exact_matches=False,
    )  # fmt: skip
    return after["occurred_us"].astype("float64").fillna(np.inf).set_axis(moments.index)


def _known_at_once(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, outcomes: pd.DataFrame, account: RowAccount
) -> pd.DataFrame:
    """One snapshot a lead; its label is its outcome, known at that moment (or at the horizon when dated)."""
    if recipe.dated:
        leads = _created(recipe, leads, tables, account)
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
    return _ordered(frame)


def _final(outcomes: pd.DataFrame) -> pd.Series[float]:
    """Row → 1.0 when any outcome is won, 0.0 when there are only others; a stage that is neither is 0.0.

    An empty cell gives no outcome, hence no label.
    """
    won = (outcomes["closing"] == "won").astype("float64")
    return won.groupby(outcomes["row"].to_numpy()).max()


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.sort_values(["as_of_us", "position", "row"], kind="stable").reset_index(drop=True)
    columns = ["lead_id", "account_id", "origin", "created_us", "as_of_us", "age_days", "label"]
    columns += ["label_known_us", "matured", "row"]
    return frame[columns].assign(order=np.arange(len(frame), dtype=np.int64))


def open_leads(recipe: Recipe, tables: Tables, as_of_us: int) -> pd.DataFrame:
    """Columns lead_id, as_of_us, row: leads created by `as_of_us` (or nobody knows when) and not closed."""
    leads = _leads(recipe, tables)
    if recipe.dated:
        leads = leads[leads["created_us"].fillna(0) <= as_of_us]
    leads = leads.assign(as_of_us=np.int64(as_of_us)).reset_index(drop=True)
    if tables.outcomes is None:
        return leads[["lead_id", "as_of_us", "row"]]
    outcomes = outcome_frame(tables)
    dated = outcomes[outcomes["occurred_us"].notna()].astype({"occurred_us": "int64"})
    closed = closed_at(dated, leads) | leads["row"].isin(undated_rows(outcomes, "won", "lost"))
    return leads[~closed][["lead_id", "as_of_us", "row"]].reset_index(drop=True)
