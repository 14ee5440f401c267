"""The same windows as one would write them without leadscore: in pandas, and in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from features import Tables
from features.catalogue import DecayedCount, EventCount, Recency
from features.catalogue.events import ValueTotal
from features.clock.instants import DAY_US, days_us
from features.columns import Columns
from features.sql import named, quoted

Windowed = EventCount | DecayedCount | Recency | ValueTotal


def by_pandas(features: Sequence[Windowed], tables: Tables, moments: pd.DataFrame) -> Columns:
    """Join, keep what was visible, then a groupby per feature."""
    events = tables.con.con.sql("SELECT l.lead_id, e.* FROM events e JOIN leads l USING (row)").df()
    left = moments[["lead_id", "as_of_us"]].reset_index(drop=True).rename_axis("moment").reset_index()
    seen = left.merge(events, on="lead_id")
    seen = seen[seen["available_us"] <= seen["as_of_us"]]
    seen["age"] = seen["as_of_us"] - seen["occurred_us"]
    return {feature.name: _grouped(feature, seen, len(left)) for feature in features}


def _grouped(feature: Windowed, seen: pd.DataFrame, rows: int) -> Any:
    part = seen[seen["kind"].isin(feature.kinds)] if feature.kinds else seen
    if isinstance(feature, EventCount | ValueTotal) and feature.window_days is not None:
        part = part[part["age"] < days_us(feature.window_days)]
    if isinstance(feature, EventCount):
        return part.groupby("moment").size().reindex(range(rows), fill_value=0).to_numpy()
    if isinstance(feature, Recency):
        return part.groupby("moment")["age"].min().reindex(range(rows)).to_numpy() / DAY_US
    if isinstance(feature, ValueTotal):
        sums = part.groupby("moment")["value"].sum() / 1000
    else:
        weights = np.exp2(-part["age"] / days_us(feature.half_life_days))
        sums = weights.groupby(part["moment"]).sum()
    return sums.reindex(range(rows), fill_value=0.0).to_numpy()


def by_sql(features: Sequence[Windowed], tables: Tables, moments: pd.DataFrame) -> Columns:
    """One join and one GROUP BY with a filtered aggregate per feature."""
    con = tables.con.con
    left = moments[["lead_id", "as_of_us"]].reset_index(drop=True).rename_axis("moment").reset_index()
    con.register("by_hand", left.astype({"lead_id": object}))
    columns = ", ".join(f"{_aggregate(feature)} AS {named(feature.name)}" for feature in features)
    found = con.sql(f"""
        WITH looks AS (SELECT h.moment, h.as_of_us, l.row FROM by_hand h JOIN leads l USING (lead_id)),
        seen AS (SELECT a.moment, a.as_of_us - e.occurred_us AS age, e.kind, e.value
                 FROM looks a JOIN events e ON e.row = a.row AND e.available_us <= a.as_of_us),
        grouped AS (SELECT moment, {columns} FROM seen GROUP BY moment)
        SELECT h.moment, g.* EXCLUDE (moment) FROM by_hand h LEFT JOIN grouped g USING (moment)
        ORDER BY h.moment""").fetchnumpy()
    con.unregister("by_hand")
    return {feature.name: _filled(feature, found[feature.name]) for feature in features}


def _aggregate(feature: Windowed) -> str:
    conditions = []
    if feature.kinds:
        conditions.append(f"kind IN ({', '.join(quoted(kind) for kind in feature.kinds)})")
    if isinstance(feature, EventCount | ValueTotal) and feature.window_days is not None:
        conditions.append(f"age < {days_us(feature.window_days)}")
    where = f" FILTER (WHERE {' AND '.join(conditions)})" if conditions else ""
    if isinstance(feature, EventCount):
        return f"count(*){where}"
    if isinstance(feature, Recency):
        return f"min(age){where} / {float(DAY_US)!r}"
    if isinstance(feature, ValueTotal):
        return f"sum(value){where} / 1000"
    return f"sum(pow(2, -age / {float(days_us(feature.half_life_days))!r})){where}"


def _filled(feature: Windowed, values: Any) -> Any:
    """No event is a count and a sum of zero, and no recency."""
    numbers = np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan)
    return numbers if isinstance(feature, Recency) else np.nan_to_num(numbers, nan=0.0)
