"""How the lead did it: variety, rhythm, direction, first and last kind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.catalogue.members import OfEvents, Told
from features.catalogue.naming import (
    NO_SUCH_EVENT,
    kinds_label,
    kinds_slug,
    kinds_words,
    slug,
    window_label,
    window_name,
)
from features.catalogue.row import Row
from features.clock.zones import flag
from features.lead import Count, Lead, Tally
from features.lead.patterns import MAX_KINDS, Days, EdgeCode, Kinds


@dataclass(frozen=True)
class DistinctKinds(OfEvents):
    """Number of different kinds of events in a window."""

    kinds: tuple[str, ...] = ()
    window_days: float | None = None
    called: str | None = None
    type: Literal["distinct_kinds"] = "distinct_kinds"

    @cached_property
    def name(self) -> str:
        return f"kinds_{kinds_slug(self.kinds, self.called)}_{window_name(self.window_days)}"

    @property
    def label(self) -> str:
        return f"Different kinds of events, {window_label(self.window_days)}"

    def describe(self) -> str:
        return f"Number of different kinds among {kinds_words(self.kinds)}, {window_label(self.window_days)}."

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Kinds(self.window_days), self.kinds),)

    def expr(self, row: Row) -> Any:
        return row.counted(self.tallies[0])

    def of(self, lead: Lead, told: Told) -> float:
        return float(told[0] or 0)


@dataclass(frozen=True)
class ActiveDays(OfEvents):
    """Number of 24-hour days before as_of with an event, among the last `days` (at most 60)."""

    kinds: tuple[str, ...] = ()
    days: int = 30
    called: str | None = None
    type: Literal["active_days"] = "active_days"

    @cached_property
    def name(self) -> str:
        return f"active_days_{kinds_slug(self.kinds, self.called)}_{self.days}d"

    @property
    def label(self) -> str:
        return f"Days with activity, last {self.days} days"

    def describe(self) -> str:
        return f"Number of the last {self.days} days of 24 h before as_of with {kinds_words(self.kinds)}."

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Days(self.days), self.kinds),)

    def expr(self, row: Row) -> Any:
        mask = row.tally(self.tallies[0]).cast("int64")
        if row.tallied is None:
            return mask.cast("float64")
        mask = mask.fill_null(0)
        bits = [(mask >> day) & 1 for day in range(self.days)]
        return sum(bits[1:], bits[0]).cast("float64")

    def of(self, lead: Lead, told: Told) -> float:
        return float((told[0] or 0).bit_count())


@dataclass(frozen=True)
class LongestStreak(OfEvents):
    """The longest run of consecutive active days among the last `days`, counted up to `at_most`."""

    kinds: tuple[str, ...] = ()
    days: int = 30
    at_most: int = 7
    called: str | None = None
    type: Literal["longest_streak"] = "longest_streak"

    @cached_property
    def name(self) -> str:
        return f"streak_{kinds_slug(self.kinds, self.called)}_{self.days}d"

    @property
    def label(self) -> str:
        return f"Longest run of active days, last {self.days} days"

    def describe(self) -> str:
        return (
            f"Longest run of consecutive days of 24 h with {kinds_words(self.kinds)} in the last "
            f"{self.days} days, counted up to {self.at_most}."
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Days(self.days), self.kinds),)

    def expr(self, row: Row) -> Any:
        mask = row.tally(self.tallies[0]).cast("int64")
        if row.tallied is None:
            return mask.cast("float64")
        mask = mask.fill_null(0)
        run, length = mask, flag(mask != 0)
        for shift in range(1, self.at_most):
            run = run & (mask >> shift)
            length = length + flag(run != 0)
        return length

    def of(self, lead: Lead, told: Told) -> float:
        mask = run = told[0] or 0
        length = 0
        while run and length < self.at_most:
            length += 1
            run &= mask >> length
        return float(length)


@dataclass(frozen=True)
class Trend(OfEvents):
    """Events in the last window minus events in the window before it."""

    kinds: tuple[str, ...] = ()
    window_days: float = 7
    called: str | None = None
    type: Literal["trend"] = "trend"

    @cached_property
    def name(self) -> str:
        return f"trend_{kinds_slug(self.kinds, self.called)}_{window_name(self.window_days)}"

    @property
    def label(self) -> str:
        return (
            f"{kinds_label(self.kinds, self.called)}: {window_label(self.window_days)} against those before"
        )

    def describe(self) -> str:
        return (
            f"Number of {kinds_words(self.kinds)}, {window_label(self.window_days)}, minus the same before."
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (
            Tally(Count(self.window_days), self.kinds),
            Tally(Count(2 * self.window_days), self.kinds),
        )

    def expr(self, row: Row) -> Any:
        last, both = self.tallies
        return row.counted(last) * 2.0 - row.counted(both)

    def of(self, lead: Lead, told: Told) -> float:
        last, both = told
        return float(2 * (last or 0) - (both or 0))


@dataclass(frozen=True)
class EdgeKind(OfEvents):
    """The kind of the newest or the oldest event of some kinds; ties by kind.

    Of the kinds that the lead does itself it is the last or the first touch.
    """

    edge: Literal["newest", "oldest"]
    kinds: tuple[str, ...]
    called: str | None = None
    type: Literal["edge_kind"] = "edge_kind"
    dtype = "category"
    missing = NO_SUCH_EVENT

    def __post_init__(self) -> None:
        if not 0 < len(self.kinds) <= MAX_KINDS:
            raise ValueError(f"kinds must be 1 to {MAX_KINDS}")

    @cached_property
    def name(self) -> str:
        return slug(f"{'last' if self.edge == 'newest' else 'first'}_{self.called or 'kind'}")

    @property
    def label(self) -> str:
        called = kinds_label((self.called or "event",), None).lower()
        return f"{'Last' if self.edge == 'newest' else 'First'} {called}"

    def describe(self) -> str:
        return (
            f"Kind of the {self.edge} of {kinds_words(self.kinds)}, of equally old ones by name; missing "
            "when there is none."
        )

    @cached_property
    def _code(self) -> EdgeCode:
        return EdgeCode(self.edge, self.kinds)

    @cached_property
    def _kind_of(self) -> dict[int, str]:
        return {rank: kind for kind, rank in self._code.ranks.items()}

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(self._code, self.kinds),)

    def expr(self, row: Row) -> Any:
        import ibis

        code = row.tally(self.tallies[0]).cast("int64") % MAX_KINDS
        return ibis.cases(*((code == rank, kind) for rank, kind in self._kind_of.items()), else_=None)

    def of(self, lead: Lead, told: Told) -> str | None:
        code = told[0]
        return None if code is None else self._kind_of[code % MAX_KINDS]
