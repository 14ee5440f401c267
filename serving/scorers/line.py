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
    groups = linear.groups
    return ("line", *(f"line_{group}" for group in groups)) if len(groups) > 1 else ("line",)


def line_columns(linear: Linear, columns: Columns) -> Floats:
    """The columns called `line_names`, shape `(n_leads, 1 + n_groups)` or `(n_leads, 1)`."""
    return columns_of(linear, linear.contributions(columns))


def columns_of(linear: Linear, parts: Contributions) -> Floats:
    """`line_columns` where the linear model's contributions are `parts`: the margin, and sums by group."""
    sums = np.column_stack([parts.values[:, members].sum(axis=1) for members in _members(linear)])
    sums[:, 0] += parts.bias
    return np.asarray(sums, dtype=np.float64)


def by_feature(linear: Linear, parts: Contributions, values: Floats) -> Contributions:
    """What trees credit to the columns called `line_names`, told of the features behind them.

    `parts` are the linear model's contributions cᵢ, `values` has the shape of `line_columns`. A column is a
    sum of some cᵢ, so its credit v goes to them in proportion, k·cᵢ with k = v / Σcᵢ held inside [0, 2] (the
    rescale rule of DeepLIFT, Shrikumar 2017); what is then left of v is spread by |cᵢ|. So no feature is
    credited with much more than it did, where large contributions cancel. Sums are kept; where all cᵢ are 0
    the bias takes v.
    """
    spread, bias = np.zeros_like(parts.values), np.zeros(len(values))
    for column, members in enumerate(_members(linear)):
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


def _members(linear: Linear) -> list[list[int]]:
    """For each column, the positions of its features among those that are read."""
    everything = [list(range(len(linear.encoder.features)))]
    return everything if len(linear.groups) < 2 else [*everything, *linear.groups.values()]
