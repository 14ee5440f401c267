"""One monotone map per scorer: raw margins become probabilities, applied after and never attributed."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.columns import Floats

FLOOR = 1e-6
"""No probability is nearer to 0 or 1 than this: a certainty would be a promise that no history supports."""


def log_odds(probability: float | Floats, floor: float = FLOOR) -> Floats:
    """ln(p / (1 − p)) of probabilities; those nearer to 0 or 1 than `floor` count as that near."""
    from scipy.special import logit  # not at the top: what reads artefacts alone starts sooner without it

    doubled = np.asarray(probability, dtype=np.float64)
    return np.asarray(logit(np.clip(doubled, floor, 1 - floor)), dtype=np.float64)


class MonotoneMap(BaseModel):
    """A piecewise linear map from margins to log-odds that never falls.

    `margins` are knots in strictly rising order, `log_odds` their images, which may be flat but not fall.
    Outside the knots the first and the last piece go on, so that ranks survive in the tails.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    margins: tuple[float, ...] = Field(min_length=2)
    log_odds: tuple[float, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if len(self.margins) != len(self.log_odds):
            raise ValueError("a map needs as many log-odds as margins")
        if any(high <= low for low, high in zip(self.margins, self.margins[1:], strict=False)):
            raise ValueError("the margins of a map must rise strictly")
        if any(high < low for low, high in zip(self.log_odds, self.log_odds[1:], strict=False)):
            raise ValueError("the log-odds of a map must not fall")
        return self

    @staticmethod
    @lru_cache(maxsize=1)
    def identity() -> MonotoneMap:
        """Margins are log-odds already.

        >>> float(MonotoneMap.identity().of(np.array([0.0]))[0])
        0.5
        """
        return MonotoneMap.platt(1.0, 0.0)

    @classmethod
    def platt(cls, slope: float, intercept: float) -> MonotoneMap:
        """log-odds = slope × margin + intercept with `slope` ≥ 0, as two knots (Platt 1999)."""
        return cls(margins=(0.0, 1.0), log_odds=(intercept, intercept + slope))

    def logits(self, margins: Floats) -> Floats:
        """Calibrated log-odds of `margins`, shape `(n_leads,)`; not clipped."""
        knots, images, slopes, ceilings = self._pieces
        if len(slopes) == 1:  # what most maps are
            return np.asarray(images[0] + slopes[0] * (margins - knots[0]), dtype=np.float64)
        piece = np.clip(np.searchsorted(knots, margins, side="right") - 1, 0, len(slopes) - 1)
        line = images[piece] + slopes[piece] * (margins - knots[piece])
        return np.asarray(np.minimum(line, ceilings[piece]), dtype=np.float64)

    def of(self, margins: Floats) -> Floats:
        """Probabilities of `margins`, shape `(n_leads,)`, inside [`FLOOR`, 1 − `FLOOR`]."""
        from scipy.special import expit  # see `log_odds`

        return np.asarray(np.clip(expit(self.logits(margins)), FLOOR, 1 - FLOOR), dtype=np.float64)

    @cached_property
    def _pieces(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Start, image, slope and highest value of each piece.

        The ceiling keeps a rounding error at the end of a piece from rising above the next one.
        """
        knots, images = np.array(self.margins), np.array(self.log_odds)
        slopes = np.diff(images) / np.diff(knots)
        ceilings = np.append(images[1:-1], np.inf)
        return knots[:-1], images[:-1], slopes, ceilings
