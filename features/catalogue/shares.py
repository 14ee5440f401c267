"""Shares: of some kinds among all events, of events in working hours; and how active the lead is now."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from features.catalogue.members import Mask, OfEvents, OfLead, Told, Whole
from features.catalogue.naming import NO_CREATION, NO_SUCH_EVENT, kinds_label, kinds_slug, kinds_words
from features.catalogue.row import NAN, Row
from features.columns import Floats
from features.lead import Count, Lead, Tally
from features.lead.activity import ActivityChain
from features.lead.patterns import Working

_DIGITS = 1e6
"""Log-odds are rounded to six decimals: the readings may differ in the last bit of an exponential."""


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


@dataclass(frozen=True)
class Activity(OfLead):
    """How active the lead is now, in log-odds: of the second or third state against the first, or of being
    won within the horizon by the states alone."""

    of_what: Literal["second", "third", "won"]
    chain: ActivityChain
    type: Literal["activity"] = "activity"
    group: ClassVar[Literal["engagement"]] = "engagement"
    missing: ClassVar[str] = f"when events were not given, and {NO_CREATION}"

    @cached_property
    def name(self) -> str:
        return f"activity_{self.of_what}_{self.chain.key}"

    @property
    def label(self) -> str:
        labels = {"second": "Some activity now", "third": "Much activity now", "won": "Activity now"}
        return labels[self.of_what]

    def describe(self) -> str:
        against = {
            "second": "being somewhat rather than little active",
            "third": "being much rather than little active",
            "won": "being won within the horizon, by activity alone",
        }
        return (
            f"Log-odds at as_of of {against[self.of_what]}, by a hidden Markov chain of three states that "
            f"training fitted on the events of all leads; it looks at {self.chain.days[-1]:g} days."
        )

    def expr(self, row: Row) -> Any:
        """What `finished` makes the number of."""
        return row.table[f"activity_{self.chain.key}"]

    def finished(self, packed: Floats) -> Floats:
        """The values by age in days and weights of events, shape `(n, 3 + 2 n_spans)`."""
        states = self.chain.believed_of_many(packed[:, 0], packed[:, 1:])
        odds = np.log(self._for(states) / self._against(states))
        return np.asarray(np.floor(odds * _DIGITS + 0.5) / _DIGITS, dtype=np.float64)

    def value(self, lead: Lead) -> float:
        states = self.chain.believed(lead)
        if states is None:
            return NAN
        odds = math.log(self._for(states) / self._against(states))
        return math.floor(odds * _DIGITS + 0.5) / _DIGITS

    def _for(self, states: Sequence[Any]) -> Any:
        if self.of_what != "won":
            return states[1 if self.of_what == "second" else 2]
        won = self.chain.won
        return states[0] * won[0] + states[1] * won[1] + states[2] * won[2]

    def _against(self, states: Sequence[Any]) -> Any:
        if self.of_what != "won":
            return states[0]
        won = self.chain.won
        return states[0] * (1 - won[0]) + states[1] * (1 - won[1]) + states[2] * (1 - won[2])


def of_activity(chain: ActivityChain) -> tuple[Activity, ...]:
    """What a model reads of a chain."""
    return (Activity("second", chain), Activity("third", chain), Activity("won", chain))
