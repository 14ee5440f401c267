"""Sellers stand beside the world: its bytes stay, and what an order of calls brings is known."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data import rates_hash, simulate
from data.simulator.sellers import WEEK_US, Sellers

WORLD = "9fc1f65dcfa9d0efc61d9fd9e55f098b3044482c1a4203861193bccb86224836"


def world_hash(folder: Path) -> str:
    """SHA-256 of every cell of the simulated tables."""
    digest = hashlib.sha256(rates_hash().encode())
    for name in ("leads", "events", "outcomes", "truth"):
        frame = pd.read_parquet(folder / f"{name}.parquet")
        digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def test_the_world_is_frozen(tmp_path: Path) -> None:
    simulate(tmp_path, 300, 1)
    assert world_hash(tmp_path) == WORLD


@pytest.mark.parametrize("calls", [1, 7])
def test_nobody_is_called_twice_late_or_beyond_the_capacity(calls: int) -> None:
    rng = np.random.default_rng(calls)
    created = np.sort(rng.integers(0, 30 * WEEK_US, 300))
    drawn = rng.random(300) < 0.1
    called = Sellers(calls, patience=2).called(created, rng.random(300), drawn)
    assert called.sum() <= calls * 31
    if calls == 7:
        assert called[drawn].all()


def test_by_priority_the_best_of_a_week_are_called() -> None:
    created = np.arange(10, dtype=np.int64)
    priority = np.array([3.0, 9, 1, 8, 2, 7, 0, 6, 4, 5])
    nobody = np.zeros(10, dtype=np.bool_)
    called = Sellers(4).called(created, priority, nobody)
    assert set(np.flatnonzero(called)) == {1, 3, 5, 7}
    first = Sellers(4).called(created, -created.astype(np.float64), nobody)
    assert set(np.flatnonzero(first)) == {0, 1, 2, 3}
    drawn = nobody.copy()
    drawn[6] = True
    assert Sellers(4).called(created, priority, drawn)[6]


def test_an_uncalled_lead_keeps_a_share_of_its_wins_and_a_loss_is_no_win() -> None:
    world = np.arange(4000) % 2 == 0
    called = np.arange(4000) < 2000
    won = Sellers(1, uncalled=0.25).won(world, called, np.random.default_rng(1))
    assert (won[:2000] == world[:2000]).all()
    assert not won[~world].any()
    assert 0.2 < won[2000:].sum() / world[2000:].sum() < 0.3
