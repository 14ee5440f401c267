"""How leads of whom the same was true fared: counted in training, kept in the artefact, told in reasons."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from serving.words.facts import Facts
from serving.words.signals import Kind, LeadSignal

FEWEST_LEADS = 30
"""A rate of fewer leads is not kept, and not said."""
_Z80 = 1.2816
"""80 % of a normal distribution are within so many standard deviations."""
_DAYS = (1, 7, 30, 90, 180)
_COUNTS = (1, 3)
_MANY_COUNTS = (2, 9)
"""Counts of kinds of events together, of which there are more."""
_BANDED: tuple[Kind, ...] = ("number", "founded", "account")


class Counted(BaseModel):
    """Leads of which something was the case at some moment, and how many of them converted within the horizon
    after the first such moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leads: int = Field(ge=0)
    converted: int = Field(ge=0)

    @property
    def rate(self) -> float:
        """The share that converted."""
        return self.converted / self.leads if self.leads else 0.0

    def differs_from(self, rate: float) -> bool:
        """Whether the share is further from `rate` than chance alone would bring it in four of five cases."""
        return abs(self.rate - rate) > _Z80 * math.sqrt(rate * (1 - rate) / max(self.leads, 1))


class SignalRates(BaseModel):
    """The counts of one signal by state (see `states_of`); `edges` are the bands of its number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[float, ...] = ()
    states: dict[str, Counted] = Field(default_factory=dict)


class ObservedRates(BaseModel):
    """The counts of all signals by key, and of all leads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    everyone: Counted
    signals: dict[str, SignalRates] = Field(default_factory=dict)

    def of(self, signal: LeadSignal, facts: Facts) -> Counted | None:
        """The leads most like one with these facts, as far as there are enough of them."""
        known = self.signals.get(signal.key)
        if known is None:
            return None
        found = (known.states.get(state) for state in states_of(signal, facts, known.edges))
        return next((one for one in found if one is not None and one.leads >= FEWEST_LEADS), None)


def states_of(signal: LeadSignal, facts: Facts, edges: Sequence[float] = ()) -> tuple[str, ...]:
    """The states that facts are, the narrowest first: `2.1` (a week to a month ago, two or three times), `2`.

    `edges` are those of the bands of a number; a number is in the first band whose edge is ≥ it.
    """
    first = facts[0]
    if signal.kind == "events":
        return _event_states(first, facts[1], _COUNTS if len(signal.events) == 1 else _MANY_COUNTS)
    if first is None:
        return ("none",)
    if signal.kind in _BANDED:
        return (f"{bisect_left(edges, first)}",)
    if signal.kind in ("age", "date"):
        return (f"{bisect_left(_DAYS, facts[-1])}",)
    if signal.kind == "arrival":
        return (f"{first}.{facts[1]}", f"{first}")
    if signal.kind == "email":
        return (f"{first}.{facts[1]}", f"{first}")
    return (f"={first}",)


def number_of(signal: LeadSignal, facts: Facts) -> float | None:
    """The number whose bands are the states of a signal, None where it has none."""
    return facts[0] if signal.kind in _BANDED else None


def _event_states(count: int | None, days: int | None, counts: Sequence[int]) -> tuple[str, ...]:
    if count == 0:
        return ("never",)
    if days is None:
        return () if count is None else (f"x{bisect_left(counts, count)}", "some")
    since = bisect_left(_DAYS, days)
    return (f"{since}",) if count is None else (f"{since}.{bisect_left(counts, count)}", f"{since}")
