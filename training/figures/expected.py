"""What figures are to be expected of leads whose outcome nobody knows yet, if their probabilities are right.

Confidence-based performance estimation (CBPE): https://arxiv.org/abs/2401.08348. It follows leads that are of
another mix than before. It cannot see that leads of the same look convert otherwise (concept drift): that
shows in outcomes alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from features.columns import Floats
from training.figures.bootstrap import Interval

_DRAWS = 400


@dataclass(frozen=True)
class ExpectedFigures:
    """Of `n` leads: customers, AUC and share of customers among the best `top`, each with its interval.

    Intervals are chance alone: the outcomes of leads whose probabilities are right.
    """

    n: int
    customers: float
    customers_interval: Interval
    auc: float
    auc_interval: Interval
    top: int
    precision: float
    precision_interval: Interval


def expected_figures(probability: Floats, top: int, seed: int = 0) -> ExpectedFigures | None:
    """From calibrated probabilities, shape (n_leads,); None where there is none. `top` is a capacity."""
    n = len(probability)
    if not n:
        return None
    top = max(1, min(top, n))
    rng = np.random.default_rng(seed)
    ranks, best = rankdata(probability), np.argsort(-probability, kind="stable")[:top]
    won, auc, precise = (np.empty(_DRAWS) for _ in range(3))
    for draw in range(_DRAWS):
        y = (rng.random(n) < probability).astype(np.float64)
        won[draw], precise[draw] = y.sum(), y[best].mean()
        one, other = y.sum(), n - y.sum()
        above = float(ranks @ y) - one * (one + 1) / 2  # Mann and Whitney's count of pairs in the right order
        auc[draw] = above / (one * other) if one and other else np.nan
    middle = float(np.nanmean(auc)) if not np.isnan(auc).all() else float("nan")
    return ExpectedFigures(
        n, float(probability.sum()), Interval.of(won), middle, Interval.of(auc),
        top, float(probability[best].mean()), Interval.of(precise),
    )  # fmt: skip


def calibration_p(probability: Floats, won: Floats) -> tuple[float, float]:
    """(expected customers, chance of a count as far off on its side): two-sided, by the sum of Bernoullis.

    Both arrays have shape (n_leads,). The sum is taken as Poisson-binomial by its first two moments where it
    is large, exactly where it is small.
    """
    from scipy import stats

    expected, n = float(probability.sum()), len(probability)
    seen = float(won.sum())
    if not n:
        return 0.0, 1.0
    mass = np.ones(1)
    if n <= 2_000:
        for one in probability:
            mass = np.convolve(mass, [1 - one, one])
        low, high = float(mass[: int(seen) + 1].sum()), float(mass[int(seen) :].sum())
    else:
        spread = float(np.sqrt((probability * (1 - probability)).sum()))
        low = float(stats.norm.cdf((seen + 0.5 - expected) / spread))
        high = float(stats.norm.sf((seen - 0.5 - expected) / spread))
    return expected, min(1.0, 2 * min(low, high))
