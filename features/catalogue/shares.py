"""Shares: of some kinds among all events, and of events in working hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from features.catalogue.members import Mask, OfEvents, Told, Whole
from features.catalogue.naming import NO_SUCH_EVENT, kinds_label, kinds_slug, kinds_words
from features.catalogue.row import NAN, Row
from features.columns import Floats
from features.lead import Count, Lead, Tally
from features.lead.patterns import Working


class Share(OfEvents):
    """A kind whose value is its first tally, a part, over its second, the whole; missing without an event."""

    missing = NO_SUCH_EVENT

    def expr(self, row: Row) -> Any:
        part, whole = self.tallies
        return row.counted(part) / row.tally(whole).cast("float64")

    def of(self, lead: Lead, told: Told) -> float:
        part, whole = told
        return NAN if whole is None else (part or 0) / whole

    def of_many(self, told: Sequence[Whole], there: Sequence[Mask]) -> Floats:
        part, whole = told
        return np.where(there[1], part / np.maximum(whole, 1), NAN)


@dataclass(frozen=True)
class EventShare(Share):
    """Share of some kinds among all events ever; missing when there is no event."""

    kinds: tuple[str, ...]
    called: str | None = None
    type: Literal["event_share"] = "event_share"

    @cached_property
    def name(self) -> str:
        return f"share_{kinds_slug(self.kinds, self.called)}"

    @property
    def label(self) -> str:
        return f"{kinds_label(self.kinds, self.called)}, share of all events"

    def describe(self) -> str:
        return f"Share of {kinds_words(self.kinds)} among all events ever; missing when there is no event."

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Count(), self.kinds), Tally(Count()))


@dataclass(frozen=True)
class WorkingShare(Share):
    """Share of events between 9 and 18 h, Monday to Friday, wall clock of `zone`."""

    zone: str = "UTC"
    type: Literal["working_share"] = "working_share"

    @property
    def name(self) -> str:
        return "working_hours_share"

    @property
    def label(self) -> str:
        return "Share of events in working hours"

    def describe(self) -> str:
        return (
            f"Share of all events between 9 and 18 h, Monday to Friday, wall clock of {self.zone}; missing "
            "when there is no event."
        )

    @cached_property
    def tallies(self) -> tuple[Tally, ...]:
        return (Tally(Working(self.zone)), Tally(Count()))
