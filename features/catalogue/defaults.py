"""The default features of a recipe: the catalogue of the field, derived from what the recipe declares."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from itertools import combinations

from features.catalogue.accounts import AccountCount
from features.catalogue.added import added_features
from features.catalogue.events import DecayedCount, EventCount, FirstEventDelay, Recency, ValueTotal
from features.catalogue.feature import Feature
from features.catalogue.fields import DateAge, DateGap, FieldValue, Filled, SameTouch, answers_of
from features.catalogue.keywords import FUNCTION, SENIORITY
from features.catalogue.patterns import ActiveDays, DistinctKinds, EdgeKind, LongestStreak, Trend
from features.catalogue.shares import Activity, EventShare, WorkingShare
from features.catalogue.texts import DomainKind, KeywordGroup, SameCompany
from features.catalogue.times import CompanyAge, DateDay, LeadAge, WallClock
from features.errors import LeadscoreError, nearest
from features.lead.patterns import MASK_DAYS
from features.recipe import Recipe, usable
from features.recipe.crm import LeadField

_ACTIVE_DAYS = 30
_MOST_DATES = 5
_OWN = ("interest", "intent")
"""Meanings of what the lead does itself: its touches, beside what is done to it."""


def default_features(recipe: Recipe, *, events: bool = True) -> tuple[Feature, ...]:
    """Every feature that the recipe's declarations allow, minus `features.off`, plus `features.add`.

    With `events=False` those that look at events are left out: the set for leads whose events are not given.
    Names are deterministic and unique; the order is that of the recipe.

    Raises:
        LeadscoreError: an added feature is not accepted, two features have the same name, or a name in
            `off` matches none.
    """
    features = [*_field_features(recipe), *_time_features(recipe)]
    if recipe.events is not None:
        features += _event_features(recipe)
    if recipe.features.accounts:
        features += _account_features(recipe)
    features += added_features(recipe)
    features = _without(features, recipe.features.off)
    _check_names(features)
    return tuple(feature for feature in features if events or not _looks_at_events(feature))


def kinds_off(recipe: Recipe) -> tuple[str, ...]:
    """Kinds of events of whose own features `[features] off` leaves none. The share of a meaning, the newest
    kind and what counts any kind are no kind's own."""
    left = {feature.name for feature in default_features(recipe)}
    added = added_features(recipe)

    def own(kind: str) -> set[str]:
        named = [one for one in added if getattr(one, "kinds", ()) == (kind,)]
        return {one.name for one in (*_of_kinds(recipe, (kind,), None), *named)}

    return tuple(kind for kind in recipe.events.kinds if not own(kind) & left) if recipe.events else ()


def _looks_at_events(feature: Feature) -> bool:
    if isinstance(feature, Activity):
        return True
    return bool(feature.tallies) or (isinstance(feature, AccountCount) and feature.what == "events")


def _field_features(recipe: Recipe) -> list[Feature]:
    fields = {name: field for name, field in recipe.lead.fields.items() if usable(recipe, name)}
    features: list[Feature] = []
    for name, field in fields.items():
        features += _of_field(name, field, dated=recipe.dated)
    features += [*_same_company(fields), *_same_touch(fields), *_date_gaps(fields)]
    if len(fields) > 1:
        features.append(Filled(tuple(fields), called="record"))
    checklist = answers_of(recipe)
    if checklist is not None and set(checklist[0].fields) <= set(fields):
        features += checklist
    return features


def _of_field(name: str, field: LeadField, *, dated: bool) -> list[Feature]:
    """What one field says; without dates there is no moment to count an age to."""
    if field.means == "founded" and field.type == "number" and dated:
        return [CompanyAge(name)]
    origin = field.means in ("origin", "campaign", "cost")
    if field.means == "title":
        groups = {**SENIORITY, **FUNCTION}
        found: list[Feature] = [KeywordGroup(name, called, words) for called, words in groups.items()]
        return [*found, Filled((name,), called=name)]
    match field.type:
        case "number" | "boolean" | "phone":
            return [FieldValue(name, "number", "origin" if origin else "fit")]
        case "category":
            return [FieldValue(name, "category", "origin" if origin else "fit")]
        case "email":
            return [DomainKind(name)]
        case "date":
            return [DateAge(name)] if dated else [DateDay(name), Filled((name,), called=name)]
        case "text":
            return [Filled((name,), called=name)]


def _same_company(fields: dict[str, LeadField]) -> list[Feature]:
    emails = [name for name, field in fields.items() if field.type == "email"]
    companies = [name for name, field in fields.items() if field.means in ("company", "domain")]
    return [SameCompany(email, company) for email in emails[:1] for company in companies]


