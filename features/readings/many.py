"""The plan of features over arrays: of many leads in memory at once what `OnlinePlan.row` says of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature, FieldValue, KeywordGroup
from features.catalogue.members import Mask, OfEvents, Whole
from features.columns import Column, Columns, Layout
from features.lead import Lead, Tally
from features.lead.measures import Measure
from features.lead.segments import EventSegments

_NONE: Mapping[Any, int] = {np.minimum: np.iinfo(np.int64).max, np.maximum: -1}
"""What leaves the join of folds as it is; else 0."""
_ANY = "*"
"""Among the kinds that a measure is asked of: all of them."""
_Folds: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class _Kinds:
    """The kinds of some tallies of one measure: `places` of all, those of each from one of `starts` on; no
    places mean any kind, of one tally."""

    measure: Measure
    places: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, tallies: Sequence[Tally], place: Mapping[str, int]) -> _Kinds:
        """Those of `tallies`, whose kinds are numbered by `place`."""
        places = [place[kind] for tally in tallies for kind in tally.kinds]
        starts = np.cumsum([0, *(len(tally.kinds) for tally in tallies)], dtype=np.intp)[:-1]
        return cls(tallies[0].measure, np.array(places, dtype=np.intp), starts)


@dataclass(frozen=True)
class _Alike:
    """Features of one kind that measure the same of different kinds of events: computed at once, by any `one`
    of them. `names` are theirs, `tallies` the kinds of events of the first tally of each, of the second …"""

    one: OfEvents
    names: list[str]
    tallies: list[_Kinds]


@dataclass(frozen=True)
class _Tallies:
    """Measures of the events of leads, of shape `(n_kinds, n_leads)` each, and where there are any events.

    Each measure is taken of the kinds in `asked` alone.
    """

    segments: EventSegments
    there: NDArray[np.bool_]
    asked: Mapping[Measure, Set[str]]
    _folded: dict[Measure, _Folds] = field(default_factory=dict)
    _parts: dict[Set[str], EventSegments] = field(default_factory=dict)

    @classmethod
    def of(cls, leads: Sequence[Lead], kinds: Sequence[str], asked: Mapping[Measure, Set[str]]) -> _Tallies:
        """Those of `leads`; `kinds` are the first ones."""
        segments = EventSegments.of([lead.by_kind or {} for lead in leads], kinds)
        there = np.zeros((len(segments.kinds), len(leads)), dtype=np.bool_)
        there[segments.kind, segments.lead] = True
        return cls(segments, there, asked)

    def tally(self, kinds: _Kinds) -> tuple[Whole, Mask]:
        """Of each tally and lead `Lead.tally`, 0 where it has no such event, and whether it has any: shape
        `(n_tallies, n_leads)`."""
        folds, join = self._folds(kinds.measure), kinds.measure.join
        if len(kinds.places):
            found = join.reduceat(folds[kinds.places], kinds.starts, axis=0)
            there = np.logical_or.reduceat(self.there[kinds.places], kinds.starts, axis=0)
        else:
            found, there = join.reduce(folds, axis=0)[None], np.asarray(self.there.any(axis=0))[None]
        return np.where(there, found, 0) if join in _NONE else found, there

    def _folds(self, measure: Measure) -> _Folds:
        if measure not in self._folded:
            folds = np.full(self.there.shape, _NONE.get(measure.join, 0), dtype=np.int64)
            own = self._of_kinds(self.asked[measure])
            if len(own.starts):
                folds[own.kind, own.lead] = measure.folds(own)
            self._folded[measure] = folds
        return self._folded[measure]

    def _of_kinds(self, kinds: Set[str]) -> EventSegments:
        if _ANY in kinds:
            return self.segments
        if kinds not in self._parts:
            self._parts[kinds] = self.segments.of_kinds(kinds)
        return self._parts[kinds]


@dataclass(frozen=True)
class ArrayPlan:
    """The reading of many leads in memory for `features`, named as in `layout`; made once for many lists."""

    features: tuple[Feature, ...]
    layout: Layout

    def columns(self, leads: Sequence[Lead]) -> Columns:
        """The features of `leads` in their order: shape `(len(leads),)` each."""
        table, levels = np.empty((len(self.layout.places), len(leads))), dict[str, Any]()
        found = [self._of_texts(leads), self._of_leads(leads), self._of_events(leads, table)]
        for name, values in (pair for pairs in found for pair in pairs.items()):
            if name in self.layout.places:
                table[self.layout.places[name]] = values
            else:
                levels[name] = values
        categories: dict[str, Column] = {
            name: np.array(levels[name], dtype=object) for name in self.layout.categories
        }
        return Columns.of_table(self.layout, table, categories)

    def _of_texts(self, leads: Sequence[Lead]) -> dict[str, Any]:
        """Many lists of words are looked for in few texts."""
        found: dict[str, Any] = {}
        for name, groups in self._worded.items():
            texts, places = _distinct([lead.values.get(name) for lead in leads])
            told = np.array([[group.of_text(text) for text in texts] for group in groups])
            found |= zip((group.name for group in groups), told[:, places], strict=True)
        return found

    def _of_leads(self, leads: Sequence[Lead]) -> dict[str, Any]:
        """What looks at fields and dates alone."""
        found: dict[str, Any] = {}
        for feature in self._plain:
            if isinstance(feature, FieldValue):
                cells = [lead.values.get(feature.field) for lead in leads]  # None is NaN
                found[feature.name] = np.array(cells, dtype=np.float64) if _is_number(feature) else cells
            else:
                found[feature.name] = [feature.value(lead) for lead in leads]
        return found

    def _of_events(self, leads: Sequence[Lead], table: NDArray[np.float64]) -> dict[str, Any]:
        """What looks at events; those that are numbers and alike go to the `table` at once."""
        tallied = _Tallies.of(leads, tuple(self._place), self._asked)
        if not len(tallied.segments.starts):
            return {name: [feature.value(lead) for lead in leads] for name, feature in self._events.items()}
        given = np.array([lead.by_kind is not None for lead in leads], dtype=np.bool_)
        everywhere, found = bool(given.all()), dict[str, Any]()
        for alike in self._alike:
            told = [tallied.tally(kinds) for kinds in alike.tallies]
            numbers = alike.one.of_many([one for one, _ in told], [there for _, there in told])
            if numbers is not None:
                own = [self.layout.places[name] for name in alike.names]
                table[own] = numbers if everywhere else np.where(given, numbers, np.nan)
            else:
                found[alike.names[0]] = _one_by_one(alike.one, told, leads)
        return found

    @cached_property
    def _worded(self) -> dict[str, list[KeywordGroup]]:
        """Field → the lists of words that are looked for in it."""
        found: dict[str, list[KeywordGroup]] = {}
        for feature in self.features:
            if isinstance(feature, KeywordGroup):
                found.setdefault(feature.field, []).append(feature)
        return found

    @cached_property
    def _plain(self) -> list[Feature]:
        return [f for f in self.features if not isinstance(f, KeywordGroup | OfEvents)]

    @cached_property
    def _events(self) -> dict[str, OfEvents]:
        return {feature.name: feature for feature in self.features if isinstance(feature, OfEvents)}

    @cached_property
    def _place(self) -> dict[str, int]:
        """The kinds of events that are named, numbered."""
        return {kind: at for at, kind in enumerate(dict.fromkeys(k for t in self._tallies for k in t.kinds))}

    @cached_property
    def _tallies(self) -> list[Tally]:
        return [tally for feature in self._events.values() for tally in feature.tallies]

    @cached_property
    def _asked(self) -> dict[Measure, frozenset[str]]:
        """Each measure with the kinds that a tally asks it of."""
        asked: dict[Measure, frozenset[str]] = {}
        for tally in self._tallies:
            asked[tally.measure] = asked.get(tally.measure, frozenset()).union(tally.kinds or (_ANY,))
        return asked

    @cached_property
    def _alike(self) -> list[_Alike]:
        """All that look at events; what no array holds is alike to nothing."""
        groups: dict[Any, list[tuple[str, OfEvents]]] = {}
        for name, feature in self._events.items():
            tallies = tuple((tally.measure, not tally.kinds) for tally in feature.tallies)
            each = type(feature).of_many is OfEvents.of_many or all(any_kind for _, any_kind in tallies)
            groups.setdefault((type(feature), tallies, name if each else ""), []).append((name, feature))
        found = list[_Alike]()
        for some in groups.values():
            tallied = zip(*(feature.tallies for _, feature in some), strict=True)
            kinds = [_Kinds.of(told, self._place) for told in tallied]
            found.append(_Alike(some[0][1], [name for name, _ in some], kinds))
        return found


def _is_number(feature: FieldValue) -> bool:
    return feature.dtype == "number"


def _distinct(cells: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The distinct cells, and the place of each cell among them."""
    place: dict[Any, int] = {}
    places = [place.setdefault(cell, len(place)) for cell in cells]
    return list(place), places


def _one_by_one(feature: OfEvents, told: Sequence[tuple[Whole, Mask]], leads: Sequence[Lead]) -> list[Any]:
    """The feature's value of each lead; missing where events were not given."""
    pairs = [zip(found[0].tolist(), there[0].tolist(), strict=True) for found, there in told]
    own = [[one if is_there else None for one, is_there in pair] for pair in pairs]
    missing = np.nan if feature.dtype == "number" else None
    return [
        missing if lead.by_kind is None else feature.of(lead, parts)
        for lead, parts in zip(leads, zip(*own, strict=True), strict=True)
    ]
