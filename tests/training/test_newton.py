"""Our logistic regression reaches the solution of scikit-learn's, separable rows included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from features.catalogue.fields import FieldValue
from features.columns import Columns
from training.figures.newton import fit_logistic
from training.fitting.encode import PLAINLY
from training.fitting.logistic import fit_linear
from training.fitting.logistic_path import PENALTIES, Path
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled


@pytest.mark.parametrize("penalty", [0.3, 1.0, 100.0])
def test_the_minimum_is_that_of_scikit_learn(penalty):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(45_000, 6))
    X[:, 0] = np.exp(X[:, 0])
    y = (rng.random(len(X)) < 1 / (1 + np.exp(-(X[:, 0] - X[:, 1] - 3)))).astype(np.float64)
    intercept, weights = fit_logistic(X, y, penalty)
    oracle = LogisticRegression(C=1 / penalty, solver="newton-cholesky", tol=1e-10).fit(X, y)
    assert weights == pytest.approx(oracle.coef_[0], abs=1e-5)
    assert intercept == pytest.approx(oracle.intercept_[0], abs=1e-5)


def test_a_former_solution_is_only_a_start():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(500, 3)), (rng.random(500) < 0.3).astype(np.float64)
    cold = fit_logistic(X, y, 1.0)
    warm = fit_logistic(X, y, 1.0, start=np.array([5.0, -3.0, 2.0, 4.0]))
    assert warm[0] == pytest.approx(cold[0], abs=1e-6)
    assert warm[1] == pytest.approx(cold[1], abs=1e-6)


def test_separable_rows_have_finite_weights():
    X, y = np.linspace(-1, 1, 40)[:, None], np.r_[np.zeros(20), np.ones(20)]
    intercept, weights = fit_logistic(X, y, 0.3)
    assert np.isfinite([intercept, *weights]).all()


def test_one_class_gives_a_constant():
    intercept, weights = fit_logistic(np.ones((9, 2)), np.zeros(9), 1.0)
    assert weights.tolist() == [0, 0]
    assert intercept == pytest.approx(np.log(0.5 / 9.5))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_path_ends_at_each_penalty_s_own_solution_also_where_columns_are_nearly_alike(seed):
    """Numbers of the day walk together: the losses hardly tell their weights apart, newer rows do."""
    rng = np.random.default_rng(seed)
    walk = rng.normal(size=(4000, 1)).cumsum(axis=0) / 20
    X = np.hstack([walk + 0.05 * rng.normal(size=(4000, 4)).cumsum(axis=0), rng.normal(size=(4000, 3))])
    y = (rng.random(4000) < 1 / (1 + np.exp(3 - X[:, 4]))).astype(np.float64)
    columns = Columns({f"n{at}": column for at, column in enumerate(X.T)}, 4000)
    features, at = tuple(FieldValue(name) for name in columns), np.arange(4000)
    frame = pd.DataFrame({"order": at, "label": y, "lead_id": at.astype(str), "account_id": None})
    read = Excerpt(Labelled(frame, columns), features, at)
    older, newer = read.on(at[:3000]), read.on(at[3000:])
    path = Path.of(older, newer, 5, PLAINLY, calendars=tuple(columns))
    for penalty in PENALTIES:
        step = path.step(penalty)
        exact = fit_linear(features, older.columns, older.y, penalty, 5, calendars=tuple(columns))
        assert step.newer == pytest.approx(exact.margin(newer.columns), abs=0.0015), penalty
