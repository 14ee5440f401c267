"""The least and the most points that a scorecard can give: bands outside them stay empty for ever."""

from __future__ import annotations

import math
from typing import TypeAlias

from serving.rules.card import FieldRule, Scorecard
from serving.rules.event_rule import EventRule
from serving.rules.section import Cap

Ends: TypeAlias = tuple[float, float]
"""Least and most; open ends are infinite."""


def axis_ends(card: Scorecard, axis: str) -> Ends:
    """The ends of all rules of `axis` ('fit', 'engagement') together, within the caps, before exclusions."""
    rules = card.fit if axis == "fit" else card.engagement
    groups: dict[str, Ends] = {}
    for rule in rules:
        ends = field_ends(rule) if isinstance(rule, FieldRule) else event_ends(rule)
        groups[rule.group or ""] = _added(groups.get(rule.group or "", (0, 0)), ends)
    total: Ends = (0, 0)
    for name, ends in groups.items():
        total = _added(total, _capped(ends, card.groups.get(name)))
    return _capped(total, card.groups.get(axis))


def field_ends(rule: FieldRule) -> Ends:
    """The ends of one [fit] rule."""
    lists = [*(band.points for band in rule.bands), *(words.points for words in rule.keywords)]
    worth = [*lists, *rule.match.values(), rule.other, rule.missing]
    return min(worth), max(worth)


def event_ends(rule: EventRule) -> Ends:
    """The ends of one [engagement] rule: 0 is always among them."""
    worth = [0.0, rule.points or 0.0, rule.first or 0.0]
    if rule.ranges:
        worth += [band.points for band in rule.ranges]
    elif rule.once_a_day:
        worth = [0.0, (rule.points or 0.0) * rule.days]
    elif rule.silent_days is None and rule.points:  # any number of events may come
        worth.append(math.copysign(math.inf, rule.points))
    cap = math.inf if rule.cap is None else rule.cap
    return max(min(worth), -cap), min(max(worth), cap)


def _added(one: Ends, other: Ends) -> Ends:
    return one[0] + other[0], one[1] + other[1]


def _capped(ends: Ends, cap: Cap | None) -> Ends:
    if cap is None:
        return ends
    least = -math.inf if cap.least is None else cap.least
    most = math.inf if cap.most is None else cap.most
    return min(max(ends[0], least), most), max(min(ends[1], most), least)
