"""What people decided of leads, as it stood at a moment: the newest decision of each kind on each lead."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import select

from serving.ledger.schema import DECISIONS, LEADS
from serving.ledger.store import Ledger


@dataclass(frozen=True)
class KeptDecision:
    """A decision of `kind` ('override', 'refusal', 'opt_out' …) on a lead, with what it says (`content`)."""

    lead_id: str
    kind: str
    by: str = field(repr=False)
    reason: str = field(repr=False)
    content: str | None
    decided_us: int
    expires_us: int | None


def decisions_at(ledger: Ledger, as_of_us: int, *kinds: str) -> dict[tuple[str, str], KeptDecision]:
    """(lead, kind) → the newest decision of these kinds that was made by `as_of_us` and has not expired.

    By the source's own time, of equal moments the last that arrived. One that has expired ends what was
    decided before it too: that is how a decision is taken back.
    """
    table = DECISIONS
    query = select(*(table.c[name] for name in KeptDecision.__dataclass_fields__))
    query = query.where(table.c.kind.in_(kinds), table.c.decided_us <= as_of_us)
    with ledger.reading() as connection:
        rows = list(connection.execute(query.order_by(table.c.decided_us, table.c.seq)))
    newest = {(row.lead_id, row.kind): KeptDecision(*row) for row in rows}
    return {key: one for key, one in newest.items() if one.expires_us is None or as_of_us < one.expires_us}


def knows(ledger: Ledger, lead_id: str) -> bool:
    """Whether the ledger has ever met the lead."""
    with ledger.reading() as connection:
        return connection.execute(select(LEADS.c.seq).where(LEADS.c.lead_id == lead_id)).first() is not None
