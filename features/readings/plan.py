"""The features of one artefact, compiled into one pass over a lead's events: what `online` says, sooner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from features.catalogue import Feature
from features.catalogue.members import OfEvents
from features.columns import Columns, Layout
from features.lead import Lead, Tally
from features.lead.measures import KindEvents, Measure
from features.readings.many import ArrayPlan

Value: TypeAlias = float | str | None
_Of: TypeAlias = Callable[[Lead, Sequence[int | None]], Any]
_MANY = 5
"""Leads from which on arrays are quicker."""
_Alone: TypeAlias = tuple[tuple[int, _Of], ...]
"""Features that need one tally and nothing else, with their places."""


@dataclass(frozen=True)
class _Together:
    """A measure over several kinds (none: any), tally number `number`, and who needs that alone.

    `singles` are the tallies of the same measure over each of the kinds by itself, where all are asked for:
    then the folds are there already.
    """

    measure: Measure
    number: int
    singles: tuple[int, ...]
    alone: _Alone


@dataclass(frozen=True)
class OnlinePlan:
    """The reading of one lead in memory for `features`, made once for many leads.

    Each kind's events are folded once per measure, kinds are combined once per tally, and what a lead has no
    event of is not looked at: its value is that of a lead without any.
    """

    features: tuple[Feature, ...]

    def row(self, lead: Lead) -> dict[str, Value]:
        """`online(features, lead)`."""
        return dict(zip(self.layout.names, self._values(lead), strict=True))

    def _values(self, lead: Lead) -> list[Any]:
        """The value of each feature, in their order."""
        if lead.by_kind is None:
            values = self._not_given.copy()
        else:
            values = self._without.copy()
            if lead.by_kind:
                self._tell(lead, lead.by_kind, values)
        for place, read in self._of_lead:
            values[place] = read(lead)
        return values

    def _tell(self, lead: Lead, by_kind: Mapping[str, KindEvents], values: list[Any]) -> None:
        """Write the values of features that look at events."""
        told: list[int | None] = [None] * len(self._tallies)
        for kind, events in by_kind.items():
            for fold, number, alone in self._of_kind.get(kind, ()):
                single = told[number] = fold(events)
                for place, of in alone:
                    values[place] = of(lead, (single,))
        named = by_kind.keys() <= self._of_kind.keys()
        for kinds, asked in self._of_kinds:
            present = [by_kind[kind] for kind in kinds or by_kind if kind in by_kind]
            for one in asked if present else ():
                if one.singles and (kinds or named):
                    parts = [part for number in one.singles if (part := told[number]) is not None]
                else:
                    fold = one.measure.fold
                    parts = [fold(events) for events in present]
                whole = told[one.number] = one.measure.combine(parts)
                for place, of in one.alone:
                    values[place] = of(lead, (whole,))
        for place, of, tallies in self._of_several:
            values[place] = of(lead, [told[tally] for tally in tallies])

    @cached_property
    def layout(self) -> Layout:
        """Names of the features, and which of them are numbers."""
        return Layout({feature.name: feature.dtype == "number" for feature in self.features})

    def columns(self, leads: Sequence[Lead]) -> Columns:
        """`stack` of the rows of `leads`; many are read as arrays, for which a lead costs a fraction."""
        if len(leads) < _MANY:
            return self.layout.columns_of([self._values(lead) for lead in leads])
        return self._arrays.columns(leads)

    @cached_property
    def _arrays(self) -> ArrayPlan:
        return ArrayPlan(self.features, self.layout)

    def stack(self, rows: Sequence[Mapping[str, Value]]) -> Columns:
        """Rows of `row` as columns of shape `(len(rows),)`, in their order."""
        return self.layout.columns(rows)

    @cached_property
    def _events(self) -> list[tuple[int, OfEvents]]:
        """Places and features that look at events."""
        return [(place, f) for place, f in enumerate(self.features) if isinstance(f, OfEvents)]

    @cached_property
    def _of_lead(self) -> list[tuple[int, Callable[[Lead], Any]]]:
        found = enumerate(self.features)
        return [(place, f.value) for place, f in found if not isinstance(f, OfEvents)]

    @cached_property
    def _not_given(self) -> list[Any]:
        """Values of a lead whose events were not given; None at the places of other features."""
        return self._told_of(_lead(None))

    @cached_property
    def _without(self) -> list[Any]:
        """Values of a lead without an event."""
        return self._told_of(_lead({}))

    def _told_of(self, lead: Lead) -> list[Any]:
        values: list[Any] = [None] * len(self.features)
        for place, feature in self._events:
            values[place] = feature.value(lead)
        return values

    @cached_property
    def _tallies(self) -> dict[Tally, int]:
        """Distinct tallies, numbered."""
        distinct = dict.fromkeys(tally for _, feature in self._events for tally in feature.tallies)
        return {tally: number for number, tally in enumerate(distinct)}

    @cached_property
    def _of_kind(self) -> dict[str, list[tuple[Callable[[KindEvents], int], int, _Alone]]]:
        """Each kind that is named → its folds, the numbers of their tallies, and who needs these alone."""
        found: dict[str, list[tuple[Callable[[KindEvents], int], int, _Alone]]] = {
            kind: [] for tally in self._tallies for kind in tally.kinds
        }
        for tally, number in self._tallies.items():
            if len(tally.kinds) == 1:
                found[tally.kinds[0]].append((tally.measure.fold, number, self._alone(tally)))
        return found

    @cached_property
    def _of_kinds(self) -> list[tuple[tuple[str, ...], list[_Together]]]:
        """Several kinds, or none for any → what is measured over all of them."""
        found: dict[tuple[str, ...], list[_Together]] = {}
        for tally, number in self._tallies.items():
            if len(tally.kinds) != 1:
                same = [Tally(tally.measure, (kind,)) for kind in tally.kinds or self._of_kind]
                singles = tuple(self._tallies[one] for one in same if one in self._tallies)
                singles = singles if len(singles) == len(same) else ()
                one = _Together(tally.measure, number, singles, self._alone(tally))
                found.setdefault(tally.kinds, []).append(one)
        return list(found.items())

    def _alone(self, tally: Tally) -> _Alone:
        return tuple((place, feature.of) for place, feature in self._events if feature.tallies == (tally,))

    @cached_property
    def _of_several(self) -> list[tuple[int, _Of, list[int]]]:
        """Features that need several tallies."""
        return [
            (place, feature.of, [self._tallies[tally] for tally in feature.tallies])
            for place, feature in self._events
            if len(feature.tallies) > 1
        ]


def _lead(by_kind: Mapping[str, KindEvents] | None) -> Lead:
    return Lead("", 0, None, {}, by_kind)
