"""The lead that is asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from features.lead import Lead


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
    )
