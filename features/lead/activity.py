"""How active a lead is now: a hidden Markov chain's belief, by what the lead did and when.

At each time a lead is in one of three states, which nobody sees. In a state, events of each kind come at a
rate of the state, and from time to time the state changes. What is read is where the lead may be at as_of,
given its events until then: the forward filter (Rabiner 1989, Proceedings of the IEEE 77:257-286), in spans
of age that grow with the distance from as_of. Training fits the chain on all leads, whether their outcome is
known or not.
"""

from __future__ import annotations

import math
import weakref
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np

from features.clock import DAY_US, days_us
from features.columns import Floats
from features.lead.lead import Lead
from features.lead.measures import UNIT

Triple = tuple[float, float, float]
_LEAST = 1e-5
"""The belief in a state is never less: nothing is certain."""


@dataclass(frozen=True)
class ActivityChain:
    """A chain of three states, ordered by how often leads in them are won.

    `days` are the ages at which spans begin, and where the last one ends; `moves` holds for each span the
    chances of going from one state (outer) to another over its length. `begin` is where new leads may be,
    `settled` where leads may be that are older than the last span. `rates` are the events a day in each state
    of all kinds together, closings among them. `weights` has for each kind the log rate in the second and
    third state over that in the first, in billionths, and `entry` the same of events at the creation of a
    lead or before, until `first_days` after it. `won` is the chance of being won within the horizon.
    """

    first_days: float
    days: tuple[float, ...]
    moves: tuple[tuple[Triple, Triple, Triple], ...]
    begin: Triple
    settled: Triple
    rates: Triple
    weights: tuple[tuple[str, int, int], ...]
    entry: tuple[tuple[str, int, int], ...]
    won: Triple

    def __getstate__(self) -> dict[str, Any]:
        """All but the last lead, of which only a weak reference is kept: so it can be copied and pickled."""
        return {name: value for name, value in self.__dict__.items() if name != "_last"}

    @cached_property
    def key(self) -> str:
        """Tells chains apart in names: each training fits its own, and several may be read together."""
        return sha256(repr(_alike(astuple(self))).encode()).hexdigest()[:8]

    @cached_property
    def edges_us(self) -> list[int]:
        """`days` in µs."""
        return [days_us(one) for one in self.days]

    @cached_property
    def _of_kind(self) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
        entry = {kind: (two, three) for kind, two, three in self.entry}
        return {kind: ((two, three), entry[kind]) for kind, two, three in self.weights}

    @cached_property
    def _last(self) -> list[tuple[weakref.ref[Lead], Triple]]:
        return []

    def believed(self, lead: Lead) -> Triple | None:
        """The belief in each state; None where events or the creation are not known.

        Several features ask for the same lead one after the other: the last one is kept.
        """
        if lead.by_kind is None or lead.created_us is None:
            return None
        if (last := self._last[:1]) and last[0][0]() is lead:
            return last[0][1]
        age_us = lead.as_of_us - lead.created_us - days_us(self.first_days)
        weighed = [0] * (2 * len(self.edges_us))
        for kind, events in lead.by_kind.items():
            if kind not in self._of_kind:
                continue
            later, entry = self._of_kind[kind]
            for event_us in events.ages:
                at, (two, three) = (
                    (0, entry) if event_us >= age_us else (bisect_right(self.edges_us, event_us), later)
                )
                if at < len(self.edges_us):
                    weighed[2 * at] += two
                    weighed[2 * at + 1] += three
        found = self._filtered(age_us / DAY_US, weighed)
        self._last[:] = [(weakref.ref(lead), found)]
        return found

    def _filtered(self, age: float, weighed: Sequence[int]) -> Triple:
        """The belief by the weights of the events at creation and of each span, newest first."""
        first, second, third = self.begin if age <= self.days[-1] else self.settled
        two, three = weighed[0] / UNIT, weighed[1] / UNIT
        if age > self.days[-1]:
            two = three = 0.0
        top = max(two, three, 0.0)
        one, two, three = (
            first * math.exp(0.0 - top), second * math.exp(two - top), third * math.exp(three - top)
        )  # fmt: skip
        whole = one + two + three
        first, second, third = one / whole, two / whole, three / whole
        for at in reversed(range(len(self.moves))):
            if age < self.days[at]:
                continue
            length = min(self.days[at + 1], age) - self.days[at]
            two = weighed[2 * at + 2] / UNIT - (self.rates[1] - self.rates[0]) * length
            three = weighed[2 * at + 3] / UNIT - (self.rates[2] - self.rates[0]) * length
            top = max(two, three, 0.0)
            m, n, o = self.moves[at]
            one = (first * m[0] + second * n[0] + third * o[0]) * math.exp(0.0 - top)
            two = (first * m[1] + second * n[1] + third * o[1]) * math.exp(two - top)
            three = (first * m[2] + second * n[2] + third * o[2]) * math.exp(three - top)
            whole = one + two + three
            first, second, third = one / whole, two / whole, three / whole
        return max(first, _LEAST), max(second, _LEAST), max(third, _LEAST)

    def believed_of_many(self, age: Floats, weighed: Floats) -> tuple[Floats, Floats, Floats]:
        """The belief for many leads: `age` in days, shape `(n,)`; `weighed`, shape `(n, 2 + 2 n_spans)`."""
        old = age > self.days[-1]
        now = [np.where(old, settled, new) for settled, new in zip(self.settled, self.begin, strict=True)]
        entry = [np.where(old, 0.0, weighed[:, at] / UNIT) for at in (0, 1)]
        now = _weighed(now, *entry)
        for at in reversed(range(len(self.moves))):
            there = age >= self.days[at]
            length = np.minimum(self.days[at + 1], age) - self.days[at]
            two = weighed[:, 2 * at + 2] / UNIT - (self.rates[1] - self.rates[0]) * length
            three = weighed[:, 2 * at + 3] / UNIT - (self.rates[2] - self.rates[0]) * length
            m, n, o = self.moves[at]
            moved = [now[0] * m[to] + now[1] * n[to] + now[2] * o[to] for to in range(3)]
            ahead = _weighed(moved, two, three)
            now = [np.where(there, one, before) for one, before in zip(ahead, now, strict=True)]
        first, second, third = (np.maximum(one, _LEAST) for one in now)
        return first, second, third


def _alike(part: Any) -> Any:
    """`part` with every number written as a float: 1 and 1.0 are equal, and so is what is told by them."""
    if isinstance(part, tuple):
        return tuple(_alike(one) for one in part)
    return part if isinstance(part, str) else float(part)


def _weighed(now: Sequence[Floats], two: Floats, three: Floats) -> list[Floats]:
    """The belief `now` after events of these log weights."""
    top = np.maximum(np.maximum(two, three), 0.0)
    found = [one * np.exp(log - top) for one, log in zip(now, (0.0, two, three), strict=True)]
    whole = found[0] + found[1] + found[2]
    return [one / whole for one in found]
