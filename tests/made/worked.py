"""Simulated companies whose sellers have a capacity: who was called, who was won, what each order brings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data import simulate, true_probability
from data.simulator import Sellers
from features.clock import days_us
from features.columns import Floats
from training.figures.worked import WorkedLeads

HORIZON_DAYS = 90


@dataclass(frozen=True)
class World:
    """Simulated leads: ids, creation (µs), chance and outcome within the horizon if they are called."""

    ids: NDArray[np.object_]
    created: NDArray[np.int64]
    chance: Floats
    won: NDArray[np.bool_]

    @classmethod
    def of(cls, folder: Path, leads: int, seed: int) -> World:
        """A company simulated into `folder`."""
        simulate(folder, leads, seed)
        truth, events = (pq.read_table(folder / f"{name}.parquet") for name in ("truth", "events"))
        at = truth["created_at"]
        snapshots = pa.table({"lead_id": truth["lead_id"], "as_of": at})
        created = at.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
        ids = truth["lead_id"].to_pandas()
        outcomes = pd.read_parquet(folder / "outcomes.parquet")
        first = outcomes[outcomes["stage"] == "won"].groupby("lead_id")["occurred_at"].min()
        won = pd.to_datetime(ids.map(first), utc=True).astype("datetime64[us, UTC]")
        after = (won - pd.to_datetime(created, unit="us", utc=True)).dt.total_seconds()
        return cls(
            ids.to_numpy(object), created, true_probability(truth, events, snapshots),
            (after <= HORIZON_DAYS * 86_400).to_numpy(bool),
        )  # fmt: skip


def worked(
    world: World,
    seed: int,
    *,
    share: float = 0.1,
    calls: float = 0.4,
    noise: tuple[float, float] = (0.5, 1.5),
) -> tuple[WorkedLeads, tuple[float, float]]:
    """The company as it can be seen, and the truth: conversions per call by score less those of first come
    first served, and of the rules.

    Score and rules are the true log-odds with normal noise; `calls` is the share of leads that calls suffice
    for. The last horizon is left out: its outcomes are not known yet.
    """
    rng = np.random.default_rng(seed)
    logit = np.log(world.chance / (1 - world.chance))
    score, rules = (logit + rng.normal(0, sigma, len(logit)) for sigma in noise)
    sellers = Sellers(round(len(logit) / 104 * calls))
    drawn = rng.random(len(logit)) < share
    kept = world.created < world.created.max() - days_us(HORIZON_DAYS + 5)
    called = sellers.called(world.created, score, drawn)
    seen = WorkedLeads(
        score[kept], rules[kept], drawn[kept], np.full(int(kept.sum()), share), called[kept],
        sellers.won(world.won, called, rng)[kept].astype(np.float64), world.ids[kept],
    )  # fmt: skip
    nobody = np.zeros(len(logit), dtype=np.bool_)
    first = -world.created.astype(np.float64)
    brought = [
        float(world.won[sellers.called(world.created, order, nobody) & kept].mean())
        for order in (score, first, rules)
    ]
    return seen, (brought[0] - brought[1], brought[0] - brought[2])
