"""The lead that is asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Literal

from features.lead import Lead

DRAWN = "drawn by lot: it is to be worked whatever its score, so that it can be known what scoring brings"
"""What the score of a lead says that exploration drew."""


@dataclass(frozen=True)
class Decided:
    """What a person has decided of a lead's maturity, from `decided_us` until `until_us`, and why."""

    maturity: Literal["cold", "warm", "hot"]
    by: str
    reason: str
    decided_us: int
    until_us: int

    def holds(self, as_of_us: int) -> bool:
        """Whether it was made by then, and has not expired."""
        return self.decided_us <= as_of_us < self.until_us


@dataclass(frozen=True)
class DecidedLead(Lead):
    """A lead in memory of whose maturity a person has decided, or that was drawn to be worked whatever its
    score."""

    decided: Decided | None = None
    drawn: bool = False


@dataclass(frozen=True)
class Heard:
    """What was said that every answer follows, by lead: who objects to being profiled, who contests, what was
    decided of a maturity, whom exploration drew.

    `opted_out` are scored by nothing. `contested` are (lead, words for its score): what was contested, when,
    and what a person's review came to. `overrides` are (lead, decision), of each lead the oldest first.
    `drawn` are worked whatever their score, as it was recorded.
    """

    opted_out: frozenset[str] = frozenset()
    contested: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    overrides: tuple[tuple[str, Decided], ...] = field(default=(), repr=False)
    drawn: Set[str] = field(default=frozenset(), repr=False)

    def notes(self, lead_id: str) -> tuple[str, ...]:
        """What is said on the score of a lead."""
        return self._words.get(lead_id, ())

    def of(self, lead: Lead) -> Lead:
        """`lead` with what is said of it."""
        name = lead.lead_id
        if name not in self.opted_out and name not in self._spoken_of and name not in self.drawn:
            return lead
        notes = tuple(note for note in self.notes(name) if note not in lead.notes)
        out, decided = lead.lead_id in self.opted_out, self.decided(lead.lead_id, lead.as_of_us)
        if decided is not None or lead.lead_id in self.drawn:
            known = {one.name: getattr(lead, one.name) for one in fields(Lead)}
            lead = DecidedLead(**known, decided=decided, drawn=lead.lead_id in self.drawn)
        return replace(lead, opted_out=lead.opted_out or out, notes=lead.notes + notes)

    def decided(self, lead_id: str, as_of_us: int) -> Decided | None:
        """What a person had decided of the maturity of a lead, and stood at `as_of_us`."""
        made = [one for one in self._overrides.get(lead_id, ()) if one.decided_us <= as_of_us]
        return made[-1] if made and made[-1].holds(as_of_us) else None

    @cached_property
    def named(self) -> frozenset[str]:
        """The leads of whom a word, a decision or a draw stands."""
        return self._spoken_of | self.drawn

    @cached_property
    def _spoken_of(self) -> frozenset[str]:
        return frozenset(self._words) | frozenset(self._overrides)

    def facts(self) -> Iterator[str]:
        """What answers depend on, as text."""
        yield from sorted(self.opted_out)
        yield from (f"{lead}: {words}" for lead, words in self.contested)
        yield from map(repr, self.overrides)
        yield from (f"{lead}: drawn" for lead in sorted(self.drawn))

    @cached_property
    def _overrides(self) -> dict[str, list[Decided]]:
        found: dict[str, list[Decided]] = {}
        for lead, decided in self.overrides:
            found.setdefault(lead, []).append(decided)
        return found

    @cached_property
    def _words(self) -> dict[str, tuple[str, ...]]:
        return {lead: (words,) for lead, words in self.contested}


@dataclass(frozen=True)
class Asked:
    """One lead to answer for, beside its columns.

    `stage` is what the CRM says, `outcome` "won" or "lost" for a closed lead, None for an open one.
    """

    lead_id: str
    as_of_us: int
    events_given: bool
    stage: str | None = None
    outcome: str | None = None
    opted_out: bool = False
    notes: tuple[str, ...] = ()
    decided: Decided | None = None
    drawn: bool = False
    account_told: bool = True
    """Whether the account's other leads are known, as they are where whole tables or a ledger are read."""


def asked_of(lead: Lead) -> Asked:
    """What an answer needs of a lead in memory, beside its features."""
    return Asked(
        lead.lead_id,
        lead.as_of_us,
        lead.by_kind is not None,
        lead.stage,
        lead.outcome,
        lead.opted_out,
        tuple(lead.notes),
        lead.decided if isinstance(lead, DecidedLead) else None,
        isinstance(lead, DecidedLead) and lead.drawn,
        lead.others is not None or lead.account_id is None,
    )


def asked_alike(leads: Sequence[Lead]) -> list[Asked]:
    """`asked_of` each of `leads`, without its id: one object for all of whom the same is asked."""
    made: dict[tuple[object, ...], Asked] = {}
    found = list[Asked]()
    for lead in leads:
        key: tuple[object, ...] = (
            lead.as_of_us, lead.by_kind is not None, lead.stage, lead.outcome, lead.opted_out, lead.notes,
            lead.others is not None or lead.account_id is None,
        )  # fmt: skip
        if isinstance(lead, DecidedLead):
            key = (*key, lead.decided, lead.drawn)
        if key not in made:
            made[key] = replace(asked_of(lead), lead_id="")
        found.append(made[key])
    return found
