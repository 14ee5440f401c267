"""The visible events of many leads as arrays: one segment for each lead and kind that it has any of."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.lead.measures import KindEvents

Whole: TypeAlias = NDArray[np.int64]
Given: TypeAlias = Sequence[Mapping[str, KindEvents]]
"""Of each lead the events of each kind."""


@dataclass(frozen=True)
class EventSegments:
    """`ages` and `values` of events, shape `(n_events,)`, newest first in each segment.

    `starts` is where each segment begins, `ends` where it ends, `lead` and `kind` whose it is (a place among
    `kinds`), `as_of_us` the moment of its lead: shape `(n_segments,)`.
    """

    kinds: tuple[str, ...]
    ages: Whole
    values: Whole
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    lead: NDArray[np.intp]
    kind: NDArray[np.intp]
    as_of_us: Whole

    @classmethod
    def of(cls, given: Given, kinds: Sequence[str]) -> EventSegments:
        """Those of leads in their order; kinds beside `kinds` follow behind them."""
        place = {kind: at for at, kind in enumerate(kinds)}
        listed = [(lead, one) for lead, one in enumerate(given) if isinstance(one, ListedEvents)]
        shared = listed[0][1].segments if listed else None
        ages, values = list[int](), list[int]()
        found = list[tuple[int, int, int, int]]()
        for lead, by_kind in enumerate(given):
            if isinstance(by_kind, ListedEvents) and by_kind.segments is shared:
                continue
            for kind, events in by_kind.items():
                ages += events.ages
                values += events.values
                found.append((len(ages), lead, place.setdefault(kind, len(place)), events.as_of_us))
        ends, leads, numbers, moments = np.array(found, dtype=np.int64).reshape(-1, 4).T
        starts = np.concatenate([[0], ends[:-1]]).astype(np.intp) if found else ends
        of_ages, of_values = np.array(ages, dtype=np.int64), np.array(values, dtype=np.int64)
        own = cls(tuple(place), of_ages, of_values, starts, ends, leads, numbers, moments)
        if shared is None:
            return own
        rest = shared._of_leads([(lead, one) for lead, one in listed if one.segments is shared], place)
        return rest._joined(own) if found else rest

    def _of_leads(self, wanted: Sequence[tuple[int, ListedEvents]], place: dict[str, int]) -> EventSegments:
        """The segments of some leads, each with its new place; `place` numbers the kinds, and is added to."""
        firsts, lengths = np.array([(one.first, len(one)) for _, one in wanted], dtype=np.intp).T
        own = self._taken(_ranges(firsts, lengths))
        kinds = np.zeros(len(self.kinds), dtype=np.intp)
        for number in np.unique(own.kind).tolist():
            kinds[number] = place.setdefault(self.kinds[number], len(place))
        lead = np.repeat([lead for lead, _ in wanted], lengths)
        return EventSegments(
            tuple(place), own.ages, own.values, own.starts, own.ends, lead, kinds[own.kind], own.as_of_us
        )

    def _joined(self, other: EventSegments) -> EventSegments:
        """These segments, and behind them those of `other`, which has the same kinds or fewer."""
        behind = len(self.ages)
        pairs = (
            (self.ages, other.ages), (self.values, other.values), (self.starts, other.starts + behind),
            (self.ends, other.ends + behind), (self.lead, other.lead), (self.kind, other.kind),
            (self.as_of_us, other.as_of_us),
        )  # fmt: skip
        return EventSegments(self.kinds, *(np.concatenate(pair) for pair in pairs))

    def of_kinds(self, kinds: Collection[str]) -> EventSegments:
        """The segments of some kinds."""
        wanted = np.array([kind in kinds for kind in self.kinds], dtype=np.bool_)[self.kind]
        return self._taken(np.flatnonzero(wanted))

    def _taken(self, segments: NDArray[np.intp]) -> EventSegments:
        """The segments at some places."""
        if np.array_equal(segments, np.arange(len(self.starts))):
            return self
        starts, lengths = self.starts[segments], (self.ends - self.starts)[segments]
        events, ends = _ranges(starts, lengths), np.cumsum(lengths)
        whose = self.lead[segments], self.kind[segments], self.as_of_us[segments]
        return EventSegments(self.kinds, self.ages[events], self.values[events], ends - lengths, ends, *whose)

    def sums(self, numbers: Whole) -> Whole:
        """The sum of the numbers of each segment's events."""
        return np.add.reduceat(numbers, self.starts)

    @property
    def newest(self) -> Whole:
        """The age of the newest event of each segment."""
        return self.ages[self.starts]

    @property
    def oldest(self) -> Whole:
        """The age of the oldest event of each segment."""
        return self.ages[self.ends - 1]


def _ranges(starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[np.intp]:
    """Some ranges of places one behind the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())


@dataclass(frozen=True, eq=False)
class ListedEvents(Mapping[str, KindEvents]):
    """A lead's events of each kind: some of the `segments` of a list, made where somebody asks for them."""

    segments: EventSegments
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __getitem__(self, kind: str) -> KindEvents:
        return self._made[kind]

    @cached_property
    def _made(self) -> dict[str, KindEvents]:
        own, found = self.segments, dict[str, KindEvents]()
        for place in range(self.first, self.last):
            kind, part = own.kinds[own.kind[place]], slice(own.starts[place], own.ends[place])
            ages, values = tuple(own.ages[part].tolist()), tuple(own.values[part].tolist())
            found[kind] = KindEvents(kind, ages, values, int(own.as_of_us[place]))
        return found