def _same_touch(fields: dict[str, LeadField]) -> Iterator[Feature]:
    """For origins and campaigns: whether the last touch (a current field) is the first (a creation's)."""
    for means in ("origin", "campaign"):
        touches = {name: f.known for name, f in fields.items() if f.means == means and f.type == "category"}
        first = [name for name, known in touches.items() if known == "creation"]
        last = [name for name, known in touches.items() if known == "current"]
        if first:
            yield from (SameTouch(first[0], name) for name in last)


def _date_gaps(fields: dict[str, LeadField]) -> Iterator[Feature]:
    """The days between any two of the first dates that were known at creation: trees see no differences."""
    dates = [name for name, field in fields.items() if field.type == "date" and field.known == "creation"]
    yield from (DateGap(first, last) for first, last in combinations(dates[:_MOST_DATES], 2))


def _time_features(recipe: Recipe) -> list[Feature]:
    if not recipe.dated:
        return []
    zone = recipe.recipe.zone
    features: list[Feature] = [WallClock("creation", "hour", zone), WallClock("creation", "weekday", zone)]
    if recipe.snapshots.at_days != (0,):
        features.append(LeadAge())
    if recipe.features.season:
        features += [WallClock("as_of", "month_sin", zone), WallClock("as_of", "month_cos", zone)]
    return features


def _event_features(recipe: Recipe) -> list[Feature]:
    if recipe.events is None:
        return []
    kinds = recipe.events.kinds
    features: list[Feature] = []
    for kind in kinds:
        features += _of_kinds(recipe, (kind,), None)
    for meaning in dict.fromkeys(kinds.values()):
        members = tuple(kind for kind in kinds if kinds[kind] == meaning)
        if len(members) > 1:
            features += _of_kinds(recipe, members, meaning)
        if len(members) < len(kinds):
            features.append(EventShare(members, called=meaning))
    return [*features, *_of_kinds(recipe, (), None), *_patterns(recipe, tuple(kinds))]


def _of_kinds(recipe: Recipe, kinds: tuple[str, ...], called: str | None) -> Iterator[Feature]:
    yield EventCount(kinds, None, called)
    for days in recipe.windows.days:
        yield EventCount(kinds, days, called)
    for half_life in recipe.windows.half_life_days:
        yield DecayedCount(kinds, half_life, called)
    yield Recency(kinds, called)
    if recipe.events is not None and recipe.events.value is not None:
        yield ValueTotal(kinds, None, called)


def _account_features(recipe: Recipe) -> Iterator[Feature]:
    """What the account's other leads did and became.

    Raises:
        LeadscoreError: the recipe names no account, or no dates to tell before from after.
    """
    if recipe.lead.account_id is None or not recipe.dated:
        raise LeadscoreError(
            "recipe: [features] accounts needs [lead] account_id and created_at: whose, and since when.",
            "Name the two columns of the leads, or leave accounts out.",
        )
    yield AccountCount("leads")
    yield from (AccountCount("leads", days) for days in recipe.windows.days[-1:])
    yield AccountCount("won")
    yield AccountCount("lost")
    if recipe.events is not None:
        yield AccountCount("events")
        yield from (AccountCount("events", days) for days in recipe.windows.days)


def _patterns(recipe: Recipe, kinds: tuple[str, ...]) -> Iterator[Feature]:
    yield DistinctKinds()
    yield DistinctKinds(window_days=max(recipe.windows.days, default=_ACTIVE_DAYS))
    yield ActiveDays(days=min(_ACTIVE_DAYS, MASK_DAYS))
    yield LongestStreak(days=min(_ACTIVE_DAYS, MASK_DAYS))
    for days in recipe.windows.days[:1]:
        yield Trend(window_days=days)
    yield EdgeKind("newest", kinds)
    yield EdgeKind("oldest", kinds)
    own = tuple(kind for kind in kinds if recipe.events and recipe.events.kinds[kind] in _OWN)
    if 0 < len(own) < len(kinds):
        yield EdgeKind("newest", own, called="touch")
        yield EdgeKind("oldest", own, called="touch")
    yield FirstEventDelay()
    yield WorkingShare(recipe.recipe.zone)


def _without(features: list[Feature], off: tuple[str, ...]) -> list[Feature]:
    for pattern in off:
        if not any(fnmatchcase(feature.name, pattern) for feature in features):
            raise LeadscoreError(
                f"recipe: [features] off names '{pattern}', which no feature of this recipe matches"
                f"{nearest(pattern, [feature.name for feature in features])}",
                "Correct the name or take it out; without it 'leadscore features RECIPE' lists all names.",
            )
    return [f for f in features if not any(fnmatchcase(f.name, pattern) for pattern in off)]


def _check_names(features: list[Feature]) -> None:
    seen: set[str] = set()
    for feature in features:
        if feature.name in seen:
            raise LeadscoreError(
                f"recipe: two features are called '{feature.name}' (signs other than -. become _).",
                "Rename a field or an event kind, or give the added feature its own 'called'.",
            )
        seen.add(feature.name)
