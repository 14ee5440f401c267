"""More of the aggregate kernel: the first and last kind, active days, distinct kinds, working hours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from features.clock import DAY_US, HOUR_US
from features.clock.zones import Offsets, flag, floor_div, hour_expr, offsets, wall_of, weekday_expr
from features.lead.measures import Count, EventAge, KindEvents

if TYPE_CHECKING:
    from features.lead.segments import Segments, Whole

MASK_DAYS = 60
"""Days that a mask in a signed 64-bit integer holds, with room to spare."""
_FROM_MONDAY = 3 * DAY_US  # 1970 began on a Thursday
_AT_WORK = [day < 5 and 9 <= hour < 18 for day in range(7) for hour in range(24)]
MAX_KINDS = 1024
"""Kinds that fit beside an age in one number: µs of 280 years × 1024 fit in 63 bits."""


@dataclass(frozen=True)
class EdgeCode:
    """The kind of the newest or oldest event, packed as age × 1024 + rank; ties by kind.

    In the order (occurred_at, kind) the newest event is the one with the least age and then the greatest
    kind, the oldest the one with the greatest age and then the least kind: ranks run backwards.
    """

    edge: Literal["newest", "oldest"]
    kinds: tuple[str, ...]

    @cached_property
    def ranks(self) -> dict[str, int]:
        return {kind: len(self.kinds) - 1 - place for place, kind in enumerate(sorted(self.kinds))}

    @cached_property
    def key(self) -> str:
        return f"code_{self.edge}_{'|'.join(self.kinds)}"

    def per_kind(self, age: Any, event: Any) -> Any:
        return EventAge(self.edge).per_kind(age, event)

    def fold(self, events: KindEvents) -> int:
        age = events.ages[0] if self.edge == "newest" else events.ages[-1]
        return age * MAX_KINDS + self.ranks[events.kind]

    def merge(self, parts: Any, kind: Any) -> Any:
        import ibis

        rank = ibis.cases(*((kind == name, rank) for name, rank in self.ranks.items()), else_=0)
        packed = parts * MAX_KINDS + rank.cast("int64")
        return packed.min() if self.edge == "newest" else packed.max()

    def combine(self, parts: Sequence[int]) -> int:
        return min(parts) if self.edge == "newest" else max(parts)

    def folds(self, segments: Segments) -> Whole:
        ranks = np.array([self.ranks.get(kind, 0) for kind in segments.kinds], dtype=np.int64)
        return EventAge(self.edge).folds(segments) * MAX_KINDS + ranks[segments.kind]

    @property
    def join(self) -> np.ufunc:
        return np.minimum if self.edge == "newest" else np.maximum


def _bit_or(masks: Any) -> Any:
    """The aggregate `bit_or`, which every engine has and Ibis does not know for Spark."""
    import ibis

    def bit_or(mask: int) -> int:
        return mask

    return ibis.udf.agg.builtin(bit_or)(masks)


@dataclass(frozen=True)
class Days:
    """A bit for each of the last `days` 24-hour days before as_of on which something happened."""

    days: int

    @cached_property
    def key(self) -> str:
        return f"days_{self.days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        import ibis

        day = floor_div(age, DAY_US)
        bit = ibis.literal(2.0) ** ibis.least(day, self.days).cast("float64")  # engines differ in their '<<'
        return _bit_or(ibis.ifelse(day < self.days, bit, 0.0).cast("int64"))

    def fold(self, events: KindEvents) -> int:
        mask = 0
        for age in events.ages:
            if (day := age // DAY_US) >= self.days:
                break
            mask |= 1 << day
        return mask

    def merge(self, parts: Any, kind: Any) -> Any:
        return _bit_or(parts)

    def combine(self, parts: Sequence[int]) -> int:
        return reduce(or_, parts)

    def folds(self, segments: Segments) -> Whole:
        day = segments.ages // DAY_US
        bits = np.where(day < self.days, np.left_shift(1, np.minimum(day, MASK_DAYS)), 0)
        return np.bitwise_or.reduceat(bits, segments.starts)

    @property
    def join(self) -> np.ufunc:
        return np.bitwise_or


@dataclass(frozen=True)
class Kinds:
    """How many kinds have an event within the window."""

    window_days: float | None = None

    @cached_property
    def key(self) -> str:
        return f"kinds_{self.window_days}"

    @cached_property
    def _count(self) -> Count:
        return Count(self.window_days)

    def per_kind(self, age: Any, event: Any) -> Any:
        return self._count.per_kind(age, event)

    def fold(self, events: KindEvents) -> int:
        return int(self.window_days is None or events.ages[0] < self._count.window_us)

    def merge(self, parts: Any, kind: Any) -> Any:
        return flag(parts > 0).sum()

    def combine(self, parts: Sequence[int]) -> int:
        return sum(parts)

    def folds(self, segments: Segments) -> Whole:
        if self.window_days is None:
            return np.ones(len(segments.starts), dtype=np.int64)
        return (segments.newest < self._count.window_us).astype(np.int64)

    @property
    def join(self) -> np.ufunc:
        return np.add


@dataclass(frozen=True)
class Working:
    """Events between 9 and 18 h from Monday to Friday, by the wall clock of `zone`."""

    zone: str

    @cached_property
    def key(self) -> str:
        return f"working_{self.zone}"

    @property
    def wall(self) -> str:
        """The column of the events' wall clock, which the reading provides."""
        return f"wall_{self.zone}"

    @cached_property
    def _table(self) -> Offsets:
        return offsets(self.zone)

    def per_kind(self, age: Any, event: Any) -> Any:
        wall = event[self.wall]
        hour, weekday = hour_expr(wall), weekday_expr(wall)
        return age.count(where=(hour >= 9) & (hour < 18) & (weekday < 5)).cast("float64")

    def fold(self, events: KindEvents) -> int:
        starts, values, ages, as_of = self._table.starts, self._table.values, events.ages, events.as_of_us
        place = max(0, bisect_right(starts, as_of - ages[0]) - 1)
        found = first = 0
        while first < len(ages):  # events run backwards in time, so do the stretches of one offset
            one = place == 0 or as_of - ages[-1] >= starts[place]
            end = len(ages) if one else bisect_right(ages, as_of - starts[place])
            monday = as_of + values[place] + _FROM_MONDAY
            found += sum([_AT_WORK[(monday - age) // HOUR_US % 168] for age in ages[first:end]])
            first, place = end, place - 1
        return found

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.sum()

    def combine(self, parts: Sequence[int]) -> int:
        return sum(parts)

    def folds(self, segments: Segments) -> Whole:
        moments = np.repeat(segments.as_of_us, segments.ends - segments.starts) - segments.ages
        hours = (wall_of(moments, self.zone) + _FROM_MONDAY) // HOUR_US % len(_AT_WORK)
        return segments.sums(np.array(_AT_WORK, dtype=np.int64)[hours])

    @property
    def join(self) -> np.ufunc:
        return np.add
