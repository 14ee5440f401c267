"""Maps: the identity unless a line surely helps; never falling; ranks survive."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.calibration.maps import MonotoneMap
from training.calibration.choice import choose
from training.calibration.fit import fit_monotone, fit_platt


def drawn(n: int, slope: float = 1.0, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Margins whose true log-odds are `slope` times as large."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(-1, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-slope * margin))).astype(np.float64)
    return margin, y, np.arange(n).astype(object)


def chosen_map(n: int, slope: float = 1.0) -> MonotoneMap:
    return choose(*drawn(n, slope), np.arange(n), seed=1).calibration


def test_calibrated_margins_are_left_alone():
    assert chosen_map(6000) == MonotoneMap.identity()


def test_over_confident_margins_are_drawn_in():
    chosen = chosen_map(6000, slope=0.5)
    assert chosen.log_odds[1] - chosen.log_odds[0] == pytest.approx(0.5, abs=0.05)


def test_few_conversions_cannot_justify_a_line():
    assert chosen_map(60, slope=0.2) == MonotoneMap.identity()


def test_a_wrong_way_margin_gets_a_flat_line():
    margin, y, _ = drawn(2000, slope=-1.0)
    assert fit_platt(margin, y).log_odds[0] == fit_platt(margin, y).log_odds[1]


@given(st.integers(0, 500), st.integers(0, 3))
def test_the_map_of_any_points_keeps_their_order(seed, spread):
    rng = np.random.default_rng(seed)
    margin = np.round(rng.normal(0, 10, 300), spread)
    y = (rng.random(300) < 0.4).astype(np.float64)
    p = fit_monotone(margin, y).of(margin)
    assert (np.diff(p[np.argsort(margin, kind="stable")]) >= 0).all()
    assert len(np.unique(p)) == len(np.unique(margin))


def test_points_become_the_rates_that_were_seen():
    margin = np.repeat([0.0, 10.0, 20.0], 1000)
    y = np.concatenate([np.r_[np.ones(n), np.zeros(1000 - n)] for n in (50, 100, 400)])
    p = fit_monotone(margin, y).of(np.array([0.0, 10.0, 20.0]))
    assert p == pytest.approx([0.05, 0.1, 0.4], abs=0.02)


def test_equal_margins_get_the_base_rate():
    y = np.r_[np.ones(30), np.zeros(70)]
    assert fit_monotone(np.full(100, 7.0), y).of(np.array([7.0]))[0] == pytest.approx(0.3, abs=0.01)
