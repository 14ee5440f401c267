"""What had become of each lead at a moment, and what became of it after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.tables import Tables


def outcome_frame(tables: Tables) -> pd.DataFrame:
    """Outcomes as a frame: row, occurred_us (Int64), stage, closing, amount."""
    assert tables.outcomes is not None
    arrow = tables.outcomes.select("row", "occurred_us", "stage", "closing", "amount").to_pyarrow()
    types: dict[Any, Any] = {arrow.schema.field("occurred_us").type: pd.Int64Dtype()}
    frame: pd.DataFrame = arrow.drop_columns(["row"]).to_pandas(types_mapper=types.get)
    return frame.assign(row=arrow.column("row").to_numpy())


def undated_rows(outcomes: pd.DataFrame, *ends: str) -> pd.Series[Any]:
    """The rows of the leads that ended so ('won', 'lost') without a date."""
    return outcomes[outcomes["occurred_us"].isna() & outcomes["closing"].isin(ends)]["row"]


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


def next_won(dated: pd.DataFrame, moments: pd.DataFrame) -> pd.DataFrame:
    """The first won outcome after as_of (strictly): columns occurred_us, greatest float where there is none,
    and amount, the sum of what was won at that instant (NaN where no amount is known)."""
    won = dated[dated["closing"] == "won"][["row", "occurred_us", "amount"]]
    each: pd.DataFrame = won.groupby(["row", "occurred_us"])[["amount"]].sum(min_count=1).reset_index()
    after = pd.merge_asof(
        moments[["row", "as_of_us"]], each.sort_values("occurred_us", kind="stable"),
        left_on="as_of_us", right_on="occurred_us", by="row", direction="forward", allow_exact_matches=False,
    )  # fmt: skip
    found = after[["occurred_us", "amount"]].astype("float64").set_axis(moments.index)
    return found.fillna({"occurred_us": np.inf})
