"""The aggregate kernel: what can be measured on a lead's visible events, in two readings.

A measure is folded per kind of event first and combined over the kinds of a feature second, so that the
engine visits each event for a handful of measures however many features there are. Everything is integer
arithmetic (or doubles that hold integers below 2**53), hence independent of order, threads and engine.

`Ages` are whole µs from the event to as_of, ascending (newest first), all ≥ 0.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

from features.clock import DAY_US, days_us
from features.zones import floor_div, hour_expr, hour_of, weekday_expr, weekday_of

UNIT = 1e9
"""A decayed event counts in billionths, as a whole number, so that sums do not depend on their order."""
CENT = 1e3
"""Event values are summed in thousandths, clipped to ±1e9: exact for 9,000 events at the clip."""
LARGEST_VALUE = 1e9
MASK_DAYS = 60
MAX_KINDS = 1024


@dataclass(frozen=True)
class KindEvents:
    """The visible events of one kind: ages ascending, and the values beside them (thousandths)."""

    ages: tuple[int, ...]
    values: tuple[int, ...]
    as_of_us: int


class Measure(Protocol):
    """A foldable quantity; `key` names it among the engine's columns."""

    @property
    def key(self) -> str: ...

    def per_kind(self, age: Any, event: Any) -> Any:
        """The engine's aggregate over the events of one kind."""
        ...

    def fold(self, events: KindEvents) -> int:
        """The same for one kind in memory."""
        ...

    def merge(self, parts: Any, kind: Any) -> Any:
        """The engine's aggregate over kinds; `kind` is the column of kinds."""
        ...

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        """The same over at least one (kind, part) in memory."""
        ...


@dataclass(frozen=True)
class Count:
    """Events within the window (all time when None)."""

    window_days: float | None = None

    @cached_property
    def window_us(self) -> int:
        return days_us(self.window_days or 0)

    @property
    def key(self) -> str:
        return f"count_{self.window_days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        if self.window_days is None:
            return age.count()
        return (age < self.window_us).cast("int64").sum()

    def fold(self, events: KindEvents) -> int:
        ages = events.ages
        return len(ages) if self.window_days is None else bisect_left(ages, self.window_us)

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.cast("float64").sum()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        return sum(part for _, part in parts)


@dataclass(frozen=True)
class Decayed:
    """Σ floor(2^(−age / half-life) × 1e9 + 0.5)."""

    half_life_days: float

    @cached_property
    def _rate(self) -> float:
        return -1.0 / (self.half_life_days * DAY_US)

    @property
    def key(self) -> str:
        return f"decayed_{self.half_life_days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        import ibis

        return ((ibis.literal(2.0) ** (age.cast("float64") * self._rate)) * UNIT + 0.5).floor().sum()

    def fold(self, events: KindEvents) -> int:
        rate = self._rate
        return sum([int(2.0 ** (age * rate) * UNIT + 0.5) for age in events.ages])

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.sum()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        return sum(part for _, part in parts)


@dataclass(frozen=True)
class ValueSum:
    """Sum of the events' values within the window, in thousandths."""

    window_days: float | None = None

    @cached_property
    def window_us(self) -> int:
        return days_us(self.window_days or 0)

    @property
    def key(self) -> str:
        return f"value_{self.window_days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        if self.window_days is None:
            return event.value.sum()
        import ibis

        return ibis.ifelse(age < self.window_us, event.value, 0.0).sum()

    def fold(self, events: KindEvents) -> int:
        end = None if self.window_days is None else bisect_left(events.ages, self.window_us)
        return sum(events.values[:end])

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.sum()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        return sum(part for _, part in parts)


@dataclass(frozen=True)
class Edge:
    """Age in µs of the newest or the oldest event."""

    edge: Literal["newest", "oldest"]

    @property
    def key(self) -> str:
        return self.edge

    def per_kind(self, age: Any, event: Any) -> Any:
        return age.min() if self.edge == "newest" else age.max()

    def fold(self, events: KindEvents) -> int:
        return events.ages[0] if self.edge == "newest" else events.ages[-1]

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.min() if self.edge == "newest" else parts.max()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        ages = [part for _, part in parts]
        return min(ages) if self.edge == "newest" else max(ages)


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

    @property
    def key(self) -> str:
        return f"code_{self.edge}"

    def per_kind(self, age: Any, event: Any) -> Any:
        return Edge(self.edge).per_kind(age, event)

    def fold(self, events: KindEvents) -> int:
        return Edge(self.edge).fold(events)

    def merge(self, parts: Any, kind: Any) -> Any:
        import ibis

        rank = ibis.cases(*((kind == name, rank) for name, rank in self.ranks.items()), else_=0)
        packed = parts * MAX_KINDS + rank.cast("int64")
        return packed.min() if self.edge == "newest" else packed.max()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        packed = [part * MAX_KINDS + self.ranks.get(kind, 0) for kind, part in parts]
        return min(packed) if self.edge == "newest" else max(packed)


@dataclass(frozen=True)
class Days:
    """A bit for each of the last `days` 24-hour days before as_of on which something happened."""

    days: int

    @property
    def key(self) -> str:
        return f"days_{self.days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        import ibis

        day = floor_div(age, DAY_US)
        bit = ibis.literal(1, type="int64") << ibis.ifelse(day < self.days, day, 0)
        return ibis.ifelse(day < self.days, bit, 0).cast("int64").bit_or()

    def fold(self, events: KindEvents) -> int:
        mask = 0
        for age in events.ages:
            if (day := age // DAY_US) >= self.days:
                break
            mask |= 1 << day
        return mask

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.bit_or()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        mask = 0
        for _, part in parts:
            mask |= part
        return mask


@dataclass(frozen=True)
class Kinds:
    """How many kinds have an event within the window."""

    window_days: float | None = None

    @property
    def key(self) -> str:
        return f"kinds_{self.window_days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        return Count(self.window_days).per_kind(age, event)

    def fold(self, events: KindEvents) -> int:
        return int(Count(self.window_days).fold(events) > 0)

    def merge(self, parts: Any, kind: Any) -> Any:
        return (parts > 0).cast("float64").sum()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        return sum(part for _, part in parts)


@dataclass(frozen=True)
class Working:
    """Events between 9 and 18 h from Monday to Friday, by the wall clock of `zone`."""

    zone: str

    @property
    def key(self) -> str:
        return "working"

    def per_kind(self, age: Any, event: Any) -> Any:
        hour, weekday = hour_expr(event.occurred_us, self.zone), weekday_expr(event.occurred_us, self.zone)
        return ((hour >= 9) & (hour < 18) & (weekday < 5)).cast("int64").sum()

    def fold(self, events: KindEvents) -> int:
        return sum(_working(events.as_of_us - age, self.zone) for age in events.ages)

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.cast("float64").sum()

    def combine(self, parts: Sequence[tuple[str, int]]) -> int:
        return sum(part for _, part in parts)


def _working(us: int, zone: str) -> bool:
    return 9 <= hour_of(us, zone) < 18 and weekday_of(us, zone) < 5
