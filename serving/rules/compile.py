"""Binds a scorecard to a recipe: each rule to the features that it reads, or an error with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from features.catalogue import (
    DateAge,
    DecayedCount,
    DomainKind,
    EventCount,
    Feature,
    FieldValue,
    KeywordGroup,
    Recency,
)
from features.columns import Columns, Floats
from features.errors import LeadscoreError, ended, nearest
from features.recipe import Recipe
from serving.rules.card import Band, EventRule, Exclusion, FieldRule, Scorecard
from serving.rules.rules import CompiledRule

_REMEDY = "Correct the file, or declare the field or event kind in the recipe."
_NUMBERS = ("number", "boolean", "phone", "date")


def compile_rules(card: Scorecard, recipe: Recipe, name: str = "rules.toml") -> tuple[CompiledRule, ...]:
    """The rules of `card`, in their order, bound to `recipe`.

    Raises:
        LeadscoreError: a rule names a field or an event kind that the recipe does not declare, or reads a
            field in a way that its type has not.
    """
    fit = [_field_rule(rule, _Place(name, "fit", i, recipe)) for i, rule in enumerate(card.fit)]
    done = [
        _event_rule(rule, _Place(name, "engagement", i, recipe)) for i, rule in enumerate(card.engagement)
    ]
    out = [_exclusion(rule, _Place(name, "exclude", i, recipe)) for i, rule in enumerate(card.exclude)]
    return (*fit, *done, *out)


class _Place:
    """Where a rule stands, for errors."""

    def __init__(self, file: str, section: str, index: int, recipe: Recipe) -> None:
        self.recipe = recipe
        self._where = f"{file}: [{section}] number {index + 1}"

    def refuse(self, key: str, problem: str) -> LeadscoreError:
        return LeadscoreError(ended(f"{self._where}, key '{key}': {problem}"), _REMEDY)

    def type_of(self, field: str) -> str:
        """The declared type of `field`."""
        fields = self.recipe.lead.fields
        if field not in fields:
            hint = nearest(field, fields, "it declares") or "; it declares none"
            raise self.refuse("field", f"the recipe declares no field '{field}'{hint}")
        return fields[field].type

    def check_kinds(self, kinds: Sequence[str]) -> None:
        """Refuse event kinds that the recipe does not declare."""
        declared = self.recipe.events.kinds if self.recipe.events else {}
        for kind in kinds:
            if kind not in declared:
                hint = nearest(kind, declared, "it declares") or "; it declares no events at all"
                raise self.refuse("events", f"the recipe declares no event kind '{kind}'{hint}")


def _field_rule(rule: FieldRule, place: _Place) -> CompiledRule:
    kind = place.type_of(rule.field)
    if rule.bands:
        if kind not in _NUMBERS:
            raise place.refuse("bands", f"field '{rule.field}' is a {kind}; bands read {', '.join(_NUMBERS)}")
        number = DateAge(rule.field) if kind == "date" else FieldValue(rule.field, "number")
        return CompiledRule(rule.name, "fit", (number,), _banded(number.name, rule))
    if rule.match:
        feature = _category(rule.field, kind, place)
        table = {_canonical(word): points for word, points in rule.match.items()}
        points = _matched(feature.name, table, rule.other, rule.missing)
        return CompiledRule(rule.name, "fit", (feature,), points)
    lists = [(keywords.words, keywords.points) for keywords in rule.keywords]
    return _worded(rule, lists, rule.other, rule.missing, kind, place)


def _event_rule(rule: EventRule, place: _Place) -> CompiledRule:
    place.check_kinds(rule.events)
    if rule.silent_days is not None:
        last = Recency(rule.events)
        return CompiledRule(
            rule.name, "engagement", (last,), _silent(last.name, rule.silent_days, rule.points)
        )
    fading = rule.half_life_days
    count = EventCount(rule.events) if fading is None else DecayedCount(rule.events, fading)
    return CompiledRule(rule.name, "engagement", (count,), _counted(count.name, rule.points, rule.cap))


def _exclusion(rule: Exclusion, place: _Place) -> CompiledRule:
    kind = place.type_of(rule.field)
    if rule.keywords:
        return _worded(rule, [(rule.keywords, rule.points)], 0, 0, kind, place, exclusion=True)
    feature = _category(rule.field, kind, place)
    table = {_canonical(word): rule.points for word in rule.match}
    return CompiledRule(rule.name, "fit", (feature,), _matched(feature.name, table, 0, 0), exclusion=True)


def _category(field: str, kind: str, place: _Place) -> Feature:
    if kind == "email":
        return DomainKind(field)
    if kind != "category":
        raise place.refuse("match", f"field '{field}' is a {kind}; match reads category and email")
    return FieldValue(field, "category")


def _worded(
    rule: FieldRule | Exclusion,
    lists: Sequence[tuple[tuple[str, ...], float]],
    other: float,
    missing: float,
    kind: str,
    place: _Place,
    exclusion: bool = False,
) -> CompiledRule:
    """A rule on keywords; the first list that hits gives its points."""
    if kind != "text":
        raise place.refuse("keywords", f"field '{rule.field}' is a {kind}; keywords read text")
    groups = tuple(KeywordGroup(rule.field, " ".join(words), words) for words, _ in lists)
    points = _first_hit([g.name for g in groups], [points for _, points in lists], other, missing)
    return CompiledRule(rule.name, "fit", groups, points, exclusion)


def _banded(name: str, rule: FieldRule) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        numbers = np.asarray(columns[name], dtype=np.float64)
        total = np.where(np.isnan(numbers), rule.missing, rule.other)
        for band in reversed(rule.bands):  # backwards, so that the first band that holds a number wins
            total = np.where(_inside(numbers, band), band.points, total)
        return total[:, None]

    return points


def _inside(numbers: Floats, band: Band) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    low = -np.inf if band.lowest is None else band.lowest
    high = np.inf if band.highest is None else band.highest
    return np.asarray((numbers >= low) & (numbers < high))


def _matched(
    name: str, table: Mapping[str, float], other: float, missing: float
) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        levels = columns[name].tolist()
        found = [missing if level is None else table.get(level, other) for level in levels]
        return np.array(found, dtype=np.float64)[:, None]

    return points


def _first_hit(
    names: Sequence[str], worth: Sequence[float], other: float, missing: float
) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        found = np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in names])
        hit = found == 1.0
        first = hit & (np.cumsum(hit, axis=1) == 1)
        total = first * np.array(worth)
        # no hit: 'other' or 'missing' is told as a fact about the first list
        absent = np.isnan(found[:, 0])
        total[:, 0] += np.where(absent, missing, np.where(hit.any(axis=1), 0.0, other))
        return np.asarray(total, dtype=np.float64)

    return points


def _counted(name: str, worth: float, cap: float | None) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        count = np.asarray(columns[name], dtype=np.float64)
        total = np.where(np.isnan(count), 0.0, worth * count)
        return (total if cap is None else np.clip(total, -cap, cap))[:, None]

    return points


def _silent(name: str, days: float, worth: float) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        # a comparison with NaN is false: who never did anything is new, not silent
        silent = np.asarray(columns[name], dtype=np.float64) > days
        return np.asarray(silent * worth, dtype=np.float64)[:, None]

    return points


def _canonical(word: str) -> str:
    """As the features hold categories: casefolded, white space collapsed."""
    return " ".join(word.casefold().split())
