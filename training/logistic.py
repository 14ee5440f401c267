"""Logistic regression on encoded columns: the strong baseline, and a candidate for the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from features import Columns, Feature
from serving.encoding import LinearEncoder, NumberColumn
from serving.linear import Linear
from training.encode import fit_linear_encoder
from training.newton import fit_logistic
from training.reliability import log_losses_of_margins

Floats = NDArray[np.float64]

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3)
"""Strongest first, so that each solution starts the next; scikit-learn's C is 1 / penalty."""
PLAIN = (3.0, 1.0, 0.3)
"""The penalties around 1 among which the baseline chooses: what a careful person would try."""
FREE: Mapping[str, int] = MappingProxyType({})
"""No declared signs."""
_HOPELESS = 1.03
"""A path stops when newer rows lose this much more than at its best: weaker penalties would lose more."""
_SETTLED = 1e-5
"""Relative gain of a step below which a solution serves for choosing; a final fit goes on much longer."""


def fit_linear(
    features: Sequence[Feature],
    columns: Columns,
    y: Floats,
    penalty: float,
    rare_level: int,
    *,
    logs: bool = False,
    signs: Mapping[str, int] = FREE,
) -> Linear:
    """A `Linear` of all `features`, fitted on all rows of `columns`; it reads those that vary.

    With `logs` numbers are read as signed logarithms; `signs` holds the declared sign of some features.
    """
    encoder = fit_linear_encoder(features, columns, rare_level, logs=logs)
    X = encoder.transform(columns) if encoder.columns else np.zeros((len(y), 0))
    intercept, weights = fit_signed(X, y, penalty, _column_signs(encoder, signs))
    return as_linear(features, encoder, X, intercept, weights)


def fit_signed(
    X: Floats,
    y: Floats,
    penalty: float,
    signs: Floats,
    start: Floats | None = None,
    tolerance: float = 1e-10,
) -> tuple[float, Floats]:
    """As `fit_logistic`, with weights whose sign is `signs` (0: free) or that are 0, shape `(n_columns,)`.

    Columns whose weight comes out against its sign are left out, until none does.
    """
    kept = np.ones(X.shape[1], dtype=np.bool_)
    while True:
        part, begin = (X, start) if kept.all() else (X[:, kept], None)
        intercept, found = fit_logistic(part, y, penalty, begin, tolerance)
        weights = np.zeros(X.shape[1])
        weights[kept] = found
        wrong = weights * signs < 0
        if not wrong.any():
            return intercept, weights
        kept &= ~wrong


def _column_signs(encoder: LinearEncoder, signs: Mapping[str, int]) -> Floats:
    """The sign of each encoded column, 0 where it is free."""
    found = np.zeros(len(encoder.names))
    for column, start in zip(encoder.columns, encoder.starts, strict=True):
        if isinstance(column, NumberColumn):
            found[start] = signs.get(column.name, 0)
    return found


def as_linear(
    features: Sequence[Feature], encoder: LinearEncoder, X: Floats, intercept: float, weights: Floats
) -> Linear:
    """The serving form; numbers are rounded below what any decision sees, above what processors differ by."""
    read = set(encoder.features)
    return Linear(
        features=tuple(feature for feature in features if feature.name in read),
        encoder=encoder,
        weights=tuple(np.round(weights, 10).tolist()),
        intercept=round(intercept, 10),
        centre=tuple(np.round(X.mean(axis=0), 10).tolist()),
    )


def path_margins(
    features: Sequence[Feature],
    columns: Columns,
    y: Floats,
    newer: Columns,
    y_newer: Floats,
    rare_level: int,
    *,
    logs: bool = False,
    signs: Mapping[str, int] = FREE,
) -> dict[float, tuple[Floats, Floats]]:
    """Penalty → margins of the rows fitted on and of the `newer` rows, each from the solution before it.

    `y_newer` tells when a path is hopeless; the penalties after that one share its margins.
    """
    encoder = fit_linear_encoder(features, columns, rare_level, logs=logs)
    if not encoder.columns:
        rows = len(next(iter(newer.values()), np.zeros(0)))
        constant = fit_logistic(np.zeros((len(y), 0)), y, PENALTIES[0])[0]
        return dict.fromkeys(PENALTIES, (np.full(len(y), constant), np.full(rows, constant)))
    X, later = encoder.transform(columns), encoder.transform(newer)
    column_signs = _column_signs(encoder, signs)
    found: dict[float, tuple[Floats, Floats]] = {}
    start: Floats | None = None
    least = np.inf
    for penalty in PENALTIES:
        intercept, weights = fit_signed(X, y, penalty, column_signs, start, _SETTLED)
        start = np.r_[intercept, weights]
        found[penalty] = (X @ weights + intercept, later @ weights + intercept)
        loss = float(log_losses_of_margins(y_newer, found[penalty][1]).mean())
        least = min(least, loss)
        if loss > _HOPELESS * least:
            break
    last = found[penalty]
    return {penalty: found.get(penalty, last) for penalty in PENALTIES}
