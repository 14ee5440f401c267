"""Binds a scorecard to a recipe: each rule to the features that it reads, or an error with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from features.catalogue import DateAge, DomainKind, EventCount, Feature, FieldValue, KeywordGroup, answers_of
from features.cells import email_label
from features.columns import Columns, Floats, numbers_of
from features.errors import LeadscoreError, ended, nearest
from features.recipe import Recipe
from serving.rules.card import Exclusion, FieldRule, Scorecard
from serving.rules.event_rule import EventRule
from serving.rules.events import event_points, product_of
from serving.rules.lines import Lines
from serving.rules.rules import CompiledRule
from serving.rules.section import BandTable

_REMEDY = "Correct the file, or declare the field or event kind in the recipe."
_NUMBERS = ("number", "boolean", "phone", "date")


def compile_rules(card: Scorecard, recipe: Recipe, lines: Lines | None = None) -> tuple[CompiledRule, ...]:
    """The rules of `card`, in their order, bound to `recipe`.

    Raises:
        LeadscoreError: rules that name a field or an event kind that the recipe does not declare, or read a
            field in a way that its type has not; all of them, a line each.
    """
    lines = lines or Lines("rules.toml", "")
    found: list[CompiledRule] = []
    refused: list[str] = []
    for section, bind in _BINDERS.items():
        for index, rule in enumerate(getattr(card, section)):
            try:
                found.append(bind(rule, _Place(lines, section, index, recipe)))
            except LeadscoreError as error:
                refused.append(error.problem)
    if refused:
        raise LeadscoreError("\n".join(refused), _REMEDY)
    return tuple(found)


class _Place:
    """Where a rule stands, for errors."""

    def __init__(self, lines: Lines, section: str, index: int, recipe: Recipe) -> None:
        self.recipe = recipe
        self._lines = lines
        self._where = (section, index)

    def refuse(self, key: str, problem: str) -> LeadscoreError:
        section, index = self._where
        place = self._lines.place((*self._where, key))
        said = f"{place}: [{section}] number {index + 1}, key '{key}': {problem}"
        return LeadscoreError(ended(said), _REMEDY)

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
    if (answers := _answers(rule.field, place.recipe)) is not None:
        if not rule.bands:
            raise place.refuse("field", f"'{rule.field}' is a number of items; it is read by bands")
        return CompiledRule(rule.name, "fit", (answers,), _banded(answers.name, rule), group=rule.group)
    kind = place.type_of(rule.field)
    if rule.bands:
        if kind not in _NUMBERS:
            raise place.refuse("bands", f"field '{rule.field}' is a {kind}; bands read {', '.join(_NUMBERS)}")
        number = DateAge(rule.field) if kind == "date" else FieldValue(rule.field, "number")
        return CompiledRule(rule.name, "fit", (number,), _banded(number.name, rule), group=rule.group)
    if rule.match:
        feature = _category(rule.field, kind, place)
        table = {_canonical(word): points for word, points in rule.match.items()}
        points = _matched(feature.name, table, rule.other, rule.missing)
        return CompiledRule(rule.name, "fit", (feature,), points, group=rule.group)
    lists = [(keywords.words, keywords.points) for keywords in rule.keywords]
    return _worded(rule, rule.field, lists, (rule.other, rule.missing), kind, place)


def _answers(field: str, recipe: Recipe) -> Feature | None:
    """The items of the checklist that a rule counts: `bant.answered`, `bant.negative`."""
    checklist = answers_of(recipe) or ()
    return next((one for one in checklist if field == f"{one.called}.{one.what}"), None)


def _event_rule(rule: EventRule, place: _Place) -> CompiledRule:
    place.check_kinds(rule.events)
    features, points = event_points(rule)
    product = product_of(rule)
    return CompiledRule(rule.name, "engagement", features, points, group=rule.group, product=product)


def _exclusion(rule: Exclusion, place: _Place) -> CompiledRule:
    if rule.events:
        place.check_kinds(rule.events)
        count = EventCount(rule.events)
        return CompiledRule(rule.name, "fit", (count,), _ever(count.name, rule.points), exclusion=True)
    field = rule.field or ""
    kind = place.type_of(field)
    if rule.keywords:
        return _worded(rule, field, [(rule.keywords, rule.points)], (0, 0), kind, place)
    feature: Feature
    if rule.domains:
        feature, words = _owner(field, kind, place), [_owner_of(domain, place) for domain in rule.domains]
    else:
        feature, words = _category(field, kind, place), [_canonical(word) for word in rule.match]
    points = _matched(feature.name, dict.fromkeys(words, rule.points), 0, 0)
    return CompiledRule(rule.name, "fit", (feature,), points, exclusion=True)


def _owner(field: str, kind: str, place: _Place) -> Feature:
    """The name that a business address's domain is registered under."""
    if kind != "email":
        raise place.refuse("domains", f"field '{field}' is a {kind}; domains read email")
    return FieldValue(f"{field}.label", "category")


