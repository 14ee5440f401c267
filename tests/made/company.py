"""A small company with strong signals: enough to learn from in seconds, written as CSV with its recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from features import Recipe, parse_recipe

RECIPE = """
[recipe]
name = "small"
horizon_days = 20

[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"

[lead]
id = "lead_id"
created_at = "created_at"

[lead.fields]
size = { type = "number", means = "size" }
industry = { type = "category", means = "industry" }
origin = { type = "category", means = "origin" }

[events.kinds]
visit = "interest"
demo_request = "intent"

[snapshots]
at_days = [0, 5]

[windows]
days = [7]
half_life_days = [7]

[split]
history_end = "2025-01-01"

[train]
bag = 2
rounds = 100
early_stopping = 10
learning_rate = 0.1
folds = 2

[gate]
min_positives = 30
"""


def small_company(folder: Path, leads: int = 2000, won_share: float = 1.0) -> Recipe:
    """Write the tables into `folder`; `won_share` of the conversions are kept."""
    rng = np.random.default_rng(4)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 366, leads)), "D")
    size, industry = rng.lognormal(3, 1, leads), rng.choice(["software", "retail", "steel"], leads)
    demo = rng.random(leads) < 0.3
    # what no scorecard knows beforehand: small firms and one industry buy
    margin = -3.0 - 0.8 * (np.log(size) - 3) + 2.2 * (industry == "steel") + 1.5 * demo
    won = (rng.random(leads) < 1 / (1 + np.exp(-margin))) & (rng.random(leads) < won_share)
    ids = np.array([f"lead-{i}" for i in range(leads)])
    frame = pd.DataFrame({"lead_id": ids, "created_at": created, "size": size.round(1), "industry": industry})
    frame["origin"] = rng.choice(["inbound", "paid"], leads)
    frame.to_csv(folder / "leads.csv", index=False)
    _events(ids, created, demo, rng).to_csv(folder / "events.csv", index=False)
    won_at = created[won] + pd.to_timedelta(rng.uniform(6, 19, int(won.sum())), "D")
    outcomes = pd.DataFrame({"lead_id": ids[won], "stage": "won", "occurred_at": won_at})
    outcomes.to_csv(folder / "outcomes.csv", index=False)
    return parse_recipe(RECIPE)


def _events(
    ids: np.ndarray, created: pd.DatetimeIndex, demo: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """A few visits for everybody, and a demonstration asked for on the first day by some."""
    who = np.repeat(np.arange(len(ids)), rng.poisson(2, len(ids)))
    visits = created[who] + pd.to_timedelta(rng.exponential(6, len(who)), "D")
    asked = created[demo] + pd.to_timedelta(rng.uniform(0.1, 1, int(demo.sum())), "D")
    parts = [
        pd.DataFrame({"lead_id": ids[who], "occurred_at": visits, "kind": "visit"}),
        pd.DataFrame({"lead_id": ids[demo], "occurred_at": asked, "kind": "demo_request"}),
    ]
    return pd.concat(parts, ignore_index=True)
