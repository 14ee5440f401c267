"""How wide the rate behind a margin could be: wide where few outcomes like it were seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta as beta_distribution

from serving.maps import MonotoneMap, log_odds
from training.bayes_fit import effective_share
from training.calibrators import monotone
from training.isotonic import Groups, grouped

Floats = NDArray[np.float64]

LEVEL = 0.8
"""Share of leads whose true rate should lie inside: four in five is what a person hears in "between"."""


def interval_maps(
    margin: Floats,
    y: Floats,
    clusters: NDArray[np.object_],
    point: MonotoneMap,
    level: float = LEVEL,
) -> tuple[MonotoneMap, MonotoneMap]:
    """(lower, upper) maps around `point`, from the out-of-fold margins and outcomes that it was fitted on.

    At a margin, the lead itself is added once as lost and once as won (the Venn-Abers pair of Vovk, Petej and
    Fedorova 2015). The isotonic block that it then belongs to has some effective rows; the lower end is the
    lower Jeffreys limit of the rate in the first, the upper end the upper limit in the second. So the
    interval holds the pair, and widens with the noise of the block. Rows of one cluster count only as far as
    they differ. Lower ≤ `point` ≤ upper everywhere; beyond the margins seen, the interval opens.
    """
    cluster = np.unique(clusters.astype(str), return_inverse=True)[1]
    groups = grouped(margin, y, effective_share(y, cluster))
    knots = np.unique(np.round(np.r_[groups.knots(), np.array(point.margins)], 9)).astype(np.float64)
    tail = (1 - level) / 2
    lower = log_odds(np.array([_limit(groups, x, 0.0, tail) for x in knots.tolist()]))
    upper = log_odds(np.array([_limit(groups, x, 1.0, 1 - tail) for x in knots.tolist()]))
    # rates rise with the margin: a lower limit holds for all better leads, an upper one for all worse ones
    middle = point.logits(knots)
    lower = np.minimum(np.maximum.accumulate(lower), middle)
    upper = np.maximum(np.minimum.accumulate(upper[::-1])[::-1], middle)
    ends = np.array([knots[0] - 1, knots[-1] + 1], dtype=np.float64)
    left, right = (point.logits(ends) - middle[[0, -1]]).tolist()
    margins = np.r_[ends[0], knots, ends[1]]
    return (
        monotone(margins, np.r_[lower[0] + left, lower, lower[-1]]),
        monotone(margins, np.r_[upper[0], upper, upper[-1] + right]),
    )


def _limit(groups: Groups, margin: float, won: float, quantile: float) -> float:
    """The Jeffreys limit of the rate of the block at `margin` when a lead there is added."""
    rate, rows = groups.with_row(margin, won, 1.0).rate_at(margin)
    return float(beta_distribution.ppf(quantile, rate * rows + 0.5, (1 - rate) * rows + 0.5))
