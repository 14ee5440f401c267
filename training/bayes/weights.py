"""How far each rate table is believed beside the others, so that correlated fields are not counted twice.

Naive Bayes adds all log-ratios with weight 1. Here each has a weight in [0, 1] with a Gaussian prior around a
common temper; which temper and how firmly it holds is settled by forward log loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from features.columns import Floats
from training.figures.newton import KEEP, Curvature

Rows = NDArray[np.intp]

TEMPERS = (0.0, 0.25, 0.5, 1.0)
"""Common weights that compete: 0 is the base rate alone, 1 is naive Bayes."""
PRECISIONS = (0.3, 3.0, 30.0, 1e4)
"""How firmly weights hold to the temper, as prior precision in units of effective leads; the last is a
single common weight."""
SETTINGS = tuple((temper, precision) for precision in PRECISIONS for temper in TEMPERS)
FOLDS = (0.4, 0.6, 0.8)
"""Shares of the conversions that the older of two `halves` holds."""
_NO_SHARE = 1e-3
"""Settings with less than this posterior share are left out of the mean."""
_LEVEL = 1.0
"""Prior precision of the level, in log-odds around the expected one: odds within e² of it."""


@dataclass(frozen=True)
class Fold:
    """Row numbers: fit on `older`, judge on `newer`; no cluster is on both sides."""

    older: Rows
    newer: Rows


def halves(y: Floats, clusters: NDArray[np.intp], order: NDArray[np.int64]) -> Iterator[Fold]:
    """Older and newer half at each of the cuts where `FOLDS` of the conversions have been seen; a newer half
    ends at the next cut. Empty ones are left out."""
    rows = np.argsort(order, kind="stable")
    won = np.cumsum(y[rows])
    if len(rows) == 0 or won[-1] < 2:
        return
    cuts = [int(np.searchsorted(won, share * won[-1])) + 1 for share in FOLDS]
    for start, end in zip(cuts, [*cuts[1:], len(rows)], strict=True):
        older, newer = rows[:start], rows[start:end]
        newer = newer[~np.isin(clusters[newer], clusters[older])]
        if len(newer):
            yield Fold(older, newer)


def settle(
    prepare: Callable[[Fold], tuple[Floats, Floats]],
    folds: Sequence[Fold],
    y: Floats,
    offset: Floats,
    scale: float,
) -> Floats:
    """Posterior share of each of `SETTINGS`, shape `(n_settings,)`, by log loss on the folds' newer rows.

    `prepare` makes the log-ratios of a fold's older and newer rows from tables of its older rows. The level
    is fitted again on the newer rows: a base rate that moved is no evidence about weights. Without folds
    all settings count alike. `scale` is effective leads per row.
    """
    loss = np.zeros(len(SETTINGS))
    for fold in folds:
        old, new = prepare(fold)
        y_new, offset_new = y[fold.newer], offset[fold.newer]
        for i, (bias, weights) in enumerate(solutions(old, y[fold.older], offset[fold.older], scale)):
            margin = offset_new + bias + new @ weights
            loss[i] += _loss(margin + level(margin, y_new, scale), y_new)
    return np.asarray(softmax(-loss * scale))


def solutions(X: Floats, y: Floats, offset: Floats, scale: float) -> Iterator[tuple[float, Floats]]:
    """(bias, weights) of each of `SETTINGS`."""
    start: Floats | None = None
    near = Curvature()
    for temper, precision in SETTINGS:
        asked = {"temper": temper, "precision": precision, "scale": scale}
        start = bounded_ridge(X, y, offset, **asked, start=start, near=near)
        yield float(start[0]), start[1:]


def averaged(X: Floats, y: Floats, offset: Floats, scale: float, shares: Floats) -> tuple[float, Floats]:
    """(bias, weights): the mean of the settings' solutions, so that no noisy choice decides alone.

    The margin is linear in both, so this is the mean of the margins.
    """
    mean = np.zeros(X.shape[1] + 1)
    start: Floats | None = None
    near = Curvature()
    for share, (temper, precision) in zip(shares.tolist(), SETTINGS, strict=True):
        if share > _NO_SHARE:
            asked = {"temper": temper, "precision": precision, "scale": scale}
            start = bounded_ridge(X, y, offset, **asked, start=start, near=near)
            mean += share * start
    mean /= shares[shares > _NO_SHARE].sum()
    return float(mean[0]), mean[1:]


def level(margin: Floats, y: Floats, scale: float) -> float:
    """The shift of `margin` that fits the rate of `y`, held near 0 by one prior observation."""
    found = bounded_ridge(np.empty((len(y), 0)), y, margin, temper=0.0, precision=1.0, scale=scale)
    return float(found[0])


def bounded_ridge(
    X: Floats,
    y: Floats,
    offset: Floats,
    *,
    temper: float,
    precision: float,
    scale: float,
    start: Floats | None = None,
    near: Curvature | None = None,
) -> Floats:
    """Bias, then weights in [0, 1], minimising scale·Σ log loss + ½·precision·Σ (weight − temper)² + ½·bias².

    Projected Newton steps (Bertsekas 1982) on `offset + bias + X·weights`, from `start` if a solution nearby
    is known, and first by its curvature, `near`; `X` has shape `(n_rows, n_tables)`.
    """
    near = near or Curvature()
    pull = np.r_[_LEVEL, np.full(X.shape[1], precision)]
    target = np.r_[0.0, np.full(X.shape[1], temper)]
    low, high = np.r_[-np.inf, np.zeros(X.shape[1])], np.r_[np.inf, np.ones(X.shape[1])]
    A = np.column_stack([np.ones(len(y)), X])
    beta = target if start is None else start

    def objective(at: Floats) -> float:
        return scale * _loss(offset + A @ at, y) + 0.5 * float(pull @ (at - target) ** 2)

    reached = objective(beta)
    for number in range(50):
        p = expit(offset + A @ beta)
        if near.found is None or (number and number % KEEP == 0):
            bent = A * np.sqrt(scale * p * (1 - p))[:, None]
            near.found = np.asarray(bent.T @ bent, dtype=np.float64)
        slope = scale * (A.T @ (p - y)) + pull * (beta - target)
        free = ~(((beta <= low) & (slope > 0)) | ((beta >= high) & (slope < 0)))
        curve = near.found[np.ix_(free, free)] + np.diag(pull[free])
        step = np.zeros(len(beta))
        step[free] = np.linalg.solve(curve, slope[free])
        before = reached
        for halving in range(20):
            trial = np.clip(beta - step / 2**halving, low, high)
            value = objective(trial)
            if value < reached:
                beta, reached = trial, value
                break
        if before - reached < 1e-7 * (1 + abs(reached)):
            break
    return beta


def _loss(margin: Floats, y: Floats) -> float:
    """Sum of log losses."""
    return float(np.logaddexp(0.0, margin).sum() - y @ margin)
