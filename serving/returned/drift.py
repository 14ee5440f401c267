"""Whether the leads of an export are like those that the scores were fixed by."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
from pydantic import BaseModel

from serving.calibration import Reference

_BANDS = 10
_LEAST = 200
"""Scored leads below which shares of ten bands are chance."""
_SMOOTH = 0.5
"""Leads added to each band, so that an empty one has a logarithm."""
NOTICED, LARGE = 0.1, 0.25
"""The usual marks of the population stability index: Siddiqi, Credit Risk Scorecards, 2006, chapter 11."""


class ScoreDrift(BaseModel):
    """Shares of leads by band of the score, as `expected` when the scores were fixed and as `found` here.

    `bands` are the lowest and highest score of each; `psi` is the population stability index.
    """

    bands: list[tuple[int, int]]
    expected: list[float]
    found: list[float]
    psi: float

    @property
    def words(self) -> str:
        """What the index means."""
        if self.psi < NOTICED:
            return f"the scores are spread as in training (population stability index {self.psi:.2f})"
        size = "other" if self.psi < LARGE else "far other"
        return f"the leads are {size} ones than in training (population stability index {self.psi:.2f})"


def drift_of(scores: Counter[int], reference: Reference) -> ScoreDrift | None:
    """How `scores` (leads by score 1–99) differ from the leads that `reference` was made of.

    None where fewer than 200 leads are scored.
    """
    total = sum(scores.values())
    if total < _LEAST:
        return None
    fixed = Counter(reference.scores(np.array(reference.probabilities)))
    ends = [
        (max(1, round(99 * band / _BANDS) + 1), round(99 * (band + 1) / _BANDS)) for band in range(_BANDS)
    ]
    expected, found = (_shares(counts, ends) for counts in (fixed, scores))
    psi = sum((f - e) * math.log(f / e) for e, f in zip(expected, found, strict=True))
    return ScoreDrift(bands=ends, expected=expected, found=found, psi=psi)


def _shares(counts: Counter[int], ends: list[tuple[int, int]]) -> list[float]:
    filled = [_SMOOTH + sum(counts[score] for score in range(low, high + 1)) for low, high in ends]
    return [count / sum(filled) for count in filled]
