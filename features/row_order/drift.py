"""Whether columns change along the rows, more than when the same rows are mixed: a permutation test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Column, Floats

LEVEL = 0.01
"""A drift is told where fewer than this share of mixed orders move as much: of files without one, one in a
hundred is told to have it."""
MIXED = 199
_BLOCKS = 10
_ROWS = 4000
_LEVELS = 12
_RARE = 5


@dataclass(frozen=True)
class RowDrift:
    """The share of mixed orders in which some column moves as much, and the columns that move, most first."""

    p: float
    moved: tuple[str, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the order of rows says something."""
        return self.p <= LEVEL


def drift_along(columns: Mapping[str, Column], seed: int = 0) -> RowDrift:
    """How far `columns`, each of shape `(n_rows,)`, move along their rows; p = 1 where nothing can be said.

    The rows are cut into ten blocks. For each column the sum over blocks of (block mean − mean)², weighted by
    the block's size, is that of a chi² test of its levels (Kruskal and Wallis's for the ranks of numbers);
    beside it stands the square of its slope along the rows, which sees a slow trend sooner. Both are set
    against `MIXED` permutations of whole rows, so that columns that say the same count once: each
    statistic in units of its own permutations, and the largest of them and their mean against the largest
    under each permutation (Westfall and Young 1993, max-T). Of more than 4,000 rows every k-th is read.
    """
    n = len(next(iter(columns.values()))) if columns else 0
    taken = np.unique(np.linspace(0, n - 1, min(n, _ROWS)).astype(np.intp))
    scores = {name: _scores(column[taken]) for name, column in columns.items()}
    scores = {name: found for name, found in scores.items() if found.shape[1]}
    if n < 2 * _BLOCKS or not scores:
        return RowDrift(1.0)
    rng = np.random.default_rng(seed)
    orders = [np.arange(len(taken)), *(rng.permutation(len(taken)) for _ in range(MIXED))]
    matrix = np.concatenate(list(scores.values()), axis=1)
    starts = np.cumsum([0, *(found.shape[1] for found in scores.values())])[:-1]
    moved = np.array(
        [np.add.reduceat(_moved(matrix[order]), starts, axis=1).ravel() for order in orders], dtype=np.float64
    )
    spread = moved[1:].std(axis=0)
    units = (moved - moved[1:].mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    units = np.column_stack([units, _in_units(units.mean(axis=1))])
    most = units.max(axis=1)
    p = float((most >= most[0]).mean())
    sure = np.quantile(most[1:], 1 - LEVEL)
    own = units[0, :-1].reshape(2, -1).max(axis=0)
    order = np.argsort(-own, kind="stable")
    return RowDrift(p, tuple(list(scores)[place] for place in order if own[place] > sure))


def _in_units(means: Floats) -> Floats:
    spread = float(means[1:].std())
    return np.asarray((means - means[1:].mean()) / spread if spread > 0 else np.zeros_like(means))


def _moved(scores: Floats) -> Floats:
    """For each column of centred scores the sum over blocks of size × mean², and its slope's square."""
    n = len(scores)
    edges = np.linspace(0, n, _BLOCKS + 1).astype(np.intp)
    sums = np.add.reduceat(scores, edges[:-1], axis=0)
    slope = (np.arange(n) - (n - 1) / 2) @ scores
    return np.array([(sums**2 / np.diff(edges)[:, None]).sum(axis=0), slope**2 * 12 / n**3])


def _scores(column: Column) -> Floats:
    """A column as centred scores, `(n_rows, n_levels)`: ranks of numbers, else levels; and what is
    missing."""
    missing = pd.isna(column)
    parts: list[NDArray[np.float64]] = [_indicator(missing)]
    if column.dtype == object:
        codes, _ = pd.factorize(column)
        common = np.argsort(-np.bincount(codes[codes >= 0], minlength=1))[:_LEVELS]
        parts += [_indicator(codes == level) for level in common]
    else:
        ranks = pd.Series(column.astype(np.float64)).rank().to_numpy()
        centred = np.where(missing, 0.0, ranks - ranks[~missing].sum() / max((~missing).sum(), 1))
        if (spread := float(centred.std())) > 0:
            parts.append(centred[:, None] / spread)
    return np.concatenate(parts, axis=1)


def _indicator(has: NDArray[np.bool_]) -> Floats:
    """One level as a centred score of the scale of a chi² test; nothing where it is rare or everywhere."""
    rate = float(has.mean())
    if min(has.sum(), (~has).sum()) < _RARE:
        return np.zeros((len(has), 0))
    return np.asarray((has - rate) / np.sqrt(rate))[:, None]
