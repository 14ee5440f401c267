"""How far a column tells another one: between 0 (nothing) and 1 (all), corrected for chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_LEVELS, _PARTS = 30, 10
"""Levels of texts that are looked at, and parts of equal size into which numbers are cut."""


def association(column: NDArray[np.generic], levels: NDArray[np.object_]) -> float:
    """Cramér's V of a column and `levels` (texts, none missing), shape (n,) both; nothing is 0 in the mean.

    Numbers are cut into tenths, a missing value is a level of its own. Corrected for bias by Bergsma (2013),
    "A bias-correction for Cramér's V and Tschuprow's T".

    >>> import numpy as np
    >>> levels = np.array(["a", "b"] * 50, dtype=object)
    >>> association(np.arange(100.0) % 2, levels) > 0.95, association(np.ones(100), levels)
    (True, 0.0)
    """
    table = pd.crosstab(_parts(column), levels).to_numpy(np.float64)
    n, rows, columns = table.sum(), *table.shape
    if min(rows, columns) < 2 or n < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    above = max(phi - (rows - 1) * (columns - 1) / (n - 1), 0.0)
    sizes = [size - (size - 1) ** 2 / (n - 1) for size in (rows, columns)]
    return float(min(np.sqrt(above / (min(sizes) - 1)), 1.0))


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
