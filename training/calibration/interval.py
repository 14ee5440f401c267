"""How wide the rate behind a margin could be: wide where few outcomes like it were seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from features.columns import Floats
from serving.calibration import MonotoneMap
from training.calibration.calibrators import monotone
from training.figures import effective_share

LEVEL = 0.8
"""Share of cases that should lie inside: four in five is what a person hears in "between"."""
_PRIOR = (2.0, 1.0)
"""Standard deviations of level and slope around `point` before a row was seen: odds within e² of it, and a
slope between none and double."""
_KNOTS = 13
_BEYOND = 3.0
"""Margins on either side of those seen to which the widening is worked out; from there on it is straight."""


def interval_maps(
    margin: Floats,
    y: Floats,
    clusters: NDArray[np.object_],
    point: MonotoneMap,
    level: float = LEVEL,
) -> tuple[MonotoneMap, MonotoneMap]:
    """(lower, upper) maps around `point`, from the out-of-fold margins and outcomes that it was fitted on.

    How far level and slope of the map could be from these outcomes' (the curvature of a logistic
    recalibration at `point`, Cox 1958, with a wide prior): the ends are that many standard deviations of its
    log-odds away, so they are nearest to `point` where most outcomes are, and part beyond the margins seen.
    Rows of one cluster count only as far as they differ. Lower ≤ `point` ≤ upper everywhere.
    """
    cluster = np.unique(clusters.astype(str), return_inverse=True)[1]
    seen = point.logits(margin)
    rate = expit(seen)
    weight = effective_share(y, cluster) * rate * (1 - rate)
    centre = float(weight @ seen / weight.sum())
    bend = np.stack([np.ones(len(seen)), seen - centre], axis=1)
    spread = np.linalg.inv(bend.T @ (bend * weight[:, None]) + np.diag(np.array(_PRIOR) ** -2.0))

    inner = np.r_[np.quantile(margin, np.linspace(0, 1, _KNOTS)), np.array(point.margins)]
    ends = np.array([inner.min() - _BEYOND, inner.max() + _BEYOND])
    knots = np.unique(np.round(np.r_[inner, ends], 9)).astype(np.float64)
    middle = point.logits(knots)
    at = np.stack([np.ones(len(knots)), middle - centre], axis=1)
    side = float(norm.ppf((1 + level) / 2)) * np.sqrt(((at @ spread) * at).sum(axis=1))
    # rates rise with the margin: a lower limit holds for all better leads, an upper one for all worse ones
    lower = np.minimum(np.maximum.accumulate(middle - side), middle)
    upper = np.maximum(np.minimum.accumulate((middle + side)[::-1])[::-1], middle)
    return monotone(knots, lower), monotone(knots, upper)
