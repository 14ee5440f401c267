"""Linear models of falling penalty on the same rows, each from the solution before it, to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features import Columns, Feature
from serving.linear import Linear
from training.encode import fit_linear_encoder
from training.logistic import FREE, as_linear, column_signs, fit_signed
from training.newton import fit_logistic, times
from training.reliability import log_losses_of_margins

Floats = NDArray[np.float64]

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
"""Strongest first, so that each solution starts the next; scikit-learn's C is 1 / penalty."""
PLAIN = (3.0, 1.0, 0.3)
"""The penalties around 1 among which the baseline chooses: what a careful person would try."""
_HOPELESS = 1.005
"""A path stops when newer rows lose this much more than at its best: weaker penalties would lose more."""
_SETTLED = 1e-5
"""Relative gain of a step below which a solution serves for choosing; a final fit goes on much longer."""


@dataclass(frozen=True)
class Step:
    """The model of one penalty, its margins of the rows fitted on, and of the newer ones."""

    linear: Linear
    older: Floats
    newer: Floats


@dataclass(frozen=True)
class Reading:
    """How a linear model reads: numbers as logarithms, every column crossed with the lead's age."""

    logs: bool = False
    crossed: bool = False


PLAINLY = Reading()
"""Numbers as they are, one weight at all ages."""


def walk_path(
    features: Sequence[Feature],
    older: tuple[Columns, Floats],
    newer: tuple[Columns, Floats],
    rare_level: int,
    reading: Reading,
    penalties: Sequence[float] = PENALTIES,
    signs: Mapping[str, int] = FREE,
) -> dict[float, Step]:
    """Penalty → step, fitted on the `older` (columns, outcomes); `newer` outcomes tell when to stop.

    The penalties after a hopeless one share its step.
    """
    (columns, y), (later_columns, y_newer) = older, newer
    encoder = fit_linear_encoder(features, columns, rare_level, logs=reading.logs, crossed=reading.crossed)
    if not encoder.columns:
        return dict.fromkeys(penalties, _constant(y, len(y_newer)))
    X, later = (_half(encoder.transform(part)) for part in (columns, later_columns))
    centre, column_sign = X.mean(axis=0, dtype=np.float64), column_signs(encoder, signs)
    found: dict[float, Step] = {}
    start: Floats | None = None
    least = np.inf
    for penalty in penalties:
        intercept, weights = fit_signed(X, y, penalty, column_sign, start, _SETTLED)
        start = np.r_[intercept, weights]
        linear = as_linear(features, encoder, centre, intercept, weights)
        found[penalty] = step = Step(linear, times(X, start), times(later, start))
        loss = float(log_losses_of_margins(y_newer, step.newer).mean())
        least = min(least, loss)
        if loss > _HOPELESS * least:
            break
    return {penalty: found.get(penalty, step) for penalty in penalties}


def _half(X: Floats) -> Any:
    """`X` in half the bytes: to choose a penalty by, that is precise enough."""
    return X.astype(np.float32)


def _constant(y: Floats, rows: int) -> Step:
    """The step of a model that reads nothing."""
    intercept = fit_logistic(np.zeros((len(y), 0)), y, PENALTIES[0])[0]
    linear = as_linear((), fit_linear_encoder((), {}, 1), np.zeros(0), intercept, np.zeros(0))
    return Step(linear, np.full(len(y), intercept), np.full(rows, intercept))
