"""What the lead did: counts, decayed counts, recencies and sums over events that were visible at as_of.

Each class holds both readings side by side: `expr` for an engine, `of` for one lead in memory. Where
events were not given, every one of them is missing; where they were given and there is none, counts are 0
and recencies missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from features.catalogue.members import Mask, OfEvents, Told, Whole
from features.catalogue.naming import (
    NO_CREATION,
    NO_SUCH_EVENT,
    kinds_label,
    kinds_slug,
    kinds_words,
    window_label,
    window_name,
)
from features.catalogue.row import NAN, Row
from features.clock import DAY_US
from features.columns import Floats
from features.lead import CENT, Count, Lead, Tally
from features.lead.measures import UNIT, Decayed, EventAge, ValueSum


@dataclass(frozen=True)
class EventCount(OfEvents):
    """Number of events of some kinds in `(as_of − window, as_of]`; no kinds means any, no window ever."""

    kinds: tuple[str, ...] = ()
    window_days: float | None = None
    called: str | None = None
    type: Literal["event_count"] = "event_count"

    @cached_property
    def name(self) -> str:
        return f"count_{kinds_slug(self.kinds, self.called)}_{window_name(self.window_days)}"

    @property
    def label(self) -> str:
        return f"{kinds_label(self.kinds, self.called)} count, {window_label(self.window_days)}"

    def describe(self) -> str:
        return f"Number of {kinds_words(self.kinds)}, {window_label(self.window_days)}; 0 when there is none."

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Count(self.window_days), self.kinds),)

    def expr(self, row: Row) -> Any:
        return row.counted(self.tallies[0])

    def of(self, lead: Lead, told: Told) -> float:
        return float(told[0] or 0)

    def of_many(self, told: Sequence[Whole], there: Sequence[Mask]) -> Floats:
        return told[0].astype(np.float64)


@dataclass(frozen=True)
class DecayedCount(OfEvents):
    """Σ 2^(−age / half-life) over events of some kinds: an event counts 1 now, ½ one half-life later."""

    kinds: tuple[str, ...] = ()
    half_life_days: float = 14
    called: str | None = None
    type: Literal["decayed_count"] = "decayed_count"

    @cached_property
    def name(self) -> str:
        return f"decayed_{kinds_slug(self.kinds, self.called)}_{window_name(self.half_life_days)}"

    @property
    def label(self) -> str:
        return f"{kinds_label(self.kinds, self.called)}, fading by half every {self.half_life_days:g} days"

    def describe(self) -> str:
        return (
            f"Number of {kinds_words(self.kinds)}, each weighted 2^(−age/{self.half_life_days:g} days); "
            "0 when there is none."
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Decayed(self.half_life_days), self.kinds),)

    def expr(self, row: Row) -> Any:
        return row.counted(self.tallies[0]) / UNIT

    def of(self, lead: Lead, told: Told) -> float:
        return (told[0] or 0) / UNIT

    def of_many(self, told: Sequence[Whole], there: Sequence[Mask]) -> Floats:
        return told[0] / UNIT


@dataclass(frozen=True)
class Recency(OfEvents):
    """Days since the newest event of some kinds; missing when there is none."""

    kinds: tuple[str, ...] = ()
    called: str | None = None
    type: Literal["recency"] = "recency"
    missing = NO_SUCH_EVENT

    @cached_property
    def name(self) -> str:
        return f"recency_{kinds_slug(self.kinds, self.called)}"

    @property
    def label(self) -> str:
        return f"Days since the last {kinds_label(self.kinds, self.called).lower()}"

    def describe(self) -> str:
        return f"Days from the newest of {kinds_words(self.kinds)} to as_of; missing when there is none."

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(EventAge("newest"), self.kinds),)

    def expr(self, row: Row) -> Any:
        return row.tally(self.tallies[0]).cast("float64") / float(DAY_US)

    def of(self, lead: Lead, told: Told) -> float:
        age = told[0]
        return NAN if age is None else age / DAY_US

    def of_many(self, told: Sequence[Whole], there: Sequence[Mask]) -> Floats:
        return np.where(there[0], told[0] / DAY_US, NAN)


@dataclass(frozen=True)
class ValueTotal(OfEvents):
    """Sum of the events' values (amounts, seconds, scores) in a window, to the thousandth."""

    kinds: tuple[str, ...] = ()
    window_days: float | None = None
    called: str | None = None
    type: Literal["value_total"] = "value_total"

    @cached_property
    def name(self) -> str:
        return f"value_{kinds_slug(self.kinds, self.called)}_{window_name(self.window_days)}"

    @property
    def label(self) -> str:
        return f"{kinds_label(self.kinds, self.called)} value, {window_label(self.window_days)}"

    def describe(self) -> str:
        return (
            f"Sum of the values of {kinds_words(self.kinds)}, {window_label(self.window_days)}, each clipped "
            "to ±1e9 and rounded to a thousandth; an event without a value adds 0."
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(ValueSum(self.window_days), self.kinds),)

    def expr(self, row: Row) -> Any:
        return row.counted(self.tallies[0]) / CENT

    def of(self, lead: Lead, told: Told) -> float:
        return (told[0] or 0) / CENT

    def of_many(self, told: Sequence[Whole], there: Sequence[Mask]) -> Floats:
        return told[0] / CENT


@dataclass(frozen=True)
class FirstEventDelay(OfEvents):
    """Days from the lead's creation to its first event of some kinds (negative when it came before)."""

    kinds: tuple[str, ...] = ()
    called: str | None = None
    type: Literal["first_event_delay"] = "first_event_delay"
    missing = f"{NO_SUCH_EVENT}, or {NO_CREATION}"

    @cached_property
    def name(self) -> str:
        return f"delay_{kinds_slug(self.kinds, self.called)}"

    @property
    def label(self) -> str:
        return f"Days from creation to the first {kinds_label(self.kinds, self.called).lower()}"

    def describe(self) -> str:
        return (
            f"Days from creation to the oldest of {kinds_words(self.kinds)}; missing when one is not known."
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(EventAge("oldest"), self.kinds),)

    def expr(self, row: Row) -> Any:
        delay = row.as_of_us - row.created_us - row.tally(self.tallies[0])
        return delay.cast("float64") / float(DAY_US)

    def of(self, lead: Lead, told: Told) -> float:
        age = told[0]
        if age is None or lead.created_us is None:
            return NAN
        return (lead.as_of_us - lead.created_us - age) / DAY_US
