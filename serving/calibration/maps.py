"""One monotone map per scorer: raw margins become probabilities, applied after and never attributed."""

from __future__ import annotations

from functools import cached_property
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.columns import Floats

FLOOR = 1e-6
"""No probability is nearer to 0 or 1 than this: a certainty would be a promise that no history supports."""


def log_odds(probability: float | Floats) -> Floats:
    """ln(p / (1 − p)) of probabilities inside (0, 1); 0 and 1 count as `FLOOR` and 1 − `FLOOR`."""
    inside = np.clip(np.asarray(probability, dtype=np.float64), FLOOR, 1 - FLOOR)
    return np.asarray(np.log(inside) - np.log1p(-inside), dtype=np.float64)


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

    @classmethod
    def identity(cls) -> MonotoneMap:
        """Margins are log-odds already.

        >>> float(MonotoneMap.identity().of(np.array([0.0]))[0])
        0.5
        """
        return cls.platt(1.0, 0.0)

    @classmethod
    def platt(cls, slope: float, intercept: float) -> MonotoneMap:
        """log-odds = slope × margin + intercept with `slope` ≥ 0, as two knots (Platt 1999)."""
        return cls(margins=(0.0, 1.0), log_odds=(intercept, intercept + slope))

    def logits(self, margins: Floats) -> Floats:
        """Calibrated log-odds of `margins`, shape `(n_leads,)`; not clipped."""
        knots, images, slopes, ceilings = self._pieces
        piece = np.clip(np.searchsorted(knots, margins, side="right") - 1, 0, len(slopes) - 1)
        line = images[piece] + slopes[piece] * (margins - knots[piece])
        return np.asarray(np.minimum(line, ceilings[piece]), dtype=np.float64)

    def of(self, margins: Floats) -> Floats:
        """Probabilities of `margins`, shape `(n_leads,)`, inside [`FLOOR`, 1 − `FLOOR`]."""
        odds = np.exp(-np.clip(self.logits(margins), -40.0, 40.0))
        return np.asarray(np.clip(1.0 / (1.0 + odds), FLOOR, 1 - FLOOR), dtype=np.float64)

    @cached_property
    def _pieces(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Start, image, slope and highest value of each piece.

        The ceiling keeps a rounding error at the end of a piece from rising above the next one.
        """
        knots, images = np.array(self.margins), np.array(self.log_odds)
        slopes = np.diff(images) / np.diff(knots)
        ceilings = np.append(images[1:-1], np.inf)
        return knots[:-1], images[:-1], slopes, ceilings
