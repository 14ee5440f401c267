"""Finds calendars in disguise: features whose newer rows lie where older rows never were.

A price index, a month, a campaign named after its quarter: they tell when a lead came, and on newer rows they
take values that no older row had. A tree knows nothing there, whatever it learned; a line at least goes on,
and for these alone somewhat beyond the range that it was fitted on (see `number_range`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features import Column, Feature
from training.labelled import Labelled
from training.split import Rows

NEW_SHARE = 0.5
"""A feature is a calendar when more than this share of some fold's newer rows is outside the older values."""


def find_calendars(
    labelled: Labelled, features: Sequence[Feature], folds: Sequence[tuple[Rows, Rows]]
) -> tuple[str, ...]:
    """Names of the features that are calendars by the forward `folds` (older rows, newer rows)."""
    return tuple(
        feature.name
        for feature in features
        if any(_new_share(labelled.columns[feature.name], older, newer) > NEW_SHARE for older, newer in folds)
    )


def _new_share(column: Column, older: Rows, newer: Rows) -> float:
    """The share of `newer` rows outside the range, or the levels, of the `older` ones; missing is inside."""
    if column.dtype == object:
        known = {*column[older].tolist(), None}
        return float(np.mean([level not in known for level in column[newer].tolist()]))
    before, after = (column[rows].astype(np.float64) for rows in (older, newer))
    before = before[~np.isnan(before)]
    if len(before) == 0:
        return float((~np.isnan(after)).mean())
    return float(((after < before.min()) | (after > before.max())).mean())
