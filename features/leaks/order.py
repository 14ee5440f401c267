"""How well values order leads by their outcome: the area under the curve, over all and inside periods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from features.columns import Floats


def auc(y: Floats, score: Floats) -> float:
    """Area under the ROC curve by mid-ranks; NaN where one class is absent.

    >>> auc(np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.2, 0.9]))
    0.75
    """
    ranks, won = rankdata(score), float(y.sum())
    pairs = won * (len(y) - won)
    return (float(ranks @ y) - won * (won + 1) / 2) / pairs if pairs > 0 else float("nan")


def auc_within(y: Floats, score: Floats, period: NDArray[np.int64]) -> float:
    """The mean AUC inside each `period`, weighted by its won rows; NaN where no period has both classes.

    A team orders this week's leads; a pooled AUC also credits knowing which weeks were good.
    """
    total, weight = 0.0, 0.0
    for rows in rows_by_period(period):
        inside = auc(y[rows], score[rows])
        won = float(y[rows].sum())
        if not np.isnan(inside):
            total, weight = total + won * inside, weight + won
    return total / weight if weight else float("nan")


def rows_by_period(period: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """The row numbers of each period, periods in ascending order."""
    order = np.argsort(period, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(period[order])) + 1)
