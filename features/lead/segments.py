"""The visible events of many leads as arrays: one segment for each lead and kind that it has any of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.lead.measures import KindEvents

Whole: TypeAlias = NDArray[np.int64]
Given: TypeAlias = Sequence[Mapping[str, KindEvents]]
"""Of each lead the events of each kind."""


@dataclass(frozen=True)
class Segments:
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
    def of(cls, given: Given, kinds: Sequence[str]) -> Self:
        """Those of leads in their order; kinds beside `kinds` follow behind them."""
        place = {kind: at for at, kind in enumerate(kinds)}
        ages, values = list[int](), list[int]()
        found = list[tuple[int, int, int, int]]()
        for lead, by_kind in enumerate(given):
            for kind, events in by_kind.items():
                ages += events.ages
                values += events.values
                found.append((len(ages), lead, place.setdefault(kind, len(place)), events.as_of_us))
        ends, leads, numbers, moments = np.array(found, dtype=np.int64).reshape(-1, 4).T
        starts = np.concatenate([[0], ends[:-1]]).astype(np.intp) if found else ends
        of_ages, of_values = np.array(ages, dtype=np.int64), np.array(values, dtype=np.int64)
        return cls(tuple(place), of_ages, of_values, starts, ends, leads, numbers, moments)

    def of_kinds(self, kinds: Collection[str]) -> Segments:
        """The segments of some kinds."""
        wanted = np.array([kind in kinds for kind in self.kinds], dtype=np.bool_)[self.kind]
        lengths = self.ends - self.starts
        events, ends = np.repeat(wanted, lengths), np.cumsum(lengths[wanted])
        whose = self.lead[wanted], self.kind[wanted], self.as_of_us[wanted]
        return Segments(
            self.kinds, self.ages[events], self.values[events], ends - lengths[wanted], ends, *whose
        )

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
