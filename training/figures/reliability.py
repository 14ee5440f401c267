"""How far a probability can be believed: figures that depend on its value, not only on the order."""

from __future__ import annotations

import numpy as np

from features.columns import Floats
from serving.calibration import log_odds
from training.figures.newton import fit_logistic

ECE_BINS = 10
NEAREST = 1e-15
"""Foreign probabilities nearer to 0 or 1 count as that near: certainties would have infinite log-odds."""


def log_losses(y: Floats, p: Floats) -> Floats:
    """−log of the probability given to what happened, per row, shape `(n_rows,)`.

    Probabilities are strictly inside (0, 1) by the scorers' contract; `NEAREST` only guards foreign ones.
    """
    inside = np.clip(p, NEAREST, 1 - NEAREST)
    return np.asarray(-(y * np.log(inside) + (1 - y) * np.log1p(-inside)))


def log_losses_of_margins(y: Floats, margin: Floats) -> Floats:
    """As `log_losses`, of log-odds; exact however far they are from 0."""
    return np.asarray(np.logaddexp(0.0, margin) - y * margin, dtype=np.float64)


def squared_errors(y: Floats, p: Floats) -> Floats:
    """(p − y)² per row; their mean is the Brier score."""
    return np.asarray((p - y) ** 2)


def expected_calibration_error(y: Floats, p: Floats, bins: int = ECE_BINS) -> float:
    """Mean |rate − mean probability| over `bins` bins of equal mass, ordered by probability.

    Rows of equal probability are exchangeable, so each carries the mean outcome of its tie: a constant
    probability has the error of one bin, not the noise of ten.
    """
    _, tie = np.unique(p, return_inverse=True)
    shared = (np.bincount(tie, y) / np.bincount(tie))[tie]
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(float(shared[part].mean() - p[part].mean())) for part in parts]
    return sum(gaps) / len(p)


def calibration_line(y: Floats, p: Floats) -> tuple[float, float]:
    """(slope, intercept) of the logistic regression of `y` on the log-odds of `p`.

    1 and 0 are ideal; a slope below 1 is over-confident. NaN for a constant probability or one class.
    """
    x = log_odds(p, NEAREST)
    if len(y) == 0 or np.ptp(x) < 1e-9 or y.min() == y.max():
        return float("nan"), float("nan")
    centre, scale = float(x.mean()), float(x.std())
    intercept, weights = fit_logistic(((x - centre) / scale)[:, None], y, penalty=1e-9)
    slope = float(weights[0]) / scale
    return slope, intercept - slope * centre


def observed_expected(y: Floats, p: Floats) -> float:
    """Conversions that happened over those that the probabilities promised."""
    return float(y.sum() / p.sum()) if len(p) else float("nan")
