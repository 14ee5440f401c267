"""The aggregate kernel: what can be measured on a lead's visible events, in two readings.

A measure is folded per kind of event first and combined over the kinds of a feature second, so that the
engine visits each event for a handful of measures however many features there are. Everything is integer
arithmetic (or doubles that hold integers below 2**53), hence independent of order, threads and engine.

`Ages` are whole µs from the event to as_of, ascending (newest first), all ≥ 0.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from features.clock import DAY_US, days_us

if TYPE_CHECKING:
    from features.lead.segments import Segments, Whole

UNIT = 1e9
"""A decayed event counts in billionths, as a whole number, so that sums do not depend on their order."""
CENT = 1e3
"""Event values are summed in thousandths, clipped to ±1e9: exact for 9,000 events at the clip."""
LARGEST_VALUE = 1e9


@dataclass(slots=True)
class KindEvents:
    """The visible events of one kind: ages ascending, and the values beside them (thousandths)."""

    kind: str
    ages: tuple[int, ...]
    values: tuple[int, ...]
    as_of_us: int
    folds: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def folded(self, measure: Measure) -> int:
        """`measure.fold(self)`, computed once however many features ask; `folds` keeps it by key."""
        found = self.folds.get(measure.key)
        if found is None:
            found = self.folds[measure.key] = measure.fold(self)
        return found


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

    def combine(self, parts: Sequence[int]) -> int:
        """The same over the folds of at least one kind in memory."""
        ...

    def folds(self, segments: Segments) -> Whole:
        """`fold` of each of many segments."""
        ...

    @property
    def join(self) -> np.ufunc:
        """What `combine` does with two folds: `np.add`, `np.bitwise_or`, `np.minimum` or `np.maximum`."""
        ...


@dataclass(frozen=True)
class Count:
    """Events within the window (all time when None)."""

    window_days: float | None = None

    @cached_property
    def window_us(self) -> int:
        return days_us(self.window_days or 0)

    @cached_property
    def key(self) -> str:
        return f"count_{self.window_days}"

    def per_kind(self, age: Any, event: Any) -> Any:
        where = None if self.window_days is None else age < self.window_us
        return age.count(where=where).cast("float64")  # here, not per feature: sums of doubles are fast

    def fold(self, events: KindEvents) -> int:
        ages = events.ages
        return len(ages) if self.window_days is None else bisect_left(ages, self.window_us)

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.sum()

    def combine(self, parts: Sequence[int]) -> int:
        return sum(parts)

    def folds(self, segments: Segments) -> Whole:
        if self.window_days is None:
            return segments.ends - segments.starts
        return segments.sums((segments.ages < self.window_us).astype(np.int64))

    @property
    def join(self) -> np.ufunc:
        return np.add


@dataclass(frozen=True)
class Decayed:
    """Σ floor(2^(−age / half-life) × 1e9 + 0.5)."""

    half_life_days: float

    @cached_property
    def _rate(self) -> float:
        return -1.0 / (self.half_life_days * DAY_US)

    @cached_property
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

    def combine(self, parts: Sequence[int]) -> int:
        return sum(parts)

    def folds(self, segments: Segments) -> Whole:
        rate = self._rate  # a power of Python's: numpy's may differ in the last bit
        shares = [int(2.0 ** (age * rate) * UNIT + 0.5) for age in segments.ages.tolist()]
        return segments.sums(np.array(shares, dtype=np.int64))

    @property
    def join(self) -> np.ufunc:
        return np.add


@dataclass(frozen=True)
class ValueSum:
    """Sum of the events' values within the window, in thousandths."""

    window_days: float | None = None

    @cached_property
    def window_us(self) -> int:
        return days_us(self.window_days or 0)

    @cached_property
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

    def combine(self, parts: Sequence[int]) -> int:
        return sum(parts)

    def folds(self, segments: Segments) -> Whole:
        if self.window_days is None:
            return segments.sums(segments.values)
        return segments.sums(np.where(segments.ages < self.window_us, segments.values, 0))

    @property
    def join(self) -> np.ufunc:
        return np.add


@dataclass(frozen=True)
class EventAge:
    """Age in µs of the newest or the oldest event."""

    edge: Literal["newest", "oldest"]

    @cached_property
    def key(self) -> str:
        return self.edge

    def per_kind(self, age: Any, event: Any) -> Any:
        return age.min() if self.edge == "newest" else age.max()

    def fold(self, events: KindEvents) -> int:
        return events.ages[0] if self.edge == "newest" else events.ages[-1]

    def merge(self, parts: Any, kind: Any) -> Any:
        return parts.min() if self.edge == "newest" else parts.max()

    def combine(self, parts: Sequence[int]) -> int:
        return min(parts) if self.edge == "newest" else max(parts)

    def folds(self, segments: Segments) -> Whole:
        return segments.newest if self.edge == "newest" else segments.oldest

    @property
    def join(self) -> np.ufunc:
        return np.minimum if self.edge == "newest" else np.maximum
