"""Signals: what features look at, so that all that look at the same are one reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from features.catalogue import EventCount, Feature, FieldValue, KeywordGroup, Recency
from features.recipe import Recipe

Kind: TypeAlias = Literal[
    "events", "number", "category", "boolean", "email", "phone", "title", "filled", "date", "founded",
    "age", "arrival", "season", "record", "account", "checklist", "gap",
]  # fmt: skip
_OWN = frozenset({"interest", "intent"})


@dataclass(frozen=True)
class LeadSignal:
    """One thing about a lead that a reason can be about.

    `key` names it in artefacts and answers: `field:size`, `events:demo_request`, `events:intent` for kinds of
    one meaning, `age`. `features` are all that look at it. `field` is the recipe's, '' where it is of none;
    `events` the kinds that are counted (empty: any).
    """

    key: str
    kind: Kind
    features: tuple[Feature, ...]
    field: str = ""
    events: tuple[str, ...] = ()

    @property
    def is_meaning(self) -> bool:
        """Whether it is all kinds of events of one meaning, of which there are several."""
        return self.key.startswith("events:(") and self.key != "events:(own)"

    @property
    def is_number(self) -> bool:
        """Whether what is the case is first of all a number, whose fifths are told apart."""
        types = {getattr(feature, "type", "") for feature in self.features}
        undated = "date_day" in types and "date_age" not in types
        return undated or self.kind in (
            "number",
            "founded",
            "account",
            "gap",
        )

    @cached_property
    def told_by(self) -> tuple[Feature, ...]:
        """The features that words need beside those that a scorer reads: how often, and when last."""
        if self.kind != "events":
            return ()
        called = next((c for f in self.features if (c := getattr(f, "called", None))), None)
        named = called if len(self.events) > 1 else None
        return (EventCount(self.events, None, named), Recency(self.events, named))

    @cached_property
    def read(self) -> tuple[str, ...]:
        """The names of all features that its facts are read from."""
        return tuple(dict.fromkeys(feature.name for feature in (*self.features, *self.told_by)))


def signals_of(features: Iterable[Feature], recipe: Recipe) -> tuple[LeadSignal, ...]:
    """The signals that `features` look at, in the order of their first features; each feature is of one."""
    found: dict[str, tuple[Kind, list[Feature], str, tuple[str, ...]]] = {}
    for feature in features:
        key, kind, field, events = _of(feature, recipe)
        found.setdefault(key, (kind, [], field, events))[1].append(feature)
    return tuple(
        LeadSignal(key, _title_or(kind, members), tuple(members), field, events)
        for key, (kind, members, field, events) in found.items()
    )


def _of(feature: Feature, recipe: Recipe) -> tuple[str, Kind, str, tuple[str, ...]]:
    """(key, kind, field, kinds of events) of the signal that a feature looks at."""
    kind = str(getattr(feature, "type", ""))
    if kind in _ALONE:
        return _ALONE[kind], _ALONE[kind], "", ()
    if kind == "wall_clock":
        name: Kind = "arrival" if getattr(feature, "of", "") == "creation" else "season"
        return name, name, "", ()
    if kind == "date_gap":
        return feature.name, "gap", "", ()
    if kind == "filled" and len(getattr(feature, "fields", ())) != 1:
        return "record", "record", "", ()
    field = _field(feature)
    if field:
        return f"field:{field}", _kind_of(field, kind, recipe), field, ()
    events = () if kind == "edge_kind" else _all_or(tuple(getattr(feature, "kinds", ())), recipe)
    return f"events:{_called(events, recipe)}", "events", "", events


_ALONE: dict[str, Kind] = {"lead_age": "age", "account_count": "account", "answers": "checklist"}
"""Kinds of features that are a signal of their own."""


def _field(feature: Feature) -> str:
    """The field that a feature looks at: of two, the one whose value it says more of."""
    for role in ("field", "email", "last"):
        if name := getattr(feature, role, None):
            return str(name).removesuffix(".label")
    fields: tuple[str, ...] = getattr(feature, "fields", ())
    return str(fields[0]) if len(fields) == 1 else ""


def _kind_of(field: str, feature: str, recipe: Recipe) -> Kind:
    declared = recipe.lead.fields.get(field)
    if declared is None:
        return "category" if feature == "same_touch" else "filled" if feature == "filled" else "number"
    if declared.type == "number" and declared.means == "founded" and recipe.dated:
        return "founded"
    return "filled" if declared.type == "text" else declared.type


def _title_or(kind: Kind, members: list[Feature]) -> Kind:
    """A text in whose words something is looked for is more than filled or not."""
    worded = kind == "filled" and any(isinstance(member, KeywordGroup) for member in members)
    return "title" if worded else kind


def _all_or(kinds: tuple[str, ...], recipe: Recipe) -> tuple[str, ...]:
    """No kinds stand for any, and so do all of them."""
    known = recipe.events.kinds if recipe.events else {}
    return () if set(kinds) >= set(known) else kinds


def _called(kinds: tuple[str, ...], recipe: Recipe) -> str:
    """What a set of kinds is called: its one kind, its meaning, 'own' for what a lead does itself, 'any'."""
    if not kinds:
        return "any"
    if len(kinds) == 1:
        return kinds[0]
    known = dict(recipe.events.kinds) if recipe.events else {}
    sets = {str(meaning): frozenset({str(meaning)}) for meaning in known.values()}
    for name, meanings in (sets | {"own": _OWN}).items():
        if set(kinds) == {kind for kind, meaning in known.items() if meaning in meanings}:
            return f"({name})"
    return "+".join(kinds)


def owner_of(signal: LeadSignal) -> FieldValue | None:
    """The feature that holds who owns an e-mail's domain, where one of the signal does."""
    owners = (f for f in signal.features if isinstance(f, FieldValue) and f.field.endswith(".label"))
    return next(owners, None)
