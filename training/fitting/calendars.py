"""Finds features that only repeat the date: those whose newer rows lie where older rows never were.

A price index, a month, a campaign named after its quarter: they tell when a lead came, and on newer rows they
take values that no older row had. A tree knows nothing there, whatever it learned; a line at least goes on,
and for these alone somewhat beyond the range that it was fitted on (see `number_range`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from features.catalogue import Feature
from features.columns import Column, Floats
from training.fitting.encode import unit_of
from training.history import Excerpt, Labelled, Rows

NEW_SHARE = 0.5
"""A feature is a calendar when more than this share of some fold's newer rows is outside the older values."""

_SLOW = 0.9
"""Correlation of neighbours in time from which a number is that of the day, as the bank's indices are."""


def find_calendars(
    labelled: Labelled, features: Sequence[Feature], folds: Sequence[tuple[Rows, Rows]]
) -> tuple[str, ...]:
    """Names of the features that are calendars by the forward `folds` (older rows, newer rows).

    None where the rows are in no order of time.
    """
    if not labelled.timed:
        return ()
    return tuple(
        feature.name
        for feature in features
        if any(_new_share(labelled.columns[feature.name], older, newer) > NEW_SHARE for older, newer in folds)
    )


def going_on(excerpt: Excerpt, calendars: Collection[str]) -> frozenset[str]:
    """The `calendars`, and numbers that say when rather than who: nearly the same from one row to the next.

    A price index is one even where the folds lie inside its old values. Neighbours in time are other leads:
    a number of the lead itself hardly follows the one before it.
    """
    if not excerpt.labelled.timed:
        return frozenset(calendars)
    rows, columns = excerpt.rows[np.argsort(excerpt.order, kind="stable")], excerpt.labelled.columns
    numbers = (feature.name for feature in excerpt.features if feature.dtype == "number")
    slow = (name for name in numbers if _follows(columns[name][rows].astype(np.float64)))
    return frozenset((*calendars, *slow))


def _follows(numbers: Floats) -> bool:
    """Whether each number is nearly the one before: their correlation is above `_SLOW`."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < 3:
        return False
    known = known / unit_of(known)
    before, after = known[:-1] - known[:-1].mean(), known[1:] - known[1:].mean()
    size = float(np.sqrt((before @ before) * (after @ after)))
    return size > 0 and float(before @ after) > _SLOW * size


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
