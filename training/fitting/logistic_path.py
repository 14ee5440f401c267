"""Linear models of falling penalty on the same rows, each from the solution before it, to choose from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from features.catalogue import Feature
from features.columns import Columns, Floats
from serving.scorers import Linear, LinearEncoder
from training.figures.newton import Curvature, times
from training.fitting.encode import Reading, fit_linear_encoder
from training.fitting.logistic import as_linear, column_signs, fit_signed
from training.history import Excerpt

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
"""Strongest first, so that each solution starts the next; scikit-learn's C is 1 / penalty."""
PLAIN = (3.0, 1.0, 0.3)
"""The penalties around 1 among which the baseline chooses: what a careful person would try."""
HOPELESS = 1.01
"""A path ends when the newer rows of all folds lose this much more than at its best: weaker penalties would
lose more. No fold ends by itself: it would be given the penalty that its own outcomes like."""
_SETTLED = 1e-7
"""Relative gain of a step below which a solution serves for choosing; a final fit goes on much longer.

At 1e-5 paths of weak penalties stood still one step after the penalty before: on the bank's second origin the
baseline's penalties 3, 1 and 0.3 then had 0.8075, 0.8103 and 0.8068 on the folds, exactly 0.8106, 0.8132 and
0.8132, and 0.3 was taken. Here they are right to 2e-5, for a tenth more time of the paths.
"""


@dataclass(frozen=True)
class Step:
    """The model of one penalty, its margins of the rows fitted on, and of the newer ones."""

    linear: Linear
    older: Floats
    newer: Floats


@dataclass
class Path:
    """The rows of one fold as a linear model reads them, and the solution that was reached last."""

    features: tuple[Feature, ...]
    encoder: LinearEncoder
    y: Floats
    older: Any
    newer: Any
    signs: Floats
    centre: Floats
    importance: Floats | None = None
    reached: Floats | None = None
    curvature: Curvature = field(default_factory=Curvature)

    @classmethod
    def of(
        cls,
        older: Excerpt,
        newer: Excerpt,
        rare_level: int,
        reading: Reading,
        importance: Floats | None = None,
        calendars: Collection[str] = (),
    ) -> Path:
        """A path on the `older` rows, whose models answer for the `newer` ones."""
        columns = older.columns
        encoder = fit_linear_encoder(older.features, columns, rare_level, reading, calendars, older.leads)
        X, later = (_read(encoder, part) for part in (columns, newer.columns))
        centre = X.mean(axis=0, dtype=np.float64)
        column_sign = column_signs(encoder, older.signs)
        return cls(older.features, encoder, older.y, X, later, column_sign, centre, importance)

    def step(self, penalty: float) -> Step:
        """The model of this penalty, from the solution before it."""
        intercept, weights = fit_signed(
            self.older,
            self.y,
            penalty,
            self.signs,
            self.reached,
            _SETTLED,
            self.importance,
            self.curvature,
        )
        self.reached = np.r_[intercept, weights]
        linear = as_linear(self.features, self.encoder, self.centre, intercept, weights)
        return Step(linear, times(self.older, self.reached), times(self.newer, self.reached))


def _read(encoder: LinearEncoder, columns: Columns) -> Any:
    """The encoded columns in half the bytes: to choose a penalty by, that is precise enough."""
    if not encoder.columns:
        return np.zeros((columns.n_leads, 0), dtype=np.float32)
    return encoder.transform(columns).astype(np.float32)
