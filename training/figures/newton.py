"""Penalised logistic regression by Newton's method: deterministic, a few passes over the rows.

By hand, for row weights and for paths in float32 that start at the solution before: at equal exactness
scikit-learn's newton-cholesky takes five times as long (200,000 rows × 150), and its lbfgs, twice as fast, is
right to 2e-4 only. It is the oracle of the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from features.columns import Floats

_MAX_STEPS = 100
_CURVE_ROWS = 20_000
"""At most about this many rows, evenly taken, make the Hessian; loss and gradient always read all rows, so
the solution is the same and only the number of steps differs (sub-sampled Newton, Erdogdu 2015)."""
KEEP = 4
"""Steps that one Hessian serves: a step with a slightly old curvature is far cheaper than a new one."""


@dataclass
class Curvature:
    """The Hessian of the losses at a solution near by, without its ridge: it serves the next penalty too."""

    found: Floats | None = None


def fit_logistic(
    X: Floats,
    y: Floats,
    penalty: float,
    start: Floats | None = None,
    tolerance: float = 1e-10,
    importance: Floats | None = None,
    curvature: Curvature | None = None,
) -> tuple[float, Floats]:
    """(intercept, weights) minimising `Σ log loss + penalty/2 · |weights|²`; the intercept is free.

    With `importance`, shape `(n_rows,)`, each row's log loss counts that often.

    `X` has shape `(n_rows, n_columns)` and should be standardised, since one penalty serves all columns; in
    float32 it is read at half the cost, which is precise enough to choose by.
    scikit-learn's C is `1 / penalty`. `start` is a former solution, intercept first. It ends when a step
    gains less than `tolerance` of the loss; with the `curvature` of a former one, that step may be by it.
    With one class only, the intercept is that of half a row more of each kind.
    """
    beta = _begin(X, y) if start is None else start.copy()
    if len(y) == 0 or y.min() == y.max():
        return float(beta[0]), np.zeros(X.shape[1])
    ridge: Floats = np.r_[0.0, np.full(X.shape[1], penalty)]
    margin = times(X, beta)
    loss = _loss(y, margin, beta, ridge, importance)
    near = curvature or Curvature()
    factor: Any = None if near.found is None else _factorised(near.found, ridge)
    for step in range(_MAX_STEPS):
        fresh = factor is None or (step > 0 and step % KEEP == 0)
        if fresh:
            near.found = _curvature(X, margin, importance)
            factor = _factorised(near.found, ridge)
        error = expit(margin) - y if importance is None else (expit(margin) - y) * importance
        gradient = np.r_[error.sum(), X.T @ error.astype(X.dtype)] + ridge * beta
        direction = np.asarray(cho_solve(factor, gradient), dtype=np.float64)
        beta, margin, reached = _descend(X, y, (beta, margin), direction, ridge, loss, importance)
        gained, loss = loss - reached, reached
        if gained < tolerance * (1 + abs(loss)):
            if fresh or curvature is not None:
                break
            factor = None
    return float(beta[0]), beta[1:]


def log_marginal(X: Floats, y: Floats, penalty: float, solution: Floats, scale: float = 1.0) -> float:
    """How likely `y` is, all weights counted: the logarithm, but for a constant that these rows always have.

    It is the likelihood averaged over weights drawn from the normal prior that `penalty` stands for, by
    Laplace's approximation at the `solution`, (intercept, weights) of `fit_logistic` (MacKay 1992). A weak
    penalty fits better, but by few of the weights that it allows. A row counts as `scale` independent ones.
    """
    ridge: Floats = np.r_[0.0, np.full(X.shape[1], penalty)]
    margin = times(X, solution)
    curve = _curvature(X, margin, None)
    curve[np.diag_indices_from(curve)] += ridge + 1e-8
    room = X.shape[1] * np.log(penalty) - np.linalg.slogdet(curve)[1]
    return float(room / 2 - scale * _loss(y, margin, solution, ridge, None))


def _begin(X: Floats, y: Floats) -> Floats:
    """No weights, and the intercept of the base rate."""
    rate = (float(y.sum()) + 0.5) / (len(y) + 1.0)
    return np.asarray(np.r_[np.log(rate / (1 - rate)), np.zeros(X.shape[1])], dtype=np.float64)


def _descend(
    X: Floats,
    y: Floats,
    at: tuple[Floats, Floats],
    direction: Floats,
    ridge: Floats,
    loss: float,
    importance: Floats | None,
) -> tuple[Floats, Floats, float]:
    """The step, halved until the loss falls: new (beta, margins, loss), the old ones where it cannot."""
    beta, margin = at
    moved = times(X, direction)
    for halving in range(30):
        length = 0.5**halving
        trial, there = beta - length * direction, margin - length * moved
        reached = _loss(y, there, trial, ridge, importance)
        if reached <= loss:
            return trial, there, reached
    return beta, margin, loss


def times(X: Floats, beta: Floats) -> Floats:
    """Margins of `beta`, intercept first."""
    return np.asarray(X @ beta[1:].astype(X.dtype) + beta[0], dtype=np.float64)


def _loss(y: Floats, margin: Floats, beta: Floats, ridge: Floats, importance: Floats | None) -> float:
    """The penalised sum of log losses."""
    losses = np.logaddexp(0.0, margin)
    total = losses.sum() if importance is None else importance @ losses
    hits = y if importance is None else importance * y
    return float(total - hits @ margin + 0.5 * (ridge @ beta**2))


def _curvature(X: Floats, margin: Floats, importance: Floats | None) -> Floats:
    """The Hessian of the losses of some rows, scaled to all of them."""
    every = max(1, len(X) // _CURVE_ROWS)
    p = expit(margin[::every])
    spread = p * (1 - p) if importance is None else p * (1 - p) * importance[::every]
    root = np.sqrt(every * spread)
    rows = np.empty((len(root), X.shape[1] + 1), dtype=X.dtype)
    rows[:, 0] = root
    np.multiply(X[::every], root[:, None], out=rows[:, 1:], casting="same_kind")
    return np.asarray(rows.T @ rows, dtype=np.float64)


def _factorised(curvature: Floats, ridge: Floats) -> Any:
    """The Hessian with its ridge, factorised."""
    hessian = curvature.copy()
    hessian[np.diag_indices_from(hessian)] += ridge + 1e-8
    return cho_factor(hessian)
