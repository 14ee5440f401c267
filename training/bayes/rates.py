"""Counts become log-ratios that are believed as far as their evidence goes (empirical Bayes).

Every count is compared with what was expected of it: the base rate, or the parent's probabilities. The rate
of a block of bands (or of a level) has a Beta prior around that expectation, whose strength is averaged over
by its marginal likelihood: with few outcomes, or none that differ, the log-ratios stay near 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, softmax

from features.catalogue import Feature
from features.columns import Column, Floats
from serving.scorers import RateTable
from training.figures.number_range import fitted_range

MAX_BANDS = 16
"""Bands of a number before neighbours are averaged; more would cost time and show nothing finer."""
MAX_LEVELS = 300
"""Levels of a category that get a rate of their own, the most frequent first."""
STRENGTHS = np.geomspace(1.0, 1000.0, 8)
"""Prior strengths that compete, in outcomes of the rarer kind: rates differ by about 1/√strength of
themselves, from 100 % to 3 %, whatever the base rate; all are equally likely at first."""
SPLIT = 0.25
"""Prior probability that two neighbouring bands of a number have different rates."""


@dataclass(frozen=True)
class Counts:
    """Leads, won leads and expected wins by band or level; the last entry is missing.

    The unit is effective leads: rows of one lead are one observation, so counts need not be whole.
    """

    rows: Floats
    won: Floats
    expected: Floats

    def minus(self, other: Counts) -> Counts:
        """These counts without `other`, which are part of them."""
        return Counts(self.rows - other.rows, self.won - other.won, self.expected - other.expected)


def empty_table(feature: Feature, column: Column) -> RateTable:
    """Bands at the quantiles of `column`, or its frequent levels, with log-ratios of 0.

    A band ends at a value that occurs, so that 0 events and 1 event are two bands.
    """
    if feature.dtype == "number":
        known = np.asarray(column, dtype=np.float64)
        known = known[~np.isnan(known)]
        cuts = np.linspace(0, 1, MAX_BANDS + 1)[1:-1]
        known = known + 0.0  # −0 and 0 are one number, and have one text
        edges = np.unique(np.quantile(known, cuts, method="inverted_cdf")) if len(known) else known
        edges = edges[np.isfinite(edges) & (edges < known.max())] if len(known) else edges
        return RateTable(
            feature=feature.name,
            edges=tuple(edges.tolist()),
            log_ratios=(0.0,) * (len(edges) + 2),
            range=fitted_range(known),
        )
    levels, frequency = np.unique([x for x in column.tolist() if x is not None], return_counts=True)
    kept = sorted(levels[np.argsort(-frequency, kind="stable")][:MAX_LEVELS].tolist())
    return RateTable(feature=feature.name, levels=tuple(kept), log_ratios=(0.0,) * (len(kept) + 1))


def fitted(table: RateTable, counts: Counts) -> RateTable:
    """`table` with the log-ratios that `counts` support."""
    ratios = _banded(counts) if table.edges is not None else levelled(counts)
    return table.having(tuple(ratios.tolist()))


def levelled(counts: Counts) -> Floats:
    """Log-ratio of each level and of missing: the posterior mean over prior strengths, each by itself."""
    gains = _gain(counts.rows, counts.won, counts.expected).sum(axis=-1)
    ratios = _ratio(counts.rows, counts.won, counts.expected)
    return np.asarray(softmax(gains) @ ratios)


def _banded(counts: Counts) -> Floats:
    """Log-ratio of each band: the posterior mean over all ways to cut the bands into blocks of one rate.

    Forward and backward sums over the cuts make that exact (Hutter 2007, "Exact Bayesian regression of
    piecewise constant functions"). Missing is a block of its own.
    """
    n = len(counts.rows) - 1
    rows, won, expected = (_blocks(part[:-1]) for part in (counts.rows, counts.won, counts.expected))
    gains, ratios = _gain(rows, won, expected), _ratio(rows, won, expected)
    inside = np.log1p(-SPLIT) * np.maximum(np.arange(n + 1)[None, :] - np.arange(n + 1)[:, None] - 1, 0)
    gains = gains + inside + np.log(SPLIT) * (np.arange(n + 1) < n)
    before, after = _sums(gains)
    missing = _gain(counts.rows[-1:], counts.won[-1:], counts.expected[-1:])[:, 0]
    strength = softmax(before[:, n] + missing)
    post = before[:, :n, None] + gains[:, :n, 1:] + after[:, None, 1:] - before[:, n, None, None]
    post = np.exp(np.where(np.triu(np.ones((n, n), dtype=bool)), post, -np.inf))
    share = np.einsum("m,mij,mij->ij", strength, post, ratios[:, :n, 1:])
    # band k is in block [i, j) for i ≤ k < j: sum the blocks' shares over those i and j
    covered = np.cumsum(np.cumsum(share, axis=0)[:, ::-1], axis=1)[:, ::-1]
    alone = strength @ _ratio(counts.rows[-1:], counts.won[-1:], counts.expected[-1:])[:, 0]
    return np.asarray(np.r_[np.diag(covered), alone], dtype=np.float64)


def _sums(gains: Floats) -> tuple[Floats, Floats]:
    """Log-sums over all cuts of the bands before and after each border, shape `(n_strengths, n + 1)`."""
    n = gains.shape[1] - 1
    before, after = np.zeros((len(gains), n + 1)), np.zeros((len(gains), n + 1))
    for j in range(1, n + 1):
        before[:, j] = np.logaddexp.reduce(before[:, :j] + gains[:, :j, j], axis=1)
    for i in range(n - 1, -1, -1):
        after[:, i] = np.logaddexp.reduce(gains[:, i, i + 1 :] + after[:, i + 1 :], axis=1)
    return before, after


def _blocks(part: Floats) -> Floats:
    """Sums over bands [i, j) at `[i, j]`, shape `(n + 1, n + 1)`; 0 where j ≤ i."""
    total = np.r_[0.0, np.cumsum(part)]
    return np.asarray(np.maximum(total[None, :] - total[:, None], 0.0), dtype=np.float64)


def _gain(rows: Floats, won: Floats, expected: Floats) -> Floats:
    """Log Bayes factor of a free rate against the expected one, one more axis in front: `STRENGTHS`."""
    rate = _rate(rows, expected)
    a, b = _prior(rate, rows.ndim)
    lost = np.maximum(rows - won, 0.0)
    free = gammaln(won + a) - gammaln(a) + gammaln(lost + b) - gammaln(b)
    free = free - gammaln(rows + a + b) + gammaln(a + b)
    return np.asarray(free - won * np.log(rate) - lost * np.log1p(-rate))


def _ratio(rows: Floats, won: Floats, expected: Floats) -> Floats:
    """Log-odds of the shrunken rate minus those of the expected one; first axis: `STRENGTHS`."""
    rate = _rate(rows, expected)
    a, b = _prior(rate, rows.ndim)
    odds = np.log(won + a) - np.log(np.maximum(rows - won, 0.0) + b)
    return np.asarray(odds - np.log(rate) + np.log1p(-rate))


def _rate(rows: Floats, expected: Floats) -> Floats:
    """Expected rate, inside (0, 1); ½ where there are no rows, which then say nothing."""
    rate = np.divide(expected, rows, out=np.full_like(rows, 0.5), where=rows > 1e-9)
    return np.asarray(np.clip(rate, 1e-6, 1 - 1e-6), dtype=np.float64)


def _prior(rate: Floats, axes: int) -> tuple[Floats, Floats]:
    strength = STRENGTHS.reshape((-1,) + (1,) * axes) / np.minimum(rate, 1 - rate)
    return strength * rate, strength * (1 - rate)
