"""How far a column tells another one: between 0 (nothing) and 1 (all), corrected for chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from features.columns import Floats

_LEVELS, _PARTS = 30, 10
"""Levels of texts that are looked at, and parts of equal size into which numbers are cut."""
_FEWEST, _DRAWS, _CHUNKS = 5.0, 5_000, 4


def association(column: NDArray[np.generic], levels: NDArray[np.object_]) -> float:
    """Cramér's V of a column and `levels` (texts, none missing), shape (n,) both; nothing is 0 in the mean.

    Numbers are cut into tenths, a missing value is a level of its own. Corrected for bias by Bergsma (2013),
    "A bias-correction for Cramér's V and Tschuprow's T".

    >>> import numpy as np
    >>> levels = np.array(["a", "b"] * 50, dtype=object)
    >>> association(np.arange(100.0) % 2, levels) > 0.95, association(np.ones(100), levels)
    (True, 0.0)
    """
    table = _crossed(_parts(column), levels)
    n, rows, columns = int(table.sum()), *table.shape
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    above = max(float(_chi2(table)) / n - (rows - 1) * (columns - 1) / (n - 1), 0.0)
    sizes = [size - (size - 1) ** 2 / (n - 1) for size in (rows, columns)]
    return float(min(np.sqrt(above / (min(sizes) - 1)), 1.0))


def chance_of(column: NDArray[np.generic], levels: NDArray[np.object_], enough: float) -> float:
    """The chance of a column that tells `levels` as well where neither tells the other (χ² test); shapes as
    of `association`.

    Where it comes out below `enough` although a cell holds less than five rows by expectation, which makes
    χ² larger than its law has it (Cochran 1954), 20,000 tables of the same margins have a say too.
    """
    table = _crossed(_parts(column), _parts(levels))
    n, own, other = int(table.sum()), table.sum(axis=1), table.sum(axis=0)
    if min(table.shape) < 2:
        return 1.0
    found = float(_chi2(table))
    p = float(stats.chi2.sf(found, (len(own) - 1) * (len(other) - 1)))
    if p >= enough or own.min() * other.min() / n >= _FEWEST:
        return p
    law, larger = stats.random_table(own, other, seed=0), 0
    for _ in range(_CHUNKS):
        larger += int((_chi2(law.rvs(_DRAWS)) >= found * (1 - 1e-12)).sum())
    return max(p, (1 + larger) / (1 + _CHUNKS * _DRAWS))


def _crossed(one: NDArray[np.object_], other: NDArray[np.object_]) -> NDArray[np.int64]:
    """How many rows have each level of both."""
    (row, rows), (column, columns) = (pd.factorize(side) for side in (one, other))
    counts = np.bincount(row * len(columns) + column, minlength=len(rows) * len(columns))
    return counts.reshape(len(rows), len(columns)).astype(np.int64)


def _chi2(tables: NDArray[np.generic]) -> Floats:
    """Pearson's χ² of independence of each table, shape (…, n_rows, n_columns) to (…)."""
    found = np.asarray(tables, dtype=np.float64)
    rows, columns = found.sum(axis=-1, keepdims=True), found.sum(axis=-2, keepdims=True)
    expected = rows * columns / found.sum(axis=(-2, -1), keepdims=True)
    return np.asarray(((found - expected) ** 2 / expected).sum(axis=(-2, -1)))


def _parts(column: NDArray[np.generic]) -> NDArray[np.object_]:
    """The level of each row, by name."""
    if column.dtype == object:
        texts = pd.Series(column).fillna("not known").astype(str)
        kept = texts.value_counts().index[:_LEVELS]
        return texts.where(texts.isin(kept), "other").to_numpy(object)
    numbers = np.asarray(column, dtype=np.float64)
    known = ~np.isnan(numbers)
    if not known.any():
        return np.full(len(numbers), "not known", dtype=object)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _PARTS + 1)[1:-1]))
    cut = np.searchsorted(edges, numbers, side="left").astype(str).astype(object)
    return np.where(known, cut, "not known").astype(object)
