"""What is not known of a lead: how far each field moves margins among the leads that have it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features import Columns
from serving.fitted_range import ranges_of
from serving.interval import Bounds, fields_of, missing
from serving.maps import MonotoneMap
from serving.scorer import Contributions, Scorer
from training.labelled import Labelled
from training.split import Rows, newest_rows

_ROWS = 2000
"""Newest rows whose contributions are looked at: a standard deviation needs no more, and trees are slow."""
_LEAST = 0.02
"""A field that moves margins by less, in log-odds, is nobody's next question."""


def bounds_of(
    scorer: Scorer, ends: tuple[MonotoneMap, MonotoneMap] | None, labelled: Labelled, rows: Rows
) -> Bounds | None:
    """The maps to both `ends`, and spreads, for the intervals of `scorer`, fitted on `rows`.

    None without ends: folds were too few.
    """
    if ends is None:
        return None
    lower, upper = ends
    newest = newest_rows(labelled.frame, rows, min(1.0, _ROWS / max(len(rows), 1)))
    columns = labelled.at(newest, scorer.features)
    parts = scorer.contributions(columns)
    fields = fields_of(scorer.features)
    lone = {name: [name] for name in ranges_of(scorer) if not any(name in names for names in fields.values())}
    return Bounds(
        lower=lower,
        upper=upper,
        spreads=spreads_of(parts, columns, fields),
        numbers=spreads_of(parts, columns, lone),
    )


def spreads_of(parts: Contributions, columns: Columns, groups: Mapping[str, list[str]]) -> dict[str, float]:
    """Name of a group of features → standard deviation of what they contribute together, in log-odds, among
    the leads that have any of them."""
    place = {name: position for position, name in enumerate(parts.names)}
    found = {}
    for group, names in groups.items():
        known = ~np.logical_and.reduce([missing(columns[name]) for name in names])
        total = parts.values[:, [place[name] for name in names if name in place]].sum(axis=1)
        if known.sum() > 1 and (spread := float(np.round(total[known].std(), 6))) > _LEAST:
            found[group] = spread
    return found