def _owner_of(domain: str, place: _Place) -> str:
    label = email_label(f"x@{domain.removeprefix('@')}")
    if label is None:
        raise place.refuse("domains", f"'{domain}' is no company's domain, such as acme.com")
    return label


def _category(field: str, kind: str, place: _Place) -> Feature:
    if kind == "email":
        return DomainKind(field)
    if kind != "category":
        raise place.refuse("match", f"field '{field}' is a {kind}; match reads category and email")
    return FieldValue(field, "category")


def _worded(
    rule: FieldRule | Exclusion,
    field: str,
    lists: Sequence[tuple[tuple[str, ...], float]],
    others: tuple[float, float],
    kind: str,
    place: _Place,
) -> CompiledRule:
    """A rule on keywords; the first list that hits gives its points, else `others`: (other, missing)."""
    if kind != "text":
        raise place.refuse("keywords", f"field '{field}' is a {kind}; keywords read text")
    groups = tuple(KeywordGroup(field, " ".join(words), words) for words, _ in lists)
    points = _first_hit(tuple(g.name for g in groups), [points for _, points in lists], *others)
    group = rule.group if isinstance(rule, FieldRule) else None
    return CompiledRule(rule.name, "fit", groups, points, isinstance(rule, Exclusion), group)


def _banded(name: str, rule: FieldRule) -> Callable[[Columns], Floats]:
    table = BandTable(rule.bands)

    def points(columns: Columns) -> Floats:
        numbers = np.asarray(columns[name], dtype=np.float64)
        return table.of(numbers, np.where(np.isnan(numbers), rule.missing, rule.other))[:, None]

    return points


def _matched(
    name: str, table: Mapping[str, float], other: float, missing: float
) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        levels = columns[name].tolist()
        found = [missing if level is None else table.get(level, other) for level in levels]
        return np.array(found, dtype=np.float64)[:, None]

    return points


def _first_hit(
    names: tuple[str, ...], worth: Sequence[float], other: float, missing: float
) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        found = numbers_of(columns, names).T
        hit = found == 1.0
        first = hit & (np.cumsum(hit, axis=1) == 1)
        total = first * np.array(worth)
        # no hit: 'other' or 'missing' is told as a fact about the first list
        absent = np.isnan(found[:, 0])
        total[:, 0] += np.where(absent, missing, np.where(hit.any(axis=1), 0.0, other))
        return np.asarray(total, dtype=np.float64)

    return points


def _ever(name: str, worth: float) -> Callable[[Columns], Floats]:
    def points(columns: Columns) -> Floats:
        # where events were not given the count is NaN, which is no reason to exclude
        return np.asarray((np.asarray(columns[name], dtype=np.float64) > 0) * worth, dtype=np.float64)[
            :, None
        ]

    return points


_BINDERS: dict[str, Callable[[Any, _Place], CompiledRule]] = {
    "fit": _field_rule,
    "engagement": _event_rule,
    "exclude": _exclusion,
}
"""Sections of rules and how one of each is bound, in the order in which their points are told."""


def _canonical(word: str) -> str:
    """As the features hold categories: casefolded, white space collapsed."""
    return " ".join(word.casefold().split())
