"""Isotonic regression on groups of neighbouring margins: the rates that rise with the margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from features.columns import Floats

MAX_GROUPS = 1000
"""Groups of equal mass stand for rows: more would not move a rate by more than its noise."""
MAX_KNOTS = 40
"""Margins at which a Venn-Abers pair is worked out."""


@dataclass(frozen=True)
class Groups:
    """Rows of about equal margin: mean `margin` (rising strictly), number of `rows`, `won` among them."""

    margin: Floats
    rows: Floats
    won: Floats

    def merged(self, values: Floats) -> Groups:
        """One group for each run of equal `values`."""
        run = np.r_[0, np.cumsum(np.diff(values) != 0)]
        rows, won, total = (_sums(run, part) for part in (self.rows, self.won, self.rows * self.margin))
        return Groups(total / rows, rows, won)

    def knots(self, most: int = MAX_KNOTS) -> Floats:
        """At most `most` of the margins: both ends, and quantiles by rows between them."""
        if len(self.margin) <= most:
            return self.margin
        mass = np.cumsum(self.rows) / self.rows.sum()
        chosen = np.searchsorted(mass, np.linspace(0, 1, most)[1:-1])
        chosen = np.unique(np.r_[0, chosen, len(self.margin) - 1])
        return np.asarray(self.margin[chosen], dtype=np.float64)

    def with_row(self, margin: float, won: float, weight: float) -> Groups:
        """These groups and `weight` more rows at `margin`, all won (1) or none (0)."""
        place = int(np.searchsorted(self.margin, margin))
        if place < len(self.margin) and self.margin[place] == margin:
            added = np.zeros(len(self.margin))
            added[place] = weight
            return Groups(self.margin, self.rows + added, self.won + added * won)
        return Groups(
            np.insert(self.margin, place, margin),
            np.insert(self.rows, place, weight),
            np.insert(self.won, place, weight * won),
        )

    def rate_at(self, margin: float) -> tuple[float, float]:
        """(isotonic rate, rows of its block) of the group at `margin`, which must be there."""
        rates = pooled(self.won / self.rows, self.rows)
        place = int(np.searchsorted(self.margin, margin))
        return float(rates[place]), float(self.rows[rates == rates[place]].sum())


def grouped(margin: Floats, y: Floats, scale: float = 1.0) -> Groups:
    """Rows in at most `MAX_GROUPS` groups, equal margins together; each row counts as `scale` rows.

    Margins are rounded to 9 decimals, so that the means of two groups are compared exactly.
    """
    margin = np.round(margin, 9)
    edges = np.unique(np.quantile(margin, np.linspace(0, 1, MAX_GROUPS + 1)[1:-1]))
    if len(margin) <= MAX_GROUPS:
        edges = np.unique(margin)
    place = np.unique(np.searchsorted(edges, margin, side="left"), return_inverse=True)[1]
    rows, won, total = (_sums(place, part) for part in (np.ones(len(y)), y, margin))
    return Groups(total / rows, scale * rows, scale * won)


def pooled(values: Floats, weights: Floats) -> Floats:
    """The nearest rising sequence by weighted squares (pool adjacent violators), shape of `values`."""
    return np.asarray(isotonic_regression(values, weights=weights).x, dtype=np.float64)


def _sums(group: NDArray[np.intp], part: Floats) -> Floats:
    """Sums of `part` by group."""
    return np.asarray(np.bincount(group, part), dtype=np.float64)
