"""The lead that is asked about."""

from __future__ import annotations

from dataclasses import dataclass


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
