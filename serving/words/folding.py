"""Kinds of events and sets of them: what is said of one is not said again, or against it, of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from serving.words.facts import FactReader
from serving.words.signals import LeadSignal

_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Folding:
    """Gives the parts of sets of kinds (signs of interest …) to the kinds in them, lead by lead.

    A set of which something happened is spoken of by that kind of it which weighs most in the set's
    direction, among those that happened: "asked for a demo 2 days ago" is more than "one sign of intent",
    and never stands against it. Where none of a set happened, the set speaks for its kinds: "no sign of
    intent yet". Where nothing happened at all, or nothing is known, all that look at events say that once.
    What a lead did in all keeps its own part, unless that is events of one kind.
    """

    signals: Sequence[LeadSignal]

    @cached_property
    def _events(self) -> list[int]:
        return [place for place, signal in enumerate(self.signals) if signal.kind == "events"]

    @cached_property
    def _counted(self) -> tuple[str, ...]:
        """The columns that say how often something of each of `_events` happened."""
        return tuple(self.signals[place].told_by[0].name for place in self._events)

    @cached_property
    def _sets(self) -> list[tuple[int, NDArray[np.intp]]]:
        """(a set of kinds of one meaning, the kinds in it) by place."""
        found = []
        for place in self._events:
            kinds = self.signals[place].events
            members = [
                at for at in self._events if len(own := self.signals[at].events) == 1 and own[0] in kinds
            ]
            if self.signals[place].is_meaning and members:
                found.append((place, np.array(members, dtype=np.intp)))
        return found

    @cached_property
    def _any(self) -> int | None:
        return next((place for place in self._events if not self.signals[place].events), None)

    def folded(self, sums: Floats, read: FactReader) -> Floats:
        """`sums` of shape `(n_leads, n_signals)` with the same totals by lead."""
        sums = sums.copy()
        counts = np.full(sums.shape, np.nan)
        counts[:, self._events] = read.numbers(self._counted).T
        for place, members in self._sets:
            none, happened = counts[:, place] == 0, counts[:, members] > 0
            _gather(sums, none, place, members)
            _spread(sums, ~none & happened.any(axis=1), place, members, happened)
        if self._any is not None:
            nothing = ~(counts[:, self._any] > 0)
            _gather(sums, nothing, self._any, self._others)
            happened = counts[:, self._alone] > 0
            only = ~nothing & (happened.sum(axis=1) == 1)  # that kind speaks for all
            _spread(sums, only, self._any, self._alone, happened)
        return sums

    @cached_property
    def _others(self) -> NDArray[np.intp]:
        """All that look at events but not at all of them."""
        return np.array([place for place in self._events if place != self._any], dtype=np.intp)

    @cached_property
    def _alone(self) -> NDArray[np.intp]:
        """All that look at one kind of event."""
        alone = [place for place in self._events if len(self.signals[place].events) == 1]
        return np.array(alone, dtype=np.intp)


def _gather(sums: Floats, rows: _Mask, place: int, members: NDArray[np.intp]) -> None:
    """Add the members' parts to the set's."""
    if not rows.any():
        return
    own = np.flatnonzero(rows)[:, None], members
    sums[rows, place] += sums[own].sum(axis=1)
    sums[own] = 0.0


def _spread(sums: Floats, rows: _Mask, place: int, members: NDArray[np.intp], happened: _Mask) -> None:
    """Give the set's part to the member that weighs most in its direction, of those that happened."""
    if not rows.any():
        return
    at = np.flatnonzero(rows)
    part = sums[at, place]
    weights = sums[at[:, None], members] * np.sign(part)[:, None]
    chosen = members[np.argmax(np.where(happened[at], weights, -np.inf), axis=1)]
    sums[at, chosen] += part
    sums[at, place] = 0.0
