"""The examples of a scorecard tried: what its rules make of each, beside what it says they must."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from features.cells import parse_date
from features.clock import DAY_US, from_us
from features.errors import LeadscoreError, nearest
from features.lead import Lead, parse_lead
from features.readings import online, stack
from features.recipe import Recipe
from serving.rules.example import EXPECTED, Example
from serving.rules.lines import Lines
from serving.rules.rules import Item, Rules

_REMEDY = "Correct the example; its fields and events are named as in the recipe."


@dataclass(frozen=True)
class TriedExample:
    """One example: its `line`, what differs (key, expected, found), and how its points come about."""

    name: str
    line: int | None
    differs: list[tuple[str, object, object]]
    items: list[Item]

    @property
    def passed(self) -> bool:
        """Whether the rules made of it all that it expects."""
        return not self.differs

    def row(self) -> tuple[object, ...]:
        """Line, example, result and points, as they are printed."""
        said = [
            f"{key} {_words(found)}, expected {_words(expected)}" for key, expected, found in self.differs
        ]
        points = "; ".join(f"{item.name} {item.points:+.4g}" for item in self.items)
        return self.line, self.name, "; ".join(said) or "as expected", points

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        return asdict(self) | {"passed": self.passed}


def tried(rules: Rules, recipe: Recipe, text: str, name: str = "rules.toml") -> list[TriedExample]:
    """Every example of `rules`, whose file is `text`, in the file's order.

    Raises:
        LeadscoreError: an example has a field, an event or a date that the recipe cannot read.
    """
    lines = Lines(name, text)
    return [_tried(rules, recipe, one, index, lines) for index, one in enumerate(rules.card.example)]


def _tried(rules: Rules, recipe: Recipe, example: Example, index: int, lines: Lines) -> TriedExample:
    place = f"{lines.place(('example', index))}: [example] number {index + 1}"
    columns = stack(rules.features, [online(rules.features, _lead(recipe, example, place))])
    fit, engagement, excluded = rules.read(columns)
    total = float(fit[0] + engagement[0])
    found: dict[str, object] = {
        "fit": float(fit[0]),
        "engagement": float(engagement[0]),
        "total": total,
        "grade": rules.grades(fit, engagement)[0],
        "mql": total >= rules.card.cuts.mql and not excluded[0],
        "excluded_by": excluded[0],
    }
    _check_names(rules, example, place)
    expected = [(key, getattr(example, key)) for key in EXPECTED if getattr(example, key) is not None]
    differs = [(key, value, found[key]) for key, value in expected if not _alike(value, found[key])]
    return TriedExample(example.name, lines.line(("example", index)), differs, rules.itemised(columns)[0])


def _lead(recipe: Recipe, example: Example, place: str) -> Lead:
    """The example as a request would bring it."""
    try:
        as_of_us = parse_date(example.as_of, recipe.recipe.zone)
    except ValueError:
        raise LeadscoreError(
            f"{place}, key 'as_of': is not a date or date-time in ISO 8601.", _REMEDY
        ) from None
    _check_kinds(recipe, example, place)
    events = [
        {"kind": event.kind, "occurred_at": _before(as_of_us, event.days_ago)} for event in example.events
    ]
    created = _before(as_of_us, example.created_days_ago) if recipe.dated else None
    try:
        return parse_lead(
            recipe,
            lead_id="example",
            fields=example.fields,
            events=events,
            as_of_us=as_of_us,
            created_at=created,
        )
    except LeadscoreError as error:
        raise LeadscoreError(f"{place}: {error.problem}", _REMEDY) from None


def _check_kinds(recipe: Recipe, example: Example, place: str) -> None:
    """A kind that the recipe does not declare would be left out without a word."""
    declared = recipe.events.kinds if recipe.events else {}
    for event in example.events:
        if event.kind not in declared:
            hint = nearest(event.kind, declared, "it declares") or "; it declares no events at all"
            problem = f"the recipe declares no event kind '{event.kind}'{hint}"
            raise LeadscoreError(f"{place}, key 'events': {problem}", _REMEDY)


def _check_names(rules: Rules, example: Example, place: str) -> None:
    known = [rule.name for rule in rules.card.exclude]
    for name in example.excluded_by or ():
        if name not in known:
            hint = nearest(name, known, "there are") or "; there is none"
            raise LeadscoreError(f"{place}, key 'excluded_by': no [exclude] is named '{name}'{hint}", _REMEDY)


def _before(as_of_us: int, days: float) -> str:
    return from_us(as_of_us - round(days * DAY_US)).isoformat()


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "nobody"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _alike(expected: object, found: object) -> bool:
    if isinstance(expected, float) and isinstance(found, float):
        return math.isclose(expected, found, abs_tol=0.05 + 1e-9, rel_tol=0)
    if isinstance(expected, tuple) and isinstance(found, tuple):
        return set(expected) == set(found)
    return expected == found
