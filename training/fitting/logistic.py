"""Logistic regression on encoded columns: the strong baseline, and a candidate for the model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from features.catalogue import Feature
from features.columns import Columns, Floats
from serving.scorers import Linear, LinearEncoder, NumberColumn
from training.figures.newton import Curvature, fit_logistic
from training.fitting.encode import PLAINLY, Leads, Reading, fit_linear_encoder

FREE: Mapping[str, int] = MappingProxyType({})
"""No declared signs."""


def fit_linear(
    features: Sequence[Feature],
    columns: Columns,
    y: Floats,
    penalty: float,
    rare_level: int,
    *,
    reading: Reading = PLAINLY,
    signs: Mapping[str, int] = FREE,
    importance: Floats | None = None,
    calendars: Collection[str] = (),
    leads: Leads = None,
) -> Linear:
    """A `Linear` of all `features`, fitted on all rows of `columns`; it reads those that vary.

    `reading` says how it reads them; `signs` holds the declared sign of some features, `importance` how much
    each row counts; `calendars` may go on beyond the values of `columns` (see `number_range`); levels are
    counted in `leads`.
    """
    encoder = fit_linear_encoder(features, columns, rare_level, reading, calendars, leads)
    X = encoder.transform(columns) if encoder.columns else np.zeros((len(y), 0))
    intercept, weights = fit_signed(X, y, penalty, column_signs(encoder, signs), importance=importance)
    return as_linear(features, encoder, X.mean(axis=0), intercept, weights)


def fit_signed(
    X: Floats,
    y: Floats,
    penalty: float,
    signs: Floats,
    start: Floats | None = None,
    tolerance: float = 1e-10,
    importance: Floats | None = None,
    curvature: Curvature | None = None,
) -> tuple[float, Floats]:
    """As `fit_logistic`, with weights whose sign is `signs` (0: free, NaN: none), shape `(n_columns,)`.

    Columns whose weight comes out against its sign are left out, until none does.
    """
    kept = ~np.isnan(signs)
    while True:
        whole = bool(kept.all())
        part, begin, near = (X, start, curvature) if whole else (X[:, kept], None, None)
        intercept, found = fit_logistic(part, y, penalty, begin, tolerance, importance, near)
        weights = np.zeros(X.shape[1])
        weights[kept] = found
        wrong = kept & (weights * np.nan_to_num(signs) < 0)
        if not wrong.any():
            return intercept, weights
        kept &= ~wrong


def column_signs(encoder: LinearEncoder, signs: Mapping[str, int]) -> Floats:
    """The sign of each encoded column, 0 where it is free.

    A feature with a sign keeps it at every age: crossed with the age it has no column (NaN).
    """
    found = np.zeros(len(encoder.owner))
    for column, start in zip(encoder.columns, encoder.starts, strict=True):
        if isinstance(column, NumberColumn):
            found[start] = signs.get(column.name, 0)
    return found if encoder.crossed is None else np.r_[found, np.where(found == 0, 0.0, np.nan)]


def as_linear(
    features: Sequence[Feature], encoder: LinearEncoder, centre: Floats, intercept: float, weights: Floats
) -> Linear:
    """The serving form; numbers are rounded below what any decision sees, above what processors differ by."""
    read = set(encoder.features)
    return Linear(
        features=tuple(feature for feature in features if feature.name in read),
        encoder=encoder,
        weights=tuple(np.round(weights, 10).tolist()),
        intercept=round(intercept, 10),
        centre=tuple(np.round(centre, 10).tolist()),
    )
