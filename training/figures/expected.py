"""What figures are to be expected of leads whose outcome nobody knows yet, if their probabilities are right.

Confidence-based performance estimation (CBPE): https://arxiv.org/abs/2401.08348. It follows leads that are of
another mix than before. It cannot see that leads of the same look convert otherwise (concept drift): that
shows in outcomes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from features.columns import Floats
from training.figures.bootstrap import Interval
from training.figures.drift import COUNTS_DIFFER

_DRAWS, _EXACT = 400, 2_000


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
    ranks, best = stats.rankdata(probability), np.argsort(-probability, kind="stable")[:top]
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


def calibration_p(
    probability: Floats, won: Floats, cluster: NDArray[Any] | None = None, doubt: float = 0.0
) -> tuple[float, float]:
    """(expected customers, chance of a count as far off on its side): two-sided, for a fitted model.

    Arrays have shape (n_leads,); leads of one `cluster` (an account) share their fate, None: each its own.
    The variance is φ·Σp(1−p) + doubt·expected²: φ is the design effect of the clusters, `doubt` the relative
    variance of a level that was itself estimated (see `level_doubt`). Of the
    normal law, the negative binomial one (which is as skewed as few customers are) and, for 2,000 leads at
    most, the exact sum of Bernoullis, the larger chance counts.
    """
    expected, n = float(probability.sum()), len(probability)
    seen = float(won.sum())
    if not n or not expected:
        return expected, 1.0
    chance = float((probability * (1 - probability)).sum())
    variance = _design_effect(probability, won, cluster) * chance + doubt * expected**2
    spread = float(np.sqrt(variance))
    low = float(stats.norm.cdf((seen + 0.5 - expected) / spread))
    high = float(stats.norm.sf((seen - 0.5 - expected) / spread))
    if variance > expected:
        shape, at = expected**2 / (variance - expected), expected / variance
        low = max(low, float(stats.nbinom.cdf(seen, shape, at)))
        high = max(high, float(stats.nbinom.sf(seen - 1, shape, at)))
    if n <= _EXACT:
        mass = np.ones(1)
        for one in probability:
            mass = np.convolve(mass, [1 - one, one])
        low = max(low, float(mass[: int(seen) + 1].sum()))
        high = max(high, float(mass[int(seen) :].sum()))
    return expected, min(1.0, 2 * min(low, high))


def level_doubt(
    probability: Floats, won: Floats, cluster: NDArray[Any], month: NDArray[Any], learned: float = 0.0
) -> float:
    """The relative variance of the customers that a model expects of a new month, from what it learned on.

    Arrays have shape (n_leads,), of leads that it learned on; `learned` are its customers in all, where these
    are a part of them. A level that was learned from K customers is known to φ/K, φ the design
    effect of the clusters. Months differ by τ² beyond chance, of the expected customers at the level that
    came (method of moments): by the upper 95 % bound of it, as few months tell it badly, but where that is
    more than is granted to every company by no more than this, or than τ² itself.
    """
    customers = float(won.sum())
    if not customers or not probability.sum():
        return 1.0
    phi = _design_effect(probability, won, cluster)
    level = np.clip(probability * (customers / float(probability.sum())), 0.0, 1.0)
    at = pd.factorize(pd.Series(month))[0]
    expected = np.bincount(at, level)
    squares = float(((np.bincount(at, won) - expected) ** 2).sum())
    chance, size = phi * float((level * (1 - level)).sum()), float((expected**2).sum())
    freedom = len(expected) - 1
    own = (squares - chance) / size
    most = (squares * len(expected) / stats.chi2.ppf(0.05, freedom) - chance) / size if freedom else np.inf
    return phi / max(customers, learned) + max(own, min(float(most), COUNTS_DIFFER**2), 0.0)


def doubt_of_others(probability: Floats, won: Floats, cluster: NDArray[Any], learned: float) -> float:
    """The same where none of the leads that are known was learned from: what every company is granted.

    How their months differ is the question, so that it is no part of the answer; of them is φ alone.
    `learned` are the customers that the model learned from.
    """
    return _design_effect(probability, won, cluster) / max(learned, 1.0) + COUNTS_DIFFER**2


def _design_effect(probability: Floats, won: Floats, cluster: NDArray[Any] | None) -> float:
    """How much more the sums of clusters vary than those of leads that are each alone; at least 1.

    Residuals are those from the level that came, so that a level that is off is no sign of clusters.
    """
    if cluster is None or not probability.sum():
        return 1.0
    left = won - probability * (won.sum() / probability.sum())
    together = np.bincount(pd.factorize(pd.Series(cluster))[0], left)
    alone = float((left**2).sum())
    return max(1.0, float((together**2).sum()) / alone) if alone else 1.0
