"""A linear model's margin and its parts as columns for trees, and the way back: from columns to features."""

from __future__ import annotations

import numpy as np

from features.columns import Columns, Floats, held
from serving.scorer import Contributions
from serving.scorers.linear import Linear

_STEEPEST = 2.0
"""A column's credit follows the linear parts up to this many times; the rest is spread by their size."""


def line_names(linear: Linear) -> tuple[str, ...]:
    """Names of the columns: the margin, then its part by group of features where there are several groups."""
    groups = linear.groups
    return ("line", *(f"line_{group}" for group in groups)) if len(groups) > 1 else ("line",)


def line_columns(linear: Linear, columns: Columns) -> Floats:
    """The columns called `line_names`, shape `(n_leads, 1 + n_groups)` or `(n_leads, 1)`."""
    return columns_of(linear, linear.contributions(columns))


def columns_of(linear: Linear, parts: Contributions) -> Floats:
    """`line_columns` where the linear model's contributions are `parts`: the margin, and sums by group."""
    groups = linear.places.members if len(linear.groups) > 1 else []
    sums = np.empty((len(parts.values), 1 + len(groups)))
    sums[:, 0] = _added(parts.values) + parts.bias
    for column, members in enumerate(groups, 1):
        sums[:, column] = _added(parts.values[:, members])
    return sums


def _added(values: Floats) -> Floats:
    """The sum of each row, one number after the other: that of `sum` differs with the number of rows."""
    if not values.shape[1]:
        return np.zeros(len(values))
    return np.asarray(np.cumsum(values, axis=1)[:, -1], dtype=np.float64)


def by_feature(linear: Linear, parts: Contributions, values: Floats) -> Contributions:
    """What trees credit to the columns called `line_names`, told of the features behind them.

    `parts` are the linear model's contributions cᵢ, `values` has the shape of `line_columns`. A column is a
    sum of some cᵢ, so its credit v goes to them in proportion, k·cᵢ with k = v / Σcᵢ held inside [0, 2] (the
    rescale rule of DeepLIFT, Shrikumar 2017); what is then left of v is spread by |cᵢ|. So no feature is
    credited with much more than it did, where large contributions cancel. Sums are kept; where all cᵢ are 0
    the bias takes v.
    """
    sizes = np.abs(parts.values)
    total, size = _sums(linear, parts.values), _sums(linear, sizes)
    slope = np.divide(values, total, out=np.zeros_like(values), where=np.abs(total) > 1e-9)
    slope = held(slope, 0.0, _STEEPEST)
    left = values - slope * total
    share = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
    bias = np.where(size > 0, 0.0, left).sum(axis=1)
    rate, rest = slope[:, :1], share[:, :1]
    if values.shape[1] > 1:
        owner = linear.places.owner
        rate, rest = rate + slope[:, 1:][:, owner], rest + share[:, 1:][:, owner]
    return Contributions(parts.names, rate * parts.values + rest * sizes, bias)


def _sums(linear: Linear, values: Floats) -> Floats:
    """Of `values` by feature the sums by column, in the shape of `line_columns`."""
    whole = values.sum(axis=1, keepdims=True)
    if len(linear.groups) < 2:
        return np.asarray(whole, dtype=np.float64)
    places = linear.places
    return np.hstack([whole, np.add.reduceat(values[:, places.order], places.starts, axis=1)])
