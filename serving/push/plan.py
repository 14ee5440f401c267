"""Who is to be sent what: the newest score of each lead against what the CRM was last seen to accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Connection, select

from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.pushed import PushState, pushed
from serving.ledger.schema import SCORES
from serving.push.newest import UNREADABLE, looked_at
from serving.vendors.adapter import Outgoing
from serving.vendors.mapping import PushMapping

_NAMED = 5
_AT_ONCE = 500
"""Leads of one query: SQLite takes so many parameters."""


@dataclass
class PushPlan:
    """The leads that need sending, the most promising first, those refused before last; why others do not.

    Reasons: 'unchanged', 'closed', 'a person decided', 'opted out' (nothing is to be cleared, or can be),
    'no score' (an error, no rung could answer, or the ledger keeps none), 'older' (than what was sent).
    """

    fresh: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    """Leads that the CRM refused on an earlier run: they go by themselves, and spoil no batch."""
    passed: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    """Leads whose newest score cannot be read: it was kept by another version, or changed by hand."""

    def unread_told(self) -> Counter[str]:
        """The sentence that names the leads of `unread`, and how many they are."""
        names, more = ", ".join(map(repr, self.unread[:_NAMED])), len(self.unread) - _NAMED
        some = f"{names} and {more:,} more" if more > 0 else names
        told = f"this version cannot read the newest score that the ledger keeps of {some}."
        told = f"{told} Score them again, or push with the version that did."
        return Counter({told: len(self.unread)} if self.unread else {})


def planned(ledger: Ledger, mapping: PushMapping, recipe: Recipe | None, now_us: int) -> PushPlan:
    """The plan of a run at `now_us`. `recipe` says which stages close a lead; without one none does.

    Raises:
        LeadscoreError: the ledger cannot be read.
    """
    plan, found = PushPlan(), list[tuple[float, str]]()
    with ledger.reading() as connection:
        states = pushed(connection, mapping.target)
        names = connection.execute(select(SCORES.c.lead_id).where(SCORES.c.shadow.is_(False)).distinct())
        for part in _parts(sorted({*names.scalars(), *states})):
            for lead_id, one in looked_at(connection, part, mapping, recipe, now_us):
                if one == UNREADABLE:
                    plan.unread.append(lead_id)
                elif isinstance(one, str):
                    plan.passed[one] += 1
                elif lead_id in states and states[lead_id].tries:
                    plan.again.append(lead_id)
                else:
                    score = one.values["score"]
                    found.append((-float(score) if isinstance(score, int) else 0.0, lead_id))
    plan.fresh = [lead_id for _, lead_id in sorted(found)]
    return plan


def due_of(
    ledger: Ledger, lead_ids: Sequence[str], mapping: PushMapping, recipe: Recipe | None, now_us: int
) -> list[Outgoing]:
    """What is to be sent of `lead_ids` now, in their order; of those of whom nothing is, nothing."""
    return outgoing(ledger, lead_ids, LeadsDue(ledger, mapping, recipe), now_us)


def outgoing(ledger: Ledger, names: Sequence[str], due: PushSource, now_us: int) -> list[Outgoing]:
    """What is to be sent of `names` now, in their order; of those of whom nothing is, nothing."""
    found: dict[str, Outgoing | str] = {}
    with ledger.reading() as connection:
        for part in _parts(names):
            found |= dict(due.look(connection, part, now_us))
    return [one for name in names if not isinstance(one := found.get(name, "gone"), str)]


class PushSource(Protocol):
    """What a run sends from."""

    def sweep(self, state: PushState) -> None:
        """Delete what is kept of records that are to be forgotten."""

    def plan(self, now_us: int) -> PushPlan:
        """Who needs sending at `now_us`."""

    def look(
        self, connection: Connection, names: Sequence[str], now_us: int
    ) -> Iterator[tuple[str, Outgoing | str]]:
        """What is to be sent of each of `names` as of now, or why nothing is."""


@dataclass(frozen=True)
class LeadsDue:
    """The newest scores of the ledger's leads; `recipe` says which stages close one."""

    ledger: Ledger
    mapping: PushMapping
    recipe: Recipe | None = None

    def sweep(self, state: PushState) -> None:
        """Delete what is kept of leads that were erased."""
        state.sweep()

    def plan(self, now_us: int) -> PushPlan:
        """Who needs sending at `now_us`."""
        return planned(self.ledger, self.mapping, self.recipe, now_us)

    def look(
        self, connection: Connection, names: Sequence[str], now_us: int
    ) -> Iterator[tuple[str, Outgoing | str]]:
        """What is to be sent of each of `names` by its newest score, or why nothing is."""
        return looked_at(connection, names, self.mapping, self.recipe, now_us)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), _AT_ONCE):
        yield names[first : first + _AT_ONCE]
