"""Bands and ranges that overlap, that nothing reaches, or that leave numbers out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from serving.rules.card import Scorecard
from serving.rules.section import Band


def band_faults(card: Scorecard) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(where, what is wrong) for the bands of every rule."""
    for section, key in (("fit", "bands"), ("engagement", "ranges")):
        for index, rule in enumerate(getattr(card, section)):
            for problem in (*_overlaps(getattr(rule, key)), *_gaps(getattr(rule, key))):
                yield (section, index, key), problem


def _overlaps(bands: Sequence[Band]) -> Iterator[str]:
    for at, band in enumerate(bands):
        low, high = band.ends
        for before in range(at):
            other_low, other_high = bands[before].ends
            start, end = max(low, other_low), min(high, other_high)
            if start < end and not _covered(band, bands[:at]):
                span = f"{_words(start)} to {_words(end)}"
                yield f"bands {before + 1} and {at + 1} overlap from {span}; there the earlier one counts"
        if _covered(band, bands[:at]):
            yield f"band {at + 1} is never reached: earlier bands hold all its numbers"


def _covered(band: Band, others: Sequence[Band]) -> bool:
    """Whether `others` together hold every number of `band`."""
    reached, high = band.ends
    for low, end in sorted(other.ends for other in others):
        if low > reached:
            break
        reached = max(reached, end)
        if reached >= high:
            return True
    return False


def _gaps(bands: Sequence[Band]) -> Iterator[str]:
    reached = -math.inf
    for low, high in sorted(band.ends for band in bands):
        if reached < low and reached != -math.inf:
            yield f"no band holds {_words(reached)} to {_words(low)}"
        reached = max(reached, high)


def _words(number: float) -> str:
    return "any" if math.isinf(number) else f"{number:g}"
