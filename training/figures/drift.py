"""Did counts move more than chance and their own habit explain? Shares, rates, and many looks at once.

A measure such as the PSI is nothing without its null: of 35 rows a PSI of 0.25 is common where nothing
happened, of 100,000 rows it never is. Here every measure comes with the chance of one as large, at these
sizes, for a company whose periods differ among themselves as much as they did before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from features.columns import Floats

_FEWEST = 5.0
"""Rows that a bin holds by expectation, else it is put together with others (Cochran 1954)."""
_FEWEST_KINDS = 4
_DRAWS, _MANY = 20_000, 1e9
_NEAR = 0.02
_HABIT, _FEW = 0.05, 8
"""A dispersion that chance alone makes so rarely is the company's own, with its own uncertainty; of fewer
periods than these the test of it sees nothing, and every dispersion is taken so."""
_KNOWS_ITSELF = 6
"""Periods from which on a count has a say of how uneven it is. Looked at with bounds of 95 to 99.95 %: none
alarmed more often where nothing changed, and the narrowest sees most."""
_SHARES_DIFFER, COUNTS_DIFFER = 0.10, 0.15
"""Standard deviation, as a part of each share and of each count, that is granted to every company.

Of many rows every difference is beyond chance; from month to month a tenth more or less is no news.
"""
_ROBUST = 0.37
"""What a median of squares knows of a variance, against their mean (Hampel's MAD, squared: 37 %)."""
_TRIMMED = 0.2
_MIDDLE = 0.4549
"""The median of χ² with one degree of freedom."""


@dataclass(frozen=True)
class Shifted:
    """`psi` of the newest period against those before, what chance makes of it (`ordinary`, its mean), and
    `p`: the chance of one as large. `bins` are the places of the bins that were compared alone."""

    psi: float
    ordinary: float
    p: float
    bins: tuple[int, ...]


@dataclass(frozen=True)
class CountOdds:
    """The `count` of the newest period, the `expected` one, and the chances of one as low and as high."""

    count: float
    expected: float
    p_low: float
    p_high: float


def shift_of_shares(past: Floats, now: Floats, seed: int = 0) -> Shifted | None:
    """How far the shares of `now`, shape (n_bins,), are from those of `past`, shape (n_periods, n_bins).

    The statistic is χ² of the two samples; divided by the dispersion of the past periods (how much more they
    differ than draws from one urn: by the median period, so that a broken one hides no other; at least what
    is granted to every company) it is compared with F, and with draws from the urn of both (permutation);
    the larger p counts. The PSI is χ²·(1/n + 1/m) to first order. None where less than two bins hold 5 rows,
    or less than two periods are known.
    """
    past = past[past.sum(axis=1) > 0]
    n, m = float(now.sum()), float(past.sum())
    if len(past) < 2 or n <= 0 or m <= 0:
        return None
    alone = _alone(past.sum(axis=0) + now, min(n, m))
    merged = _merged(np.vstack([past, now]), alone)
    past, now = merged[:-1], merged[-1]
    if len(now) < 2:
        return None
    freedom = len(now) - 1
    urn = past.sum(axis=0)
    own, granted = _dispersion(past), 1 + n * _SHARES_DIFFER**2 * _odds(urn / m)
    dispersion = max(own, granted)
    found = _chi2(np.stack([urn, now]))
    # where the periods differ by less than is granted nothing was estimated: F is χ² then
    known = max(_ROBUST * freedom * (len(past) - 1), 1.0) if own > granted else _MANY
    p = float(stats.f.sf(found / dispersion / freedom, freedom, known))
    if p < _NEAR:
        p = max(p, _permuted(urn, now, found / dispersion, seed))
    ordinary = freedom * dispersion * (1 / n + 1 / m)
    return Shifted(_psi(urn, now), ordinary, p, tuple(int(at) for at in alone))


def count_against_rate(
    past: Sequence[float], exposures: Sequence[float], now: float, exposure: float, uneven: float = 0.0
) -> CountOdds | None:
    """A count against its own rate in the past periods; exposures are what a count is proportional to.

    The rate is that of the periods but for a fifth at each end, so that one which broke does not hide that
    the next one is broken too. Counts are Poisson, or where they were more uneven than that negative
    binomial with their dispersion φ; the rate is uncertain itself, so the variance of the newest
    count is φ·μ·(1 + e/Σe) and what is granted to every company, and where φ had to be estimated Student's t
    has a say too (of eight periods or more: where a χ² test finds them uneven). `uneven` is the relative
    variance that such counts have together (see `unevenness`); of six periods or more those of the count
    itself may lower it to their upper bound, so that bursty kinds do not hide a steady one. None without two
    periods.
    """
    counts, weights = np.asarray(past, dtype=np.float64), np.asarray(exposures, dtype=np.float64)
    counts, weights = counts[weights > 0], weights[weights > 0]
    if len(counts) < 2 or exposure <= 0:
        return None
    usual = _usual(counts / weights)
    rate = counts[usual].sum() / weights[usual].sum()
    if rate == 0:
        return CountOdds(now, 0.0, 1.0, 1.0)
    mean = float(rate * exposure)
    freedom = len(counts) - 1
    squares = (counts - rate * weights) ** 2 / (rate * weights)
    dispersion = max(1.0, float(np.median(squares)) / _MIDDLE / (1 - 1 / len(counts)))
    variance = dispersion * mean * (1 + exposure / float(weights.sum()))
    uneven = min(uneven, _at_most(counts, rate * weights))
    variance += max(COUNTS_DIFFER**2, uneven * (1 + exposure / float(weights.sum()))) * mean**2
    shape, chance = mean**2 / (variance - mean), mean / variance
    low = float(stats.nbinom.cdf(now, shape, chance))
    high = float(stats.nbinom.sf(now - 1, shape, chance))
    few = len(counts) < _FEW
    if dispersion > 1 and (few or _uneven(np.sort(squares)[: usual.sum()])):
        apart, known = float(np.sqrt(variance)), max(_ROBUST * freedom, 1.0)
        low = max(low, float(stats.t.cdf((now + 0.5 - mean) / apart, known)))
        high = max(high, float(stats.t.sf((now - 0.5 - mean) / apart, known)))
    return CountOdds(now, mean, low, high)


def unevenness(counts: Floats, exposures: Floats) -> float:
    """The relative variance from period to period beyond Poisson's: the median over kinds, shape (n_kinds,
    n_periods), of those that have five rows a period. 0 with fewer than four such kinds.

    Few periods of one kind tell its unevenness badly; those of twenty kinds tell it together.
    """
    many = counts[counts.mean(axis=1) >= _FEWEST] if counts.size else counts
    if len(many) < _FEWEST_KINDS or counts.shape[1] < 2 or not exposures.sum():
        return 0.0
    expected = many.sum(axis=1, keepdims=True) / exposures.sum() * exposures
    excess = ((many - expected) ** 2).sum(axis=1) / (many.shape[1] - 1) - expected.mean(axis=1)
    return max(float(np.median(excess / (expected**2).mean(axis=1))), 0.0)


def _at_most(counts: Floats, expected: Floats) -> float:
    """The upper 95 % bound of the relative variance of `counts` beyond Poisson's; none of few periods."""
    freedom = len(counts) - 1
    if freedom + 1 < _KNOWS_ITSELF:
        return float("inf")
    variance = float(((counts - expected) ** 2).sum()) / float(stats.chi2.ppf(0.05, freedom))
    return max((variance - float(expected.mean())) / float((expected**2).mean()), 0.0)


def _uneven(squares: Floats) -> bool:
    """Whether counts differ by more than Poisson ones do, from their squared distances in units of it."""
    return bool(stats.chi2.sf(float(squares.sum()), len(squares)) < _HABIT)


def _usual(rates: Floats) -> NDArray[np.bool_]:
    """All but the lowest and highest fifth."""
    usual = np.ones(len(rates), dtype=np.bool_)
    if cut := int(_TRIMMED * len(rates)):
        order = np.argsort(rates, kind="stable")
        usual[order[:cut]] = usual[order[-cut:]] = False
    return usual


def kept_apart(p: Sequence[float], level: float) -> list[bool]:
    """Which of many p-values count when all of them together may give a false alarm with chance `level`.

    Holm's step-down procedure (Holm 1979): it holds however the looks depend on each other.

    >>> kept_apart([0.001, 0.02, 0.5], 0.05)
    [True, True, False]
    >>> kept_apart([0.02, 0.03, 0.5], 0.05)
    [False, False, False]
    """
    kept = [False] * len(p)
    for place, at in enumerate(np.argsort(p, kind="stable")):
        if p[at] > level / (len(p) - place):
            break
        kept[at] = True
    return kept


def _alone(total: Floats, least: float) -> NDArray[np.intp]:
    """The bins that stand alone, largest first: those that hold 5 of the smaller sample by expectation."""
    expected = total * least / total.sum()
    order = np.argsort(-total, kind="stable")
    return np.asarray([at for at in order if expected[at] >= _FEWEST], dtype=np.intp)


def _merged(counts: Floats, alone: NDArray[np.intp]) -> Floats:
    """Columns: the bins alone, then all others together, where there are any."""
    rest = counts.sum(axis=1) - counts[:, alone].sum(axis=1)
    own = counts[:, alone]
    return np.column_stack([own, rest]) if rest.sum() > 0 else np.asarray(own)


def _chi2(counts: Floats) -> float:
    """Pearson's χ² of the homogeneity of the rows."""
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(expected > 0, (counts - expected) ** 2 / expected, 0.0)
    return float(parts.sum())


def _dispersion(past: Floats) -> float:
    """How much more the periods differ than draws from one urn, by the median period."""
    freedom = past.shape[1] - 1
    expected = past.sum(axis=1, keepdims=True) * past.sum(axis=0) / past.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(expected > 0, (past - expected) ** 2 / expected, 0.0).sum(axis=1)
    return float(np.median(each) / stats.chi2.median(freedom) / (1 - 1 / len(past)))


def _odds(shares: Floats) -> float:
    """The mean of p / (1 − p), by which a part of a share is worth more than chance does to it."""
    inside = shares[(shares > 0) & (shares < 1)]
    return float((inside / (1 - inside)).mean()) if len(inside) else 0.0


def _permuted(urn: Floats, now: Floats, found: float, seed: int) -> float:
    """The share of draws of as many rows from the urn of both samples whose χ² is as large."""
    both = (urn + now).astype(np.int64)
    rng = np.random.default_rng(seed)
    drawn = rng.multivariate_hypergeometric(both, int(now.sum()), size=_DRAWS).astype(np.float64)
    share, n = both / both.sum(), float(now.sum())
    # of two samples χ² is that of the drawn one, times what the other is larger
    factor = both.sum() / (both.sum() - n)
    chi2 = ((drawn - n * share) ** 2 / (n * share)).sum(axis=1) * factor
    return float((1 + (chi2 >= found * (1 - 1e-12)).sum()) / (1 + _DRAWS))


def _psi(urn: Floats, now: Floats) -> float:
    """Σ (q − p)·ln(q / p), half a row added to each bin."""
    p, q = ((part + 0.5) / (part + 0.5).sum() for part in (urn, now))
    return float(((q - p) * np.log(q / p)).sum())
