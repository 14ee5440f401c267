"""The lead that is asked about."""

from __future__ import annotations

from dataclasses import dataclass

from features.lead import Lead


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
