"""Draws as the ledger keeps them, recorded before anybody is worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from features.recipe import Recipe
from serving.exploration.lot import Arrived, drawn
from serving.ledger import Ledger
from serving.ledger.intake import insert_new
from serving.ledger.schema import EXPLORATION_DRAWS
from serving.ledger.sent import digest_of

_AT_ONCE = 500
"""Names of one query: SQLite takes so many parameters."""


@dataclass(frozen=True)
class Draw:
    """Whether a lead was drawn, with what share, and when (µs)."""

    lead_id: str
    drawn_us: int
    share: float
    chosen: bool


def record_draws(
    ledger: Ledger, recipe: Recipe, leads: Sequence[Arrived], now_us: int, source: str = "leadscore plan"
) -> frozenset[str]:
    """Draw those of `leads` that never were, keep each result, and return all that are drawn.

    A lead is drawn once: a share or key that is changed later holds for leads that come later. It needs no
    `Writer` and may be done while a service runs.

    Raises:
        LeadscoreError: the ledger cannot be written.
    """
    if recipe.exploration is None:
        return frozenset()
    before = _known(ledger, leads)
    rows = [
        {"natural_key": digest_of(["draw", one.lead_id]), "digest": digest_of(one.lead_id), "source": source,
         "recorded_us": now_us, "lead_id": one.lead_id, "drawn_us": now_us, "share": recipe.exploration.share,
         "chosen": drawn(recipe, one)}
        for one in leads
        if one.lead_id not in before
    ]  # fmt: skip
    if rows:
        with ledger.transaction() as connection:
            connection.execute(insert_new(connection, EXPLORATION_DRAWS), rows)
        before = _known(ledger, leads)  # another may have come first
    return frozenset(one.lead_id for one in leads if before[one.lead_id])


def _known(ledger: Ledger, leads: Sequence[Arrived]) -> dict[str, bool]:
    """Whether each of `leads` was drawn, of those that have a draw."""
    table, found = EXPLORATION_DRAWS.c, dict[str, bool]()
    names = [one.lead_id for one in leads]
    with ledger.reading() as connection:
        for start in range(0, len(names), _AT_ONCE):
            which = table.lead_id.in_(names[start : start + _AT_ONCE])
            rows = connection.execute(select(table.lead_id, table.chosen).where(which))
            found |= {lead: bool(chosen) for lead, chosen in rows}
    return found


def draws_of(ledger: Ledger) -> list[Draw]:
    """Every draw, the oldest first."""
    table = EXPLORATION_DRAWS.c
    query = select(table.lead_id, table.drawn_us, table.share, table.chosen).order_by(table.seq)
    with ledger.reading() as connection:
        return [Draw(*row) for row in connection.execute(query)]
