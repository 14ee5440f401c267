"""What a lead's events are worth: counted, faded, by day or by range; each bound to the features it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from features.catalogue import ActiveDays, DecayedCount, EventCount, Feature, Recency
from features.columns import Columns, Floats
from serving.rules.event_rule import DecayStep, EventRule
from serving.rules.product import Product
from serving.rules.section import Band, BandTable

Bound: TypeAlias = tuple[tuple[Feature, ...], Callable[[Columns], Floats]]
"""The features that a rule reads, and its points of shape `(n_leads, len(features))`."""
_UNIT = 1e9
"""A faded event counts in billionths, as `DecayedCount` has it."""


def event_points(rule: EventRule) -> Bound:
    """The features and points of an engagement rule."""
    if rule.silent_days is not None:
        last = Recency(rule.events)
        return (last,), _silent(last.name, rule.silent_days, rule.points or 0)
    if rule.ranges:
        count = EventCount(rule.events, rule.within_days)
        return (count,), _ranged(count.name, rule.ranges)
    counted = _counted(rule)
    newest = None if rule.first is None else Recency(rule.events)
    features = counted.features if newest is None else (*counted.features, newest)
    return features, _summed(rule, counted, len(features), newest.name if newest else None)


def product_of(rule: EventRule) -> Product | None:
    """The same points where they are one number times the rule's points, None where they are not."""
    if rule.silent_days is not None or rule.ranges or rule.steps or rule.first is not None:
        return None
    (feature,) = _counted(rule).features
    return Product(feature.name, rule.points or 0.0, np.inf if rule.cap is None else rule.cap)


@dataclass(frozen=True)
class _Counted:
    """`total(columns)` is the sum of the events' weights, `weight(ages)` that of one event by its age."""

    features: tuple[Feature, ...]
    total: Callable[[Columns], Floats]
    weight: Callable[[Floats], Floats]


def _counted(rule: EventRule) -> _Counted:
    if rule.steps:
        return _stepped(rule.events, rule.steps)
    if rule.half_life_days is not None:
        rate = -1.0 / rule.half_life_days
        faded = DecayedCount(rule.events, rule.half_life_days)
        return _Counted(
            (faded,), _column(faded.name), lambda age: np.floor(2.0 ** (age * rate) * _UNIT + 0.5) / _UNIT
        )
    if rule.once_a_day:
        days = ActiveDays(rule.events, rule.days)
        return _Counted((days,), _column(days.name), np.ones_like)
    within = np.inf if rule.within_days is None else rule.within_days
    count = EventCount(rule.events, rule.within_days)
    return _Counted((count,), _column(count.name), lambda age: np.asarray(age < within, dtype=np.float64))


def _stepped(kinds: tuple[str, ...], steps: tuple[DecayStep, ...]) -> _Counted:
    """Each event keeps 1 until the first step, then what the last step that it has reached says."""
    ends = [step.after_days for step in steps]
    keeps = np.array([1.0, *(step.keep for step in steps)])
    counts = [*(EventCount(kinds, end) for end in ends), EventCount(kinds)]

    def total(columns: Columns) -> Floats:
        sofar = np.column_stack([np.asarray(columns[count.name], dtype=np.float64) for count in counts])
        return np.asarray(np.diff(sofar, axis=1, prepend=0.0) @ keeps, dtype=np.float64)

    return _Counted(tuple(counts), total, lambda age: keeps[np.searchsorted(ends, age, side="right")])


def _column(name: str) -> Callable[[Columns], Floats]:
    return lambda columns: np.asarray(columns[name], dtype=np.float64)


def _summed(
    rule: EventRule, counted: _Counted, width: int, newest: str | None
) -> Callable[[Columns], Floats]:
    """All points stand under the first feature, in whose words they are told."""
    worth, cap = rule.points or 0.0, rule.cap

    def points(columns: Columns) -> Floats:
        weights = counted.total(columns)
        total = worth * weights
        if newest is not None and rule.first is not None:
            age = np.asarray(columns[newest], dtype=np.float64)
            latest = np.where(np.isnan(age), 0.0, counted.weight(np.nan_to_num(age)))
            # the newest event is one of those counted: what is left is that of the others
            total = rule.first * latest + worth * np.maximum(weights - latest, 0.0)
        total = np.where(np.isnan(weights), 0.0, total)
        return _beside(total if cap is None else np.clip(total, -cap, cap), width)

    return points


def _ranged(name: str, ranges: tuple[Band, ...]) -> Callable[[Columns], Floats]:
    table = BandTable(ranges)

    def points(columns: Columns) -> Floats:
        count = np.asarray(columns[name], dtype=np.float64)
        return table.of(count, np.zeros(len(count)))[:, None]

    return points


def _silent(name: str, days: float, worth: float) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        # a comparison with NaN is false: who never did anything is new, not silent
        silent = np.asarray(columns[name], dtype=np.float64) > days
        return np.asarray(silent * worth, dtype=np.float64)[:, None]

    return points


def _beside(total: Floats, width: int) -> Floats:
    points = np.zeros((len(total), width))
    points[:, 0] = total
    return points
