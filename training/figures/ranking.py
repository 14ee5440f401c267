"""How well a score orders leads: every figure here depends on the order alone, and ties are shared fairly.

By hand, because scikit-learn sorts again for each set of weights: here one sort serves every draw of the
bootstrap. scikit-learn is the oracle of the tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from features.leaks import rows_by_period

SHARES = (0.05, 0.10, 0.20)
"""The top shares at which lift and precision are reported."""


class Ranking:
    """Outcomes in the order of a score, best first, tied rows in one group.

    Built once, asked often: a bootstrap draw only brings other weights, so the sort is not repeated.
    Rows of equal score are exchangeable: figures are expected values over their random order.
    With `parts` lost rows between two won ones are one group too, where no figure tells them apart: there are
    far fewer groups, as long as few convert. Running sums are then known at the ends of that many about
    equal parts of the rows, `stops`, which are after the groups `lasts`.
    """

    def __init__(self, y: Floats, score: Floats, parts: int | None = None) -> None:
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        self._y = np.asarray(y, dtype=np.float64)[self.order]
        if parts is not None:
            first = self._thinned(first, parts)
        self.starts = first if len(first) < len(ranked) else None

    def _thinned(self, first: NDArray[np.intp], parts: int) -> NDArray[np.intp]:
        """The groups that begin at `first`, lost ones put together inside a part."""
        ends = np.r_[first[1:], len(self._y)]
        self.stops = ends[np.unique(np.searchsorted(ends, np.linspace(0, len(self._y), parts + 1)[1:]))]
        won = np.add.reduceat(self._y, first) > 0
        kept = np.r_[True, won[1:] | won[:-1]] | np.isin(first, self.stops)
        self.lasts = np.searchsorted(first[kept], self.stops) - 1
        return np.asarray(first[kept], dtype=np.intp)

    def figures(self, weights: Floats | None = None) -> dict[str, float]:
        """AUC, average precision, lift and precision at `SHARES`; NaN where one class is absent.

        `weights` has shape `(n_rows,)` in the original order of rows; without it each row counts once.
        """
        return self.groups(weights).figures()

    def groups(self, weights: Floats | None = None) -> TiedRows:
        """The weighted rows and won rows of each group of tied rows, best first."""
        rows = np.ones(len(self._y)) if weights is None else weights[self.order]
        won = rows * self._y
        if self.starts is not None:
            rows, won = np.add.reduceat(rows, self.starts), np.add.reduceat(won, self.starts)
        return TiedRows(rows, won)


class TiedRows:
    """Rows and won rows per group of tied rows, best first, and their running sums."""

    def __init__(self, rows: Floats, won: Floats) -> None:
        self.rows, self.won = rows, won
        self.cum_rows, self.cum_won = np.cumsum(rows), np.cumsum(won)

    def figures(self) -> dict[str, float]:
        """As `Ranking.figures`."""
        n, positives = float(self.cum_rows[-1]), float(self.cum_won[-1])
        found = {"auc": self.auc(), "average_precision": float("nan")}
        if positives > 0:
            precision = self.cum_won / np.maximum(self.cum_rows, 1e-300)
            found["average_precision"] = float(self.won @ precision) / positives
        for share in SHARES:
            reached, percent = self.won_above(share * n), round(share * 100)
            found[f"precision_{percent}"] = reached / (share * n) if n else float("nan")
            found[f"lift_{percent}"] = reached / (share * positives) if positives else float("nan")
        return found

    def auc(self) -> float:
        """Each lost row is beaten by the won above it and by half of those tied with it."""
        won = float(self.cum_won[-1])
        pairs = (float(self.cum_rows[-1]) - won) * won
        beaten = (self.rows - self.won) @ (self.cum_won - self.won / 2)
        return float(beaten) / pairs if pairs > 0 else float("nan")

    def won_above(self, n: float) -> float:
        """Expected won rows among the best `n`, the group at the limit shared out evenly."""
        at = min(int(np.searchsorted(self.cum_rows, n)), len(self.rows) - 1)
        rows = float(self.rows[at])
        part = (n - float(self.cum_rows[at])) / rows + 1 if rows else 1.0
        return float(self.cum_won[at]) - float(self.won[at]) * (1 - min(part, 1.0))


def at_capacity(y: Floats, score: Floats, period: NDArray[np.int64], capacity: int) -> tuple[float, float]:
    """(precision, recall) when in each `period` the `capacity` best-scored rows are worked.

    Tied rows at the limit count by their expected share. Recall is over all won rows of all periods.
    """
    called, found = 0.0, 0.0
    for rows in rows_by_period(period):
        n = min(capacity, len(rows))
        called, found = called + n, found + Ranking(y[rows], score[rows]).groups().won_above(n)
    positives = float(y.sum())
    precision = found / called if called else float("nan")
    return precision, found / positives if positives else float("nan")
