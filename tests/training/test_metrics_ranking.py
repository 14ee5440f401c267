"""Ranking figures agree with scikit-learn, share ties fairly, and read weights as repeated rows."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from features.leaks.order import auc, auc_within
from training.figures.metrics import newest_in_period, within_periods
from training.figures.ranking import Ranking, at_capacity

rows = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 5)), min_size=2, max_size=40)


def both(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    y, score = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True))
    y[0], y[1] = 0.0, 1.0
    return y, score


@given(rows)
def test_auc_and_average_precision_are_those_of_scikit_learn_with_ties(pairs):
    y, score = both(pairs)
    found = Ranking(y, score).figures()
    assert found["auc"] == pytest.approx(roc_auc_score(y, score))
    assert found["average_precision"] == pytest.approx(average_precision_score(y, score))


@given(rows, st.data())
def test_a_weight_is_a_row_repeated(pairs, draw):
    y, score = both(pairs)
    weights = np.array(draw.draw(st.lists(st.integers(0, 3), min_size=len(y), max_size=len(y))), dtype=float)
    weights[:2] = np.maximum(weights[:2], 1)
    repeated = np.repeat(np.arange(len(y)), weights.astype(int))
    weighted = Ranking(y, score).figures(weights)
    assert weighted == pytest.approx(Ranking(y[repeated], score[repeated]).figures())


def test_lift_among_ties_is_the_mean_over_their_orders():
    y = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    score = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    found = Ranking(y, score).groups().won_above(2)
    tied = [y[[1, 2, 3]][list(order)][0] for order in permutations(range(3))]
    assert found == pytest.approx(1 + np.mean(tied))


def test_a_constant_score_has_no_lift_and_an_auc_of_one_half():
    y = np.r_[np.ones(10), np.zeros(90)]
    found = Ranking(y, np.zeros(100)).figures()
    assert found["auc"] == 0.5
    assert found["lift_10"] == pytest.approx(1.0)
    assert found["precision_5"] == pytest.approx(0.1)


def test_one_class_has_no_auc():
    assert np.isnan(auc(np.zeros(3), np.arange(3.0)))


def test_knowing_good_weeks_alone_is_worth_nothing_within_a_week():
    period = np.repeat([0, 1], 100)
    y = np.r_[np.tile([1.0, 0, 0, 0, 0], 20), np.tile([1.0, 1, 1, 1, 0], 20)]
    score = period.astype(float)
    assert auc(y, score) > 0.75
    assert auc_within(y, score, period) == 0.5


def test_capacity_takes_the_best_of_each_period():
    y = np.array([1.0, 0, 0, 0, 1, 1])
    score = np.array([0.9, 0.1, 0.2, 0.9, 0.8, 0.1])
    precision, recall = at_capacity(y, score, np.array([0, 0, 0, 1, 1, 1]), 2)
    assert precision == pytest.approx(2 / 4)
    assert recall == pytest.approx(2 / 3)


def test_a_lead_is_worked_once_in_a_period():
    period, leads = np.array([0, 0, 0, 1]), np.array(["a", "b", "a", "a"], dtype=object)
    assert newest_in_period(period, leads).tolist() == [1, 2, 3]
    found = within_periods(np.array([1.0, 0, 1, 0]), np.array([0.5, 0.2, 0.9, 0.1]), period, leads, 1)
    assert found["capacity_precision"] == pytest.approx(1 / 2)
