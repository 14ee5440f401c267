"""Conversion rates of groups, with intervals that know that a lead's rows are not independent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.clock import DAY_US, from_us
from features.columns import Floats

Objects = NDArray[np.object_]

Z = 1.96
FEWEST = 20
"""A group of fewer rows is not shown by itself: its rate says nothing, and its name may tell who it is."""


@dataclass(frozen=True)
class Rate:
    """A share of `n` rows, of which `won` converted, and the ends of its 95 % interval."""

    n: int
    won: int
    rate: float
    low: float
    high: float


def wilson(rate: float, n: float) -> tuple[float, float]:
    """Ends of Wilson's 95 % score interval of a share seen in `n` independent trials (Wilson 1927).

    >>> low, high = wilson(0.0, 100); round(low, 3), round(high, 3)
    (0.0, 0.037)
    """
    if n <= 0:
        return 0.0, 1.0
    centre = (rate + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * float(np.sqrt(rate * (1 - rate) / n + Z**2 / (4 * n**2)))
    return max(min(centre - half, rate), 0.0), min(max(centre + half, rate), 1.0)


def rate_of(y: Floats, clusters: Objects | NDArray[np.int64]) -> Rate:
    """The rate of `y` (n_rows,), rows of one cluster (account or lead) counted together.

    Wilson's interval at the number of independent rows that would vary as much as the clusters do (at most
    the rows there are; the clusters where no row, or every row, converted).
    """
    n, won = len(y), float(y.sum())
    if not n:
        return Rate(0, 0, float("nan"), float("nan"), float("nan"))
    rate = won / n
    keys = clusters if clusters.dtype.kind == "i" else clusters.astype(str)
    _, cluster = np.unique(keys, return_inverse=True)
    apart = np.bincount(cluster, y - rate)
    variance = float(apart @ apart) / n**2
    worth = rate * (1 - rate) / variance if variance > 0 else float(cluster.max() + 1)
    return Rate(n, round(won), rate, *wilson(rate, min(worth, float(n))))


_OURS = re.compile(r"others \(\d+\)|not known")


def is_level(name: str) -> bool:
    """Whether a group of `groups_of` is called as the company calls it, rather than by us.

    >>> is_level("paid"), is_level("others (3)")
    (True, False)
    """
    return _OURS.fullmatch(name) is None


def groups_of(column: NDArray[np.generic], most: int = 12) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """(name, mask) of each level of a column of texts, most frequent first.

    Levels of fewer than `FEWEST` rows, and those after the first `most`, stand together as "others"; rows
    without one as "not known". Every row is in one group.
    """
    known = np.array([value is not None and value == value for value in column], dtype=bool)
    texts = np.where(known, column.astype(str), "")
    levels, counts = np.unique(texts[known], return_counts=True)
    ranked = sorted(zip(-counts, levels, strict=True))
    shown = [level for count, level in ranked[:most] if -count >= FEWEST]
    for level in shown:
        yield str(level), known & (texts == level)
    others = known & ~np.isin(texts, shown)
    if others.any():
        yield f"others ({len(levels) - len(shown)})", others
    if not known.all():
        yield "not known", ~known


def months_of(
    as_of_us: NDArray[np.int64], dated: bool, blocks: int = 12
) -> list[tuple[str, NDArray[np.bool_]]]:
    """(month such as '2025-03', mask) in the order of time; equal blocks where time is only an order."""
    if not dated:
        parts = np.array_split(np.argsort(as_of_us, kind="stable"), blocks)
        return [(f"block {i + 1}", _mask(part, len(as_of_us))) for i, part in enumerate(parts) if len(part)]
    days = as_of_us // DAY_US
    names = {day: from_us(int(day) * DAY_US).strftime("%Y-%m") for day in np.unique(days)}
    month = np.array([names[day] for day in days], dtype=object)
    return [(name, month == name) for name in sorted(set(names.values()))]


def _mask(rows: NDArray[np.intp], size: int) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    mask[rows] = True
    return mask


def tick_places(names: Sequence[str]) -> list[tuple[float, str]]:
    """Ticks 0, 1, 2 … with names."""
    return [(float(place), name) for place, name in enumerate(names)]


Rows = NDArray[np.intp]


def effective_share(y: Floats, clusters: Rows) -> float:
    """Effective rows per row, in (0, 1]: rows of one cluster repeat each other's outcome.

    1 / (1 + (m − 1)·icc), with Kish's mean cluster size m = Σn² / Σn and the intraclass correlation by
    analysis of variance (Donner and Koval 1980); the correlation is taken as 1 where it cannot be estimated.
    """
    sizes = np.bincount(clusters).astype(np.float64)
    sizes, won = sizes[sizes > 0], np.bincount(clusters, y)[sizes > 0]
    n, groups = float(sizes.sum()), len(sizes)
    if groups == n:
        return 1.0
    between = float((sizes * (won / sizes - y.mean()) ** 2).sum()) / max(groups - 1, 1)
    within = float((won - won**2 / sizes).sum()) / (n - groups)
    typical = (n - float((sizes**2).sum()) / n) / max(groups - 1, 1)
    spread = between + (typical - 1) * within
    icc = min(max((between - within) / spread, 0.0), 1.0) if groups > 1 and spread > 0 else 1.0
    return 1.0 / (1.0 + (float((sizes**2).sum()) / n - 1.0) * icc)
