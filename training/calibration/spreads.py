"""What is not known of a lead: how far each field moves margins among the leads that have it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.columns import Columns
from serving.calibration import Bounds, MonotoneMap, fields_of, log_odds, missing
from serving.scorer import Contributions, Scorer
from serving.scorers import ranges_of
from training.history import Labelled, Rows, newest_rows

_ROWS = 2000
"""Newest rows whose contributions are looked at: a standard deviation needs no more, and trees are slow."""
_LEAST = 0.02
"""A field that moves margins by less, in log-odds, is not worth asking for."""
HIDDEN = 0.5
"""Standard deviation of leads' own log-odds around what a model says of them: what its signals do not show,
what it has not learned, and how far the level moves until the answer is needed. A company's outcomes cannot
tell it, since each lead converts once: it was measured on seven simulated companies of 8,000 leads whose
truth is known (seeds 101 to 107, never used to judge), where it was 0.42 to 0.60."""


def bounds_of(
    scorer: Scorer,
    ends: tuple[MonotoneMap, MonotoneMap] | None,
    labelled: Labelled,
    rows: Rows,
    better: Scorer | None = None,
) -> Bounds | None:
    """The maps to both `ends`, and spreads, for the intervals of `scorer`, fitted on `rows`.

    Where a `better` scorer knows more of the same leads, what it says beyond `scorer` is hidden from this.
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
        hidden=_hidden(scorer, better, labelled, newest),
    )


def _hidden(scorer: Scorer, better: Scorer | None, labelled: Labelled, rows: Rows) -> float:
    """`HIDDEN`, and how far `better` moves away from `scorer` (root mean square, log-odds)."""
    if better is None:
        return HIDDEN
    own, its = (
        log_odds(one.probability(one.margin(labelled.at(rows, one.features)))) for one in (scorer, better)
    )
    return float(np.round(np.hypot(HIDDEN, np.sqrt(np.mean((own - its) ** 2))), 6))


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
