"""A linear model's margin and its parts as columns for trees, and the way back: from columns to features."""

from __future__ import annotations

import numpy as np

from features.columns import Columns, Floats
from serving.scorer import Contributions
from serving.scorers.linear import Linear

_STEEPEST = 2.0
"""A column's credit follows the linear parts up to this many times; the rest is spread by their size."""


def line_names(linear: Linear) -> tuple[str, ...]:
    """Names of the columns: the margin, then its part by group of features where there are several groups."""
    groups = _groups(linear)
    return ("line", *(f"line_{group}" for group in groups)) if len(groups) > 1 else ("line",)


def line_columns(linear: Linear, columns: Columns) -> Floats:
    """The columns called `line_names`, shape `(n_leads, 1 + n_groups)` or `(n_leads, 1)`."""
    return _summed(linear, linear.contributions(columns))


def by_feature(linear: Linear, columns: Columns, values: Floats) -> Contributions:
    """What trees credit to the columns called `line_names`, told of the features behind them.

    `values` has their shape. A column is a sum of the linear model's contributions cᵢ, so its credit v goes
    to them in proportion, k·cᵢ with k = v / Σcᵢ held inside [0, 2] (the rescale rule of DeepLIFT, Shrikumar
    2017); what is then left of v is spread by |cᵢ|. So no feature is credited with much more than it did,
    where large contributions cancel. Sums are kept; where all cᵢ are 0 the bias takes v.
    """
    parts = linear.contributions(columns)
    columns_of = _members(linear)
    spread, bias = np.zeros_like(parts.values), np.zeros(len(values))
    for column, members in enumerate(columns_of):
        own = parts.values[:, members]
        total, size = own.sum(axis=1), np.abs(own).sum(axis=1)
        credit = values[:, column]
        slope = np.divide(credit, total, out=np.zeros_like(credit), where=np.abs(total) > 1e-9)
        slope = np.clip(slope, 0.0, _STEEPEST)
        left = credit - slope * total
        share = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
        spread[:, members] += slope[:, None] * own + share[:, None] * np.abs(own)
        bias += np.where(size > 0, 0.0, left)
    return Contributions(parts.names, spread, bias)


def _groups(linear: Linear) -> tuple[str, ...]:
    """Groups of the features that are read, in order of first appearance."""
    group = {feature.name: feature.group for feature in linear.features}
    return tuple(dict.fromkeys(group[name] for name in linear.encoder.features))


def _members(linear: Linear) -> list[list[int]]:
    """For each column, the positions of its features among those that are read."""
    group = {feature.name: feature.group for feature in linear.features}
    names, groups = linear.encoder.features, _groups(linear)
    everything = [list(range(len(names)))]
    if len(groups) < 2:
        return everything
    return everything + [[i for i, name in enumerate(names) if group[name] == one] for one in groups]


def _summed(linear: Linear, parts: Contributions) -> Floats:
    """The margin, and contributions by group."""
    sums = np.column_stack([parts.values[:, members].sum(axis=1) for members in _members(linear)])
    sums[:, 0] += parts.bias
    return np.asarray(sums, dtype=np.float64)
