"""Three ways to answer for several horizons are compared fairly: the same rows, rising probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from features.catalogue import FieldValue
from features.clock.instants import DAY_US
from features.recipe.recipe import Training
from serving.scorers.tree_columns import TreeEncoder
from tests.bench.horizon_models import World, _periods, hazard, latency, one_margin, separate

HORIZONS = (5.0, 20.0, 60.0)
FEATURES = tuple(FieldValue(name, "number") for name in ("one", "two", "three"))


@pytest.fixture(scope="module")
def world() -> World:
    """Leads whose chance per day depends on a field; two snapshots each, over 400 days."""
    rng = np.random.default_rng(3)
    n = 3000
    lead = np.repeat(np.arange(n // 2), 2)
    start = np.sort(rng.uniform(0, 400, n // 2))
    moment = start[lead] + np.tile([0.0, 3.0], n // 2)
    order = np.argsort(moment, kind="stable")
    X = rng.normal(size=(n // 2, 3))
    wait = rng.exponential(60 / np.exp(X[:, 0]))[lead] - np.tile([0.0, 3.0], n // 2)
    kept = order[wait[order] > 0]
    as_of = (moment[kept] * DAY_US).astype(np.int64)
    first = int(300 * DAY_US)
    labels = {h: (wait[kept] <= h).astype(np.float64) for h in HORIZONS}
    known = {h: np.flatnonzero(as_of + int(h * DAY_US) < first) for h in HORIZONS}
    test = np.flatnonzero(as_of >= first)
    test = test[~np.isin(lead[kept][test], lead[kept][known[HORIZONS[0]]])]
    encoder = TreeEncoder(features=tuple(f.name for f in FEATURES), vocabularies={})
    plan = Training(rounds=60, early_stopping=10, bag=1, learning_rate=0.1)
    return World(X[lead][kept], encoder, as_of, lead[kept], HORIZONS, labels, known, test, plan)


@pytest.mark.parametrize("method", [separate, one_margin, hazard, latency])
def test_a_longer_horizon_is_never_less_probable(world, method):
    found = method(world)
    assert found.shape == (len(world.test), len(HORIZONS))
    assert (np.diff(found, axis=1) >= 0).all()
    assert found.min() > 0
    assert found.max() < 1
    for at, h in enumerate(HORIZONS):
        told = world.labels[h][world.test]
        assert found[:, at].mean() == pytest.approx(told.mean(), abs=0.08)
        assert found[told == 1, at].mean() > found[told == 0, at].mean()


def test_a_young_snapshot_takes_part_in_the_intervals_that_it_has_lived_through(world):
    rows, part, y = _periods(world, world.known)
    for interval, h in enumerate(HORIZONS):
        mine = rows[part == interval]
        assert set(mine) <= set(world.known[h])
        if interval:
            before = world.labels[HORIZONS[interval - 1]]
            assert not before[mine].any(), "who has converted is at risk no more"
            assert len(mine) < (part == interval - 1).sum()
    assert len(rows) > len(world.known[HORIZONS[-1]])
    assert y.sum() == len(
        {lead for h in HORIZONS for lead in world.known[h][world.labels[h][world.known[h]] == 1]}
    )
