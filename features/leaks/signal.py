"""How well one column alone orders outcomes, on rows that it was not learned from, inside periods of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Column, Floats
from features.leaks.order import auc_within

BINS = 20
BLOCKS = 5
_LEVELS = 200
_RARE = 10
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Signal:
    """One column on labelled rows: AUCs in [0, 1] within periods, and about the standard error of the best.

    `auc` is of the values, `fill_auc` of whether there is a value. `purity` is the share of the rows whose
    bin holds one outcome only (bins of at least `_RARE` rows). `fill` is the share of filled cells,
    `filled_rate` the share won among them.
    """

    auc: float
    fill_auc: float
    error: float
    purity: float
    fill: float
    filled_rows: int
    filled_rate: float
    base_rate: float


def measure(column: Column, y: Floats, period: Ints) -> Signal:
    """The signal of `column` (n_rows,) for outcomes `y` (n_rows,) of 0 and 1; `period` numbers time's blocks.

    Rates per bin are learned on one half of the rows (drawn; rows may alternate) and judged on the other,
    within periods, so that neither a column with many levels nor the calendar looks good.
    """
    codes, filled = bins(column), is_filled(column)
    period = period if _mixed(y, period) else np.zeros_like(period)
    positives = max(float(min(y.sum(), len(y) - y.sum())), 1.0)
    auc = _cross_auc(codes, y, period)
    fill_auc = _cross_auc(filled.astype(np.int64), y, period)
    best = min(max(auc, fill_auc), 0.98)
    return Signal(
        auc=auc,
        fill_auc=fill_auc,
        error=float(np.sqrt(best * (1 - best) / positives)),
        purity=_purity(codes, y),
        fill=float(filled.mean()),
        filled_rows=int(filled.sum()),
        filled_rate=float(y[filled].mean()) if filled.any() else float("nan"),
        base_rate=float(y.mean()),
    )


def _mixed(y: Floats, period: Ints) -> bool:
    """Whether at least two periods hold both outcomes; a file sorted by its outcome has none."""
    both = [0 < y[period == block].mean() < 1 for block in np.unique(period)]
    return int(np.sum(both)) >= min(2, len(both))


def periods(order: NDArray[Any]) -> Ints:
    """The block of time, 0 to `BLOCKS` − 1, of rows with the sort key `order` (n_rows,); equal sizes."""
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.argsort(order, kind="stable")] = np.arange(len(order))
    return rank * BLOCKS // max(len(order), 1)


def is_filled(column: Column) -> NDArray[np.bool_]:
    """Where the column has a value."""
    return np.asarray(pd.notna(column), dtype=bool)


def bins(column: Column) -> Ints:
    """The bin of each row: quantiles of numbers, levels of categories (rare ones together), 0 for missing."""
    filled = is_filled(column)
    codes = np.zeros(len(column), dtype=np.int64)
    if not filled.any():
        return codes
    if column.dtype == np.float64:
        values = column[filled].astype(np.float64)
        edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
        codes[filled] = 1 + np.searchsorted(edges, values, side="right")
        # A value that many rows share (zero, 999) is a bin of its own, whatever its neighbours.
        common, counts = np.unique(values, return_counts=True)
        for extra, value in enumerate(common[counts >= 0.05 * len(values)]):
            codes[filled & (column == value)] = BINS + 2 + extra
        return codes
    levels, inverse, counts = np.unique(column[filled].astype(str), return_inverse=True, return_counts=True)
    rank = np.empty(len(levels), dtype=np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(levels))
    kept = (counts >= _RARE) & (rank < _LEVELS)
    codes[filled] = np.where(kept, rank + 2, 1)[inverse]
    return codes


def _cross_auc(codes: Ints, y: Floats, period: Ints) -> float:
    """AUC within periods of the outcome rates of bins, each half of the rows scored by the other half."""
    if len(np.unique(codes)) < 2:
        return 0.5
    half = np.random.default_rng(len(y)).random(len(y)) < 0.5
    score = np.empty(len(y))
    for one in (half, ~half):
        score[~one] = _rates(codes[one], y[one], int(codes.max()))[codes[~one]]
    within = auc_within(y, score, period)
    return 0.5 if np.isnan(within) else within


def _rates(codes: Ints, y: Floats, largest: int) -> Floats:
    """The outcome rate of each bin, drawn towards the overall rate by ten rows."""
    rows = np.bincount(codes, minlength=largest + 1)
    won = np.bincount(codes, weights=y, minlength=largest + 1)
    rates: Floats = (won + 10 * y.mean()) / (rows + 10)
    return rates


def _purity(codes: Ints, y: Floats) -> float:
    """The share of rows in bins that hold only won or only lost rows."""
    rows = np.bincount(codes)
    won = np.bincount(codes, weights=y)
    pure = (rows >= _RARE) & ((won == 0) | (won == rows))
    return float(rows[pure].sum()) / max(len(y), 1)
