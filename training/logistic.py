"""Logistic regression on encoded columns: the strong baseline, and a candidate for the model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from features import Columns, Feature
from serving.encoding import LinearEncoder
from serving.linear import Linear
from training.encode import fit_linear_encoder
from training.newton import fit_logistic

Floats = NDArray[np.float64]

PENALTIES = (1000.0, 200.0, 30.0, 3.0, 1.0, 0.3)
"""Strongest first, so that each solution starts the next; scikit-learn's C is 1 / penalty."""
PLAIN = (3.0, 1.0, 0.3)
"""The penalties around 1 among which the baseline chooses: what a careful person would try."""


def fit_linear(
    features: Sequence[Feature], columns: Columns, y: Floats, penalty: float, rare_level: int
) -> Linear:
    """A `Linear` of all `features`, fitted on all rows of `columns`; it reads those that vary."""
    encoder = fit_linear_encoder(features, columns, rare_level)
    X = encoder.transform(columns) if encoder.columns else np.zeros((len(y), 0))
    intercept, weights = fit_logistic(X, y, penalty)
    return as_linear(features, encoder, X, intercept, weights)


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
    features: Sequence[Feature], columns: Columns, y: Floats, newer: Columns, rare_level: int
) -> dict[float, Floats]:
    """Penalty → margins of the `newer` rows, each fitted on `columns` from the solution before it."""
    encoder = fit_linear_encoder(features, columns, rare_level)
    if not encoder.columns:
        rows = len(next(iter(newer.values()), np.zeros(0)))
        constant = fit_logistic(np.zeros((len(y), 0)), y, PENALTIES[0])[0]
        return dict.fromkeys(PENALTIES, np.full(rows, constant))
    X, later = encoder.transform(columns), encoder.transform(newer)
    found: dict[float, Floats] = {}
    start: Floats | None = None
    for penalty in PENALTIES:
        intercept, weights = fit_logistic(X, y, penalty, start, tolerance=1e-7)
        start = np.r_[intercept, weights]
        found[penalty] = later @ weights + intercept
    return found
