"""Features that a recipe adds to the default set, checked against what the recipe declares."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfoNotFoundError

from features.catalogue.feature import Feature
from features.catalogue.fields import FieldValue
from features.catalogue.json import load_features
from features.catalogue.texts import KeywordGroup
from features.cells.fields import stored_type
from features.clock.zones import offsets
from features.errors import LeadscoreError, nearest
from features.lead.patterns import MASK_DAYS
from features.recipe import Recipe

_TYPES = {
    ("keyword_group", "field"): ("text",), ("domain_kind", "field"): ("email",),
    ("date_age", "field"): ("date",), ("date_day", "field"): ("date",), ("company_age", "field"): ("number",),
    ("same_company", "email"): ("email",), ("same_touch", "first"): ("category",),
    ("same_touch", "last"): ("category",), ("date_gap", "first"): ("date",), ("date_gap", "last"): ("date",),
}  # fmt: skip
"""Types that a field must have where a kind of feature names it."""
_OF_TIME = ("date_age", "company_age", "lead_age", "wall_clock")


def added_features(recipe: Recipe) -> tuple[Feature, ...]:
    """The features of `[features] add`.

    Raises:
        LeadscoreError: one is no known feature, or names a kind or field that the recipe does not declare,
            a field of another type, a window of no length, or a zone that does not exist.
    """
    features = load_features(recipe.features.add, source="recipe: [features] add")
    for place, feature in enumerate(features, start=1):
        for problem in _problems(recipe, feature):
            raise LeadscoreError(
                f"recipe: [features] add: feature {place} ({_kind(feature)}): {problem}",
                "Correct it in the recipe, or take it out.",
            )
    return features


def _kind(feature: Feature) -> str:
    return str(getattr(feature, "type", ""))


def _problems(recipe: Recipe, feature: Feature) -> Iterator[str]:
    if _kind(feature) == "activity":
        yield "is fitted by training, which tries it unasked ([features] activity)."
    yield from _of_events(recipe, feature)
    for role in ("field", "email", "company", "first", "last"):
        if (name := getattr(feature, role, None)) is not None:
            yield from _of_field(recipe, feature, role, str(name))
    for name in getattr(feature, "fields", ()):
        yield from _of_field(recipe, feature, "fields", name)
    if isinstance(feature, KeywordGroup) and not any(word.strip() for word in feature.keywords):
        yield "keywords are empty."
    if _kind(feature) in _OF_TIME and not recipe.dated:
        yield "counts time to a moment, and the recipe has no [lead] created_at."
    yield from _of_numbers(feature)
    try:
        offsets(getattr(feature, "zone", "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        yield "zone is not an IANA time zone such as 'UTC' or 'Europe/Paris'."


def _of_events(recipe: Recipe, feature: Feature) -> Iterator[str]:
    if recipe.events is None:
        if feature.tallies:
            yield "looks at events, and the recipe has no [events]."
        return
    known = list(recipe.events.kinds)
    for kind in getattr(feature, "kinds", ()):
        if kind not in known:
            yield f"kind '{kind}' is not among [events.kinds]{nearest(kind, known)}"


def _of_field(recipe: Recipe, feature: Feature, role: str, name: str) -> Iterator[str]:
    declared = recipe.lead.fields.get(name)
    if declared is None:
        yield f"{role} '{name}' is not among [lead.fields]{nearest(name, list(recipe.lead.fields))}"
        return
    accepted = _TYPES.get((_kind(feature), role))
    if accepted is not None and declared.type not in accepted:
        yield f"{role} '{name}' is a {declared.type}; here a {accepted[0]} is needed."
    if isinstance(feature, FieldValue):
        stored = {"number": "float64", "category": "string"}[feature.dtype]
        if stored_type(declared) != stored:
            yield f"field '{name}' is a {declared.type}, which is no {feature.dtype}."
    if (_kind(feature), role) == ("same_company", "company") and declared.means not in ("company", "domain"):
        yield f"company '{name}' does not mean company or domain."


def _of_numbers(feature: Feature) -> Iterator[str]:
    for key in ("window_days", "half_life_days"):
        days = getattr(feature, key, None)
        if days is not None and not 0 < days < float("inf"):
            yield f"{key} is {days:g}; it must be more than 0."
    for key in ("days", "at_most"):
        days = getattr(feature, key, None)
        if days is not None and not 1 <= days <= MASK_DAYS:
            yield f"{key} is {days}; it must be 1 to {MASK_DAYS}."
