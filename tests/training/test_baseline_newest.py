"""The queue as a baseline: who came last is called first."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from training.history.labelled import Labelled
from training.judging.baselines import newest_first


def aged(seed: int, rows: int, falling: float) -> Labelled:
    """Leads of 0 to 100 days, of which the young convert more where `falling` is positive."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, 100, rows)
    won = rng.random(rows) < 1 / (1 + np.exp(1.0 + falling * (age - 50) / 50))
    return Labelled(pd.DataFrame({"age_days": age, "label": won.astype(np.float64)}), {})


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3))
def test_a_younger_lead_never_gets_less(seed, falling):
    labelled = aged(seed, 400, falling)
    rows = np.arange(400)
    found = newest_first(labelled, rows[:300], rows[300:])
    youngest_first = np.argsort(labelled.frame["age_days"].to_numpy()[300:])
    assert (np.diff(found[youngest_first]) <= 1e-12).all()
    assert ((found > 0) & (found < 1)).all()


def test_where_the_young_convert_more_the_queue_tells_them_apart():
    labelled = aged(3, 4000, 2.5)
    rows = np.arange(4000)
    found = newest_first(labelled, rows[:3000], rows[3000:])
    age = labelled.frame["age_days"].to_numpy()[3000:]
    truth = 1 / (1 + np.exp(1.0 + 2.5 * (age - 50) / 50))
    assert np.abs(found - truth).mean() < 0.05
