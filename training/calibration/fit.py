"""Fits the monotone maps from margins to probabilities, on rows older than any that will judge them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from features.columns import Floats
from serving.calibration import MonotoneMap
from training.figures import Interval
from training.figures.isotonic import pooled
from training.figures.newton import fit_logistic

_WON_PER_KNOT = 25
_MOST_KNOTS = 12
_DRAWS = 400


def fit_platt(margin: Floats, y: Floats) -> MonotoneMap:
    """log-odds = slope × margin + intercept, slope ≥ 0, by maximum likelihood (Platt 1999, on log-odds)."""
    spread = float(margin.std())
    if spread < 1e-9:
        return MonotoneMap.platt(0.0, _rate_logit(y))
    centre = float(margin.mean())
    # one pseudo-observation of each kind in effect: separable rows must not give an infinite slope
    intercept, weights = fit_logistic(((margin - centre) / spread)[:, None], y, penalty=0.1)
    slope = float(weights[0]) / spread
    if slope <= 0:
        return MonotoneMap.platt(0.0, _rate_logit(y))
    return MonotoneMap.platt(slope, intercept - slope * centre)


def fit_monotone(margin: Floats, y: Floats) -> MonotoneMap:
    """Pooled rates of ordered groups as rising knots, for margins that are no log-odds (points, ages).

    One knot for each 25 won rows, at most 12; below three knots a line serves better. Where the rates do not
    rise a slight slope is kept, so that the map never merges leads that the margin tells apart.
    """
    knots = min(_MOST_KNOTS, int(y.sum()) // _WON_PER_KNOT, int((1 - y).sum()) // _WON_PER_KNOT)
    group = _groups(margin, knots)
    if group is None or group.max() < 2:
        return _sloped(fit_platt(margin, y), margin)
    rows = np.bincount(group).astype(np.float64)
    rate = (np.bincount(group, y) + float(y.mean())) / (rows + 1)
    centres = np.bincount(group, margin) / rows
    rising = pooled(rate, rows)
    tilt = 1e-3 * (centres - centres[0]) / max(float(margin.std()), 1e-9)
    return MonotoneMap(margins=tuple(centres.tolist()), log_odds=tuple((logit(rising) + tilt).tolist()))


def mean_interval(values: Floats, clusters: NDArray[np.object_], seed: int) -> Interval:
    """The bootstrap interval over clusters of the mean of `values`."""
    _, cluster = np.unique(clusters.astype(str), return_inverse=True)
    sums, rows = np.bincount(cluster, values), np.bincount(cluster)
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(sums), (_DRAWS, len(sums)))
    return Interval.of(sums[draws].sum(axis=1) / rows[draws].sum(axis=1))


def _groups(margin: Floats, knots: int) -> NDArray[np.intp] | None:
    """Group number of each row: `knots` groups of about equal size that keep equal margins together."""
    if knots < 3:
        return None
    edges = np.unique(np.quantile(margin, np.linspace(0, 1, knots + 1)[1:-1]))
    found = np.searchsorted(edges, margin, side="left")
    return np.unique(found, return_inverse=True)[1]


def _sloped(line: MonotoneMap, margin: Floats) -> MonotoneMap:
    """`line`, with a slight slope around the mean margin where it has none and margins differ."""
    slope, spread = line.log_odds[1] - line.log_odds[0], float(margin.std())
    if slope > 0 or spread < 1e-9:
        return line
    slight = 1e-3 / spread
    return MonotoneMap.platt(slight, line.log_odds[0] - slight * float(margin.mean()))


def _rate_logit(y: Floats) -> float:
    return float(logit((float(y.sum()) + 0.5) / (len(y) + 1)))
