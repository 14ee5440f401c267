"""What is wrong with a scorecard that can be read: rules without effect, contradictions, empty bands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from features.recipe import Recipe
from serving.review.bands import band_faults
from serving.review.range_of_points import axis_ends
from serving.review.words import word_faults
from serving.rules.card import AXES, Scorecard
from serving.rules.event_rule import EventRule
from serving.rules.lines import Lines


@dataclass(frozen=True)
class Fault:
    """Something wrong at a `line` of the file (None: not known); `place` names section and rule."""

    line: int | None
    place: str
    problem: str


def faults(card: Scorecard, recipe: Recipe, text: str) -> list[Fault]:
    """All that is wrong with `card`, whose file is `text`, by line."""
    lines = Lines("", text)
    found = [
        Fault(lines.line(where), _place(where), problem)
        for where, problem in (
            *_names(card),
            *band_faults(card),
            *word_faults(card, recipe),
            *_events(card),
            *_groups(card),
            *_empty_bands(card),
        )
    ]
    return sorted(found, key=lambda fault: (fault.line or 0, fault.place))


def _place(where: Sequence[str | int]) -> str:
    section, *rest = where
    number = f" number {int(rest.pop(0)) + 1}" if rest and isinstance(rest[0], int) else ""
    return f"[{section}]{number}" + (f", key '{rest[0]}'" if rest else "")


def _names(card: Scorecard) -> Iterator[tuple[tuple[str | int, ...], str]]:
    seen: dict[str, str] = {}
    for section in ("fit", "engagement", "exclude"):
        for index, rule in enumerate(getattr(card, section)):
            here = f"[{section}] number {index + 1}"
            if rule.name in seen:
                problem = f"{seen[rule.name]} is named '{rule.name}' too; a total could not be told apart"
                yield (section, index, "name"), problem
            seen.setdefault(rule.name, here)


def _events(card: Scorecard) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Caps that no single event fits in, and kinds of event that two rules value in opposite ways."""
    signs: dict[str, tuple[float, int]] = {}
    for index, rule in enumerate(card.engagement):
        greatest = max(abs(rule.points or 0), abs(rule.first or 0))
        if rule.cap is not None and greatest > rule.cap:
            problem = f"{rule.cap:g} is below the {greatest:g} points of one event: no lead can have them"
            yield ("engagement", index, "cap"), problem
        worth = _worth(rule)
        for kind in rule.events if worth else ():
            before, other = signs.setdefault(kind, (worth, index))
            if before * worth < 0:
                gives = "takes points for it" if before < 0 else "gives points for it"
                yield ("engagement", index, "events"), f"'{kind}': [engagement] number {other + 1} {gives}"


def _worth(rule: EventRule) -> float:
    """The sign of a rule's points; 0 for silence, which says nothing against the event, and for ranges."""
    return 0.0 if rule.silent_days is not None else (rule.points or 0.0)


def _groups(card: Scorecard) -> Iterator[tuple[tuple[str | int, ...], str]]:
    used = {rule.group for _, rule in card.grouped()}
    for name in card.groups:
        if name not in used and name not in AXES:
            yield ("groups", name), "no rule is of this group"


def _empty_bands(card: Scorecard) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Cut-offs that every lead, or none, can reach."""
    ends = {axis: axis_ends(card, axis) for axis in AXES}
    for axis, letters in (("fit", "ABC"), ("engagement", "123")):
        if not getattr(card, axis):  # without a rule there is nothing to grade, and nothing to correct
            continue
        for letter, cut in zip(letters, getattr(card.cuts, axis), strict=True):
            if cut > ends[axis][1]:
                yield ("cuts", axis), f"no lead can be {letter}: {_most(axis, ends[axis][1], cut)}"
    if not card.fit and not card.engagement:
        return
    most, least = (sum(ends[axis][end] for axis in AXES) for end in (1, 0))
    for name, called in (("mql", "an MQL"), ("warm", "warm"), ("hot", "hot")):
        cut = getattr(card.cuts, name)
        if cut > most and (name != "hot" or card.engagement):  # who only fits has shown no intention to buy
            yield ("cuts", name), f"no lead can be {called}: {_most('all', most, cut)}"
    if card.cuts.warm <= least and not math.isinf(least):
        yield ("cuts", "warm"), f"no lead can be cold: the least points of all rules are {least:g}"


def _most(axis: str, most: float, cut: float) -> str:
    rules = "all rules" if axis == "all" else f"the rules of [{axis}]"
    return f"it needs {cut:g} points, and {rules} together give {most:g} at most"
