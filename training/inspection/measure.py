"""What is measured of one column: fill, rate by value, importance alone, stability over months."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, rankdata

from features.clock import from_us
from features.columns import Column, Floats
from features.leaks import auc_within, bins, is_filled, periods
from serving.page import plain
from training.figures import FEWEST, Rate, rate_of
from training.figures.rates import Z, groups_of, months_of

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]

_BANDS = 6
_FEW_A_MONTH = 50
"""Months with fewer leads are left out of the stability: their shares are mostly chance."""
_EXPECTED = 1
"""Bins that expect fewer rows in the smallest month stand together. Half a row added to each bin keeps the
test on the careful side: at expectations of 1 to 3 chance passes the bound less often than it claims."""
_CHANCE = 0.01
_TELLS_TIME = 0.8


@dataclass(frozen=True)
class ValueRate:
    """A value, or a range of values, and the rate of the rows that have it."""

    label: str
    rate: Rate


@dataclass(frozen=True)
class Importance:
    """AUC of the column alone, learned on older rows and judged on newer ones within periods; its error."""

    auc: float
    error: float

    @property
    def known(self) -> bool:
        """Whether there were enough rows to tell."""
        return bool(np.isfinite(self.auc))


@dataclass(frozen=True)
class Drift:
    """By month: the share filled, and the PSI against all other months.

    `worst` is the month with the largest PSI in relation to `bound`, what chance alone exceeds in one of a
    hundred columns of so many months. `time_share` is how much of when a row came its value tells (R²).
    """

    months: tuple[str, ...]
    fill: tuple[float, ...]
    psi: tuple[float, ...]
    worst: str
    worst_psi: float
    bound: float
    time_share: float

    @property
    def moves(self) -> bool:
        """Whether the worst month differs from the others by more than chance explains."""
        return self.worst_psi > self.bound

    @property
    def tells_time(self) -> bool:
        """Whether the value says when rather than who: new times bring values that were never seen."""
        return self.moves and self.time_share >= _TELLS_TIME


def fill_by(column: Column, y: Floats) -> tuple[float, float]:
    """The share filled among converted rows and among the others; NaN where there is none."""
    filled = is_filled(column)
    shares = [float(filled[y == label].mean()) if (y == label).any() else float("nan") for label in (1, 0)]
    return shares[0], shares[1]


def importance(
    column: Column, y: Floats, order: Ints, older: NDArray[np.intp], newer: NDArray[np.intp], leads_won: int
) -> Importance:
    """`older` and `newer` are places in the rows (n_rows,); `leads_won` converted leads are among the newer.

    The error is Hanley and McNeil's (1982) with leads, not rows, as what is independent.
    """
    if not len(older) or not len(newer) or not 0 < y[newer].mean() < 1:
        return Importance(float("nan"), float("nan"))
    codes = bins(column)
    rows = np.bincount(codes[older], minlength=int(codes.max()) + 1)
    won = np.bincount(codes[older], weights=y[older], minlength=int(codes.max()) + 1)
    rates = (won + 10 * y[older].mean()) / (rows + 10)
    found = auc_within(y[newer], rates[codes[newer]], periods(order[newer]))
    if not np.isfinite(found):
        return Importance(float("nan"), float("nan"))
    lost = max(leads_won / float(y[newer].mean()) - leads_won, 1.0)
    return Importance(found, _auc_error(found, max(leads_won, 1), lost))


def _auc_error(auc: float, won: float, lost: float) -> float:
    above, below = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (won - 1) * (above - auc**2) + (lost - 1) * (below - auc**2)
    return float(Z * np.sqrt(max(variance, 0.0) / (won * lost)))


def bands(column: Column, kind: str, y: Floats, clusters: Ints) -> tuple[ValueRate, ...]:
    """The rate of each value or range; rows without a value last. Every row is in one band."""
    named = _ranges(column, kind) if column.dtype == np.float64 else groups_of(column, 8)
    return tuple(ValueRate(name, rate_of(y[rows], clusters[rows])) for name, rows in named if rows.any())


def _ranges(column: Column, kind: str) -> Iterator[tuple[str, Mask]]:
    """Single values where there are few, else quantile bands; then what is not known."""
    values = column.astype(np.float64)
    filled = ~np.isnan(values)
    distinct, counts = np.unique(values[filled], return_counts=True)
    if len(distinct) <= _BANDS and (not len(counts) or counts.min() >= FEWEST):
        for value in distinct:
            yield _word(value, kind), values == value
    elif len(distinct):
        yield from _quantile_bands(values, filled, kind)
    if not filled.all():
        yield "not known", ~filled


def _quantile_bands(values: Floats, filled: Mask, kind: str) -> Iterator[tuple[str, Mask]]:
    """Bands of about equal size, in words of three digits: no single lead's exact number is shown.

    Zero means "none" in counts and amounts, so it is a band of its own where it is often.
    """
    zero = filled & (values == 0)
    often = zero if zero.sum() >= FEWEST else np.zeros_like(zero)
    rest = filled & ~often
    masks = [often]
    if rest.any():
        inner = np.linspace(0, 1, _BANDS + 1)[1:-1]
        edges = np.unique(np.quantile(values[rest], inner, method="nearest"))
        band = np.searchsorted(edges, values, side="right")
        masks += [rest & (band == place) for place in range(len(edges) + 1)]
    for inside in sorted((mask for mask in masks if mask.any()), key=lambda mask: values[mask].min()):
        yield _span(float(values[inside].min()), float(values[inside].max()), kind), inside


def _span(low: float, high: float, kind: str) -> str:
    ends = _word(low, kind), _word(high, kind)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _word(value: float, kind: str) -> str:
    if kind == "boolean" or (kind == "phone" and value in (0.0, 1.0)):
        return "yes" if value else "no"
    if kind == "date":
        return from_us(int(value)).date().isoformat()
    return "above 0" if 0 < value < 0.005 else plain(value)


@dataclass(frozen=True)
class Calendar:
    """Months with enough leads: name, rows, and how many accounts (or leads) are in it and in all others.

    `place` (n_rows,) ranks the rows in time.
    """

    months: tuple[tuple[str, Mask, int, int], ...]
    place: Floats

    @classmethod
    def of(cls, at_us: Ints, clusters: NDArray[np.object_], dated: bool) -> Calendar:
        """The calendar of rows at `at_us` (n_rows,); those of no known time (negative) are in no month."""
        known = at_us >= 0
        kept = [(name, rows & known) for name, rows in months_of(at_us, dated)]
        kept = [(name, rows) for name, rows in kept if rows.sum() >= _FEW_A_MONTH]
        inside = np.logical_or.reduce([rows for _, rows in kept]) if kept else known
        return cls(
            tuple(
                (name, rows, _distinct(clusters[rows]), _distinct(clusters[inside & ~rows]))
                for name, rows in kept
            ),
            rankdata(at_us),
        )


def _distinct(clusters: NDArray[np.object_]) -> int:
    return len(set(clusters.tolist()))


def drift(column: Column, calendar: Calendar) -> Drift | None:
    """The stability of a column (n_rows,) over months; None with fewer than two that have enough leads.

    PSI against the pooled other months. Without a change it is about χ²(B−1)·(1/n + 1/m) for B bins and
    sizes n and m; 0.1 and 0.25, often quoted, know neither. Sizes count accounts (leads where there are
    none): leads of one account share what is known of it.
    """
    if len(calendar.months) < 2:
        return None
    inside = np.logical_or.reduce([rows for _, rows, _, _ in calendar.months])
    codes = _common(bins(column), inside, min(int(rows.sum()) for _, rows, _, _ in calendar.months))
    total = np.bincount(codes[inside], minlength=int(codes.max()) + 1).astype(np.float64)
    bound = float(chi2.ppf(1 - _CHANCE / len(calendar.months), max(int((total > 0).sum()) - 1, 1)))
    found, bounds = [], []
    for _, rows, n, m in calendar.months:
        here = np.bincount(codes[rows], minlength=len(total)).astype(np.float64)
        found.append(_psi(here, total - here))
        bounds.append(bound * (1 / n + 1 / max(m, 1)))
    worst = int(np.argmax(np.array(found) / np.array(bounds)))
    filled = is_filled(column)
    return Drift(
        tuple(name for name, _, _, _ in calendar.months),
        tuple(float(filled[rows].mean()) for _, rows, _, _ in calendar.months),
        tuple(found),
        calendar.months[worst][0],
        found[worst],
        bounds[worst],
        _explained(bins(column)[inside], calendar.place[inside]),
    )


def _explained(codes: Ints, place: Floats) -> float:
    """R² of time by bins, adjusted for their number: 1 where each value has its own time, 0 by chance."""
    rows = np.bincount(codes)
    total, kept = float(((place - place.mean()) ** 2).sum()), int((rows > 0).sum())
    if total == 0 or len(place) <= kept:
        return 0.0
    means = np.bincount(codes, place) / np.maximum(rows, 1)
    within = float(((place - means[codes]) ** 2).sum())
    return max(1 - within / total * (len(place) - 1) / (len(place) - kept), 0.0)


def _common(codes: Ints, inside: Mask, smallest: int) -> Ints:
    """Codes 0, 1, …, those too rare for the smallest month in one."""
    counts = np.bincount(codes[inside], minlength=int(codes.max()) + 1)
    common = counts >= _EXPECTED * inside.sum() / smallest
    return np.asarray(np.where(common, np.cumsum(common), 0)[codes], dtype=np.int64)


def _psi(here: Floats, there: Floats) -> float:
    """Σ (p − q) ln(p/q); half a row is added to each bin, so that an empty one is not infinite."""
    kept = here + there > 0
    p, q = (here[kept] + 0.5), (there[kept] + 0.5)
    p, q = p / p.sum(), q / q.sum()
    return float(((p - q) * np.log(p / q)).sum())
