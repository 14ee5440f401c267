"""Draws as the ledger keeps them, recorded before anybody is worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from features.recipe import Recipe
from serving.exploration.lot import Arrived, drawn
from serving.ledger import Ledger
from serving.ledger.gone import erased_of
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

    A lead is drawn once: a share or key that is changed later holds for leads that come later. Of who was
    erased for good nothing is kept, and nobody is drawn. It needs no `Writer` and may be done while a service
    runs.

    Raises:
        LeadscoreError: the ledger cannot be written.
    """
    if recipe.exploration is None:
        return frozenset()
    known = draws_known(ledger, leads)
    known |= draw_others(ledger, recipe, leads, known, now_us, source)
    return frozenset(one.lead_id for one in leads if known[one.lead_id])


def draws_known(ledger: Ledger, leads: Sequence[Arrived], within: float | None = None) -> dict[str, bool]:
    """Whether each of `leads` was drawn, of those that have a draw; who was erased for good is not.

    `within` is how many seconds may be waited for the ledger.

    Raises:
        LeadscoreError: the ledger cannot be read.
    """
    with ledger.reading(within) as connection:
        return _known(connection, [one.lead_id for one in leads])


def draw_others(
    ledger: Ledger,
    recipe: Recipe,
    leads: Sequence[Arrived],
    known: Mapping[str, bool],
    now_us: int,
    source: str,
    within: float | None = None,
) -> dict[str, bool]:
    """Draw those of `leads` that are not `known`, keep each result; whether each of them is drawn.

    Nothing is written where all are known. `within` is how many seconds may be waited for the ledger.

    Raises:
        LeadscoreError: the ledger cannot be written.
    """
    plan, others = recipe.exploration, [one for one in leads if one.lead_id not in known]
    if plan is None or not others:
        return {}
    names = [one.lead_id for one in others]
    with ledger.transaction(within) as connection:
        met = _known(connection, names)  # another may have come first, or somebody was erased meanwhile
        rows = [
            {"natural_key": digest_of(["draw", one.lead_id]), "digest": digest_of(one.lead_id),
             "source": source, "recorded_us": now_us, "lead_id": one.lead_id, "drawn_us": now_us,
             "share": plan.share, "chosen": drawn(recipe, one)}
            for one in others
            if one.lead_id not in met
        ]  # fmt: skip
        if rows:
            connection.execute(insert_new(connection, EXPLORATION_DRAWS), rows)
        return _known(connection, names)


def _known(connection: Connection, names: Sequence[str]) -> dict[str, bool]:
    table, found = EXPLORATION_DRAWS.c, dict[str, bool]()
    for start in range(0, len(names), _AT_ONCE):
        which = table.lead_id.in_(names[start : start + _AT_ONCE])
        rows = connection.execute(select(table.lead_id, table.chosen).where(which))
        found |= {lead: bool(chosen) for lead, chosen in rows}
    return found | dict.fromkeys(erased_of(connection, names), False)


def draws_of(ledger: Ledger) -> list[Draw]:
    """Every draw, the oldest first."""
    table = EXPLORATION_DRAWS.c
    query = select(table.lead_id, table.drawn_us, table.share, table.chosen).order_by(table.seq)
    with ledger.reading() as connection:
        return [Draw(*row) for row in connection.execute(query)]
