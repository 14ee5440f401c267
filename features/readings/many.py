"""The plan of features over arrays: of many leads in memory at once what `OnlinePlan.row` says of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
class _Tallies:
    """Measures of the events of leads, of shape `(n_kinds, n_leads)` each, and where there are any events."""

    segments: EventSegments
    there: NDArray[np.bool_]
    asked: Mapping[Measure, set[str]]
    _folded: dict[Measure, _Folds] = field(default_factory=dict)
    _of_kinds: dict[tuple[str, ...], tuple[Any, Mask]] = field(default_factory=dict)

    @classmethod
    def of(cls, leads: Sequence[Lead], tallies: Iterable[Tally]) -> _Tallies:
        """For `tallies` alone: each measure is taken of the kinds that one of them asks it of."""
        asked: dict[Measure, set[str]] = {}
        named: dict[str, None] = {}
        for tally in tallies:
            asked.setdefault(tally.measure, set()).update(tally.kinds or (_ANY,))
            named |= dict.fromkeys(tally.kinds)
        segments = EventSegments.of([lead.by_kind or {} for lead in leads], tuple(named))
        there = np.zeros((len(segments.kinds), len(leads)), dtype=np.bool_)
        there[segments.kind, segments.lead] = True
        return cls(segments, there, asked)

    def tally(self, tally: Tally) -> tuple[Whole, Mask]:
        """Of each lead `Lead.tally`, 0 where it has no such event, and whether it has any."""
        folds, join = self._folds(tally.measure), tally.measure.join
        if tally.kinds not in self._of_kinds:
            some = self._places(tally.kinds) if tally.kinds else slice(None)
            self._of_kinds[tally.kinds] = some, np.asarray(self.there[some].any(axis=0))
        some, there = self._of_kinds[tally.kinds]
        found = folds[some[0]] if len(tally.kinds) == 1 else join.reduce(folds[some], axis=0)
        return np.where(there, found, 0) if join in _NONE else found, there

    def _folds(self, measure: Measure) -> _Folds:
        if measure not in self._folded:
            folds = np.full(self.there.shape, _NONE.get(measure.join, 0), dtype=np.int64)
            kinds = self.asked[measure]
            own = self.segments if _ANY in kinds else self.segments.of_kinds(kinds)
            if len(own.starts):
                folds[own.kind, own.lead] = measure.folds(own)
            self._folded[measure] = folds
        return self._folded[measure]

    def _places(self, kinds: Sequence[str]) -> list[int]:
        return [self.segments.kinds.index(kind) for kind in kinds]


def columns_of_many(features: Sequence[Feature], layout: Layout, leads: Sequence[Lead]) -> Columns:
    """`features`, named as in `layout`, of `leads` in their order: shape `(len(leads),)` each."""
    tallied = _Tallies.of(leads, (tally for feature in features for tally in feature.tallies))
    none = len(tallied.segments.starts) == 0
    given = np.array([lead.by_kind is not None for lead in leads], dtype=np.bool_)
    table = np.empty((len(layout.places), len(leads)))
    categories: dict[str, Column] = {}
    titles: dict[str, tuple[list[Any], list[int]]] = {}
    for feature in features:
        if isinstance(feature, KeywordGroup):  # many lists of words, and few titles among many leads
            if feature.field not in titles:
                titles[feature.field] = _distinct([lead.values.get(feature.field) for lead in leads])
            texts, places = titles[feature.field]
            found: Any = np.array([feature.of_text(text) for text in texts])[places]
        elif isinstance(feature, FieldValue):
            cells = [lead.values.get(feature.field) for lead in leads]
            found = np.array(cells, dtype=np.float64) if feature.dtype == "number" else cells  # None is NaN
        elif not isinstance(feature, OfEvents) or none:
            found = [feature.value(lead) for lead in leads]
        else:
            found = _of_events(feature, tallied, leads, given)
        if feature.name in layout.places:
            table[layout.places[feature.name]] = found
        else:
            categories[feature.name] = np.array(found, dtype=object)
    return Columns.of_table(layout, table, categories)


def _distinct(cells: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """The distinct cells, and the place of each cell among them."""
    place: dict[Any, int] = {}
    places = [place.setdefault(cell, len(place)) for cell in cells]
    return list(place), places


def _of_events(feature: OfEvents, tallied: _Tallies, leads: Sequence[Lead], given: Mask) -> Any:
    """A feature's values; missing where events were not given."""
    parts = [tallied.tally(tally) for tally in feature.tallies]
    numbers = feature.of_many([found for found, _ in parts], [there for _, there in parts])
    if numbers is not None:
        return numbers if given.all() else np.where(given, numbers, np.nan)
    told = [
        [one if is_there else None for one, is_there in zip(found.tolist(), there.tolist(), strict=True)]
        for found, there in parts
    ]
    missing = np.nan if feature.dtype == "number" else None
    return [
        missing if lead.by_kind is None else feature.of(lead, own)
        for lead, own in zip(leads, zip(*told, strict=True), strict=True)
    ]
