"""Reliability figures: what a perfect, a constant and an over-confident probability get."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from serving.calibration.maps import log_odds
from training.figures.metrics import figures
from training.figures.reliability import calibration_line, expected_calibration_error
from training.judging.ages import by_age


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    p = 1 / (1 + np.exp(-rng.normal(-2, 1, 40_000)))
    return (rng.random(40_000) < p).astype(np.float64), p


def test_losses_are_those_of_scikit_learn(sample):
    y, p = sample
    found = figures(y, p)
    assert found["log_loss"] == pytest.approx(log_loss(y, p))
    assert found["brier"] == pytest.approx(brier_score_loss(y, p))


def test_the_true_probability_is_ideal(sample):
    y, p = sample
    found = figures(y, p)
    assert found["slope"] == pytest.approx(1, abs=0.05)
    assert found["intercept"] == pytest.approx(0, abs=0.1)
    assert found["observed_expected"] == pytest.approx(1, abs=0.05)
    assert found["ece"] < 0.01


def test_over_confidence_has_a_slope_below_one(sample):
    y, p = sample
    slope, _ = calibration_line(y, 1 / (1 + np.exp(-2 * log_odds(p))))
    assert slope == pytest.approx(0.5, abs=0.03)


def test_a_constant_probability_has_the_error_of_its_mean_and_no_slope(sample):
    y, _ = sample
    constant = np.full(len(y), 0.3)
    assert expected_calibration_error(y, constant) == pytest.approx(abs(y.mean() - 0.3))
    assert figures(y, constant)["slope"] is None


def test_nothing_to_measure_is_none_and_not_nan():
    found = figures(np.zeros(5), np.full(5, 0.2))
    assert found["auc"] is None
    assert found["lift_10"] is None
    assert figures(np.zeros(0), np.zeros(0)) == {}


def test_every_age_has_its_row(sample):
    y, p = sample
    age = np.tile([0.0, 7.0], len(y) // 2)
    rows = by_age(y, p, age)
    assert [row.age_days for row in rows] == [0.0, 7.0]
    assert sum(row.n for row in rows) == len(y)
