"""Penalised logistic regression by Newton's method: exact, deterministic, a few passes over the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MAX_STEPS = 60
_BLOCK = 20_000
"""Rows per block of the Hessian: bounds the copy of the weighted matrix."""


def fit_logistic(X: Floats, y: Floats, penalty: float, start: Floats | None = None) -> tuple[float, Floats]:
    """(intercept, weights) minimising `Σ log loss + penalty/2 · |weights|²`; the intercept is free.

    `X` has shape `(n_rows, n_columns)` and should be standardised, since one penalty serves all columns.
    scikit-learn's C is `1 / penalty`. `start` is a former solution, intercept first. With one class only the
    intercept is held at the odds of one extra row of the other class.
    """
    beta: Floats = np.zeros(X.shape[1] + 1) if start is None else start.copy()
    if start is None:
        rate = (float(y.sum()) + 0.5) / (len(y) + 1.0)
        beta[0] = np.log(rate / (1 - rate))
    if len(y) == 0 or y.min() == y.max():
        return float(beta[0]), np.zeros(X.shape[1])
    ridge: Floats = np.r_[0.0, np.full(X.shape[1], penalty)]
    loss = _loss(X, y, beta, ridge)
    for _ in range(_MAX_STEPS):
        gradient, hessian = _slopes(X, y, beta, ridge)
        step = np.asarray(np.linalg.solve(hessian, gradient), dtype=np.float64)
        beta, loss, gained = _descend(X, y, beta, step, ridge, loss)
        if gained < 1e-9 * (1 + abs(loss)):
            break
    return float(beta[0]), beta[1:]


def _descend(
    X: Floats, y: Floats, beta: Floats, step: Floats, ridge: Floats, loss: float
) -> tuple[Floats, float, float]:
    """The Newton step, halved until the loss falls: (new beta, new loss, gain)."""
    for halving in range(30):
        trial = beta - step / 2**halving
        reached = _loss(X, y, trial, ridge)
        if reached <= loss:
            return trial, reached, loss - reached
    return beta, loss, 0.0


def _loss(X: Floats, y: Floats, beta: Floats, ridge: Floats) -> float:
    """The penalised sum of log losses."""
    margin = X @ beta[1:] + beta[0]
    return float(np.logaddexp(0.0, margin).sum() - y @ margin + 0.5 * (ridge @ beta**2))


def _slopes(X: Floats, y: Floats, beta: Floats, ridge: Floats) -> tuple[Floats, Floats]:
    """Gradient and Hessian; the Hessian is summed block by block, and kept invertible."""
    p = 1.0 / (1.0 + np.exp(-np.clip(X @ beta[1:] + beta[0], -500, 500)))
    error, curve = p - y, p * (1 - p)
    gradient = np.r_[error.sum(), X.T @ error] + ridge * beta
    hessian = np.diag(ridge + 1e-10)
    hessian[0, 0] += curve.sum()
    for start in range(0, len(y), _BLOCK):
        rows = slice(start, start + _BLOCK)
        weighted = X[rows] * curve[rows, None]
        hessian[1:, 1:] += X[rows].T @ weighted
        hessian[0, 1:] += weighted.sum(axis=0)
    hessian[1:, 0] = hessian[0, 1:]
    return gradient, hessian
