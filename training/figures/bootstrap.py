"""Paired cluster bootstrap: how far a difference between two scorers could be luck.

By hand, because scipy.stats.bootstrap draws rows and not clusters, for one figure at a time: here all scorers
and all figures see the same draws, in one pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.columns import Floats
from serving.calibration import log_odds
from training.figures.ranking import Ranking
from training.figures.reliability import NEAREST, log_losses, squared_errors

LEVEL = 0.95
_BINS = 200
"""Bins of log-odds in which slopes are refitted per draw: binning moves the slope by 0.001 to 0.006."""


@dataclass(frozen=True)
class Interval:
    """A central interval that holds a share of the draws, `LEVEL` unless told."""

    low: float
    high: float

    @classmethod
    def of(cls, draws: Floats, level: float = LEVEL) -> Interval:
        """The interval of `draws`, shape `(n_draws,)`; NaN draws (a class was absent) are left out."""
        known = draws[~np.isnan(draws)]
        if len(known) == 0:
            return cls(float("nan"), float("nan"))
        tail = (1 - level) / 2
        low, high = np.quantile(known, [tail, 1 - tail])
        return cls(float(low), float(high))

    def excludes(self, value: float) -> bool:
        """Whether `value` lies outside; an unknown interval excludes nothing."""
        return bool(value < self.low or value > self.high)


class Bootstrap:
    """The same draws of clusters for every scorer, so that differences are paired.

    `clusters` has shape `(n_rows,)`: the account of each row, or its lead where there are no accounts. A draw
    takes as many clusters as there are, with replacement; all rows of a cluster come together.
    """

    def __init__(self, y: Floats, clusters: NDArray[np.object_], draws: int, seed: int) -> None:
        self.y = y
        _, self.cluster = np.unique(clusters.astype(str), return_inverse=True)
        self._n = int(self.cluster.max()) + 1 if len(y) else 0
        self.draws = draws
        self._seed = seed

    def samples(self, probabilities: Mapping[str, Floats]) -> dict[str, dict[str, Floats]]:
        """Scorer → figure → `(n_draws,)`: ranking figures, log loss, Brier, slope and observed/expected."""
        drawn = {name: _Drawn(self, p) for name, p in probabilities.items()}
        for counts in self._counts():
            weights = counts[self.cluster]
            for scorer in drawn.values():
                scorer.add(counts, weights)
        return {name: scorer.figures() for name, scorer in drawn.items()}

    def means(self, values: Floats) -> Floats:
        """The mean of `values`, shape `(n_rows,)`, over the rows of each draw."""
        sums = np.stack([self.per_cluster(values), self.per_cluster(np.ones(len(values)))], axis=1)
        totals = np.stack([counts @ sums for counts in self._counts()])
        return np.asarray(totals[:, 0] / totals[:, 1])

    def per_cluster(self, values: Floats) -> Floats:
        """The sum of `values` in each cluster."""
        return np.asarray(np.bincount(self.cluster, values, minlength=self._n), dtype=np.float64)

    def _counts(self) -> Iterator[Floats]:
        """How often each cluster is in each draw."""
        rng = np.random.default_rng(self._seed)
        for _ in range(self.draws):
            yield np.bincount(rng.integers(0, self._n, self._n), minlength=self._n).astype(np.float64)


class _Drawn:
    """One scorer under the draws: sums per cluster and the sort are made once."""

    def __init__(self, bootstrap: Bootstrap, p: Floats) -> None:
        y = bootstrap.y
        self._ranking = Ranking(y, p, _BINS)
        columns = (np.ones(len(p)), y, p, log_losses(y, p), squared_errors(y, p))
        self._sums = np.stack([bootstrap.per_cluster(column) for column in columns], axis=1)
        self._centres = self._bins(log_odds(p, NEAREST)[self._ranking.order])
        self._rows: list[dict[str, float]] = []
        self._binned: list[Floats] = []

    def _bins(self, x: Floats) -> Floats:
        """The mean log-odds of each bin; `x` in the order of the ranking."""
        stops = self._ranking.stops
        sums = np.diff(np.r_[0.0, np.cumsum(x)[stops - 1]])
        return np.asarray(sums / np.diff(np.r_[0, stops]))

    def add(self, counts: Floats, weights: Floats) -> None:
        """One draw: `counts` per cluster, `weights` per row."""
        groups = self._ranking.groups(weights)
        self._rows.append(groups.figures() | _means(counts @ self._sums))
        lasts = self._ranking.lasts
        self._binned.append(np.stack([groups.cum_rows[lasts], groups.cum_won[lasts]]))

    def figures(self) -> dict[str, Floats]:
        """Figure → its value in each draw."""
        binned = np.diff(np.stack(self._binned), axis=2, prepend=0.0)
        found = {figure: np.array([row[figure] for row in self._rows]) for figure in self._rows[0]}
        return found | {"slope": _slopes(binned, self._centres)}


def _means(totals: Floats) -> dict[str, float]:
    """Figures that are ratios of sums."""
    n, won, expected, loss, squares = (float(total) for total in totals)
    return {"log_loss": loss / n, "brier": squares / n, "observed_expected": won / expected}


def _slopes(binned: Floats, centres: Floats, steps: int = 12) -> Floats:
    """The calibration slope of each draw, all draws in one Newton iteration; NaN for a constant score.

    `binned` has shape `(n_draws, 2, n_bins)`.
    """
    spread = float(centres.std())
    if spread < 1e-9:
        return np.full(len(binned), np.nan)
    x = (centres - centres.mean()) / spread
    rows, won = binned[:, 0], binned[:, 1]
    a, b = log_odds(won.sum(axis=1) / rows.sum(axis=1), 1e-9), np.zeros(len(binned))
    for _ in range(steps):
        p = expit(np.clip(a[:, None] + b[:, None] * x, -30, 30))
        error, curve = won - rows * p, rows * p * (1 - p)
        g0, g1 = error.sum(axis=1), error @ x
        h00, h01, h11 = curve.sum(axis=1), curve @ x, curve @ x**2
        det = np.maximum(h00 * h11 - h01**2, 1e-12)
        a = a + np.clip((h11 * g0 - h01 * g1) / det, -5, 5)
        b = b + np.clip((h00 * g1 - h01 * g0) / det, -5, 5)
    return b / spread
