"""Leads that the ledger knows as customers at a moment, with what was known of them then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, or_, select, true

from features.errors import LeadError
from features.lead import accepted_fields, closing, fields_read
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.reading import told_of
from serving.ledger.schema import FIELD_HISTORY, OUTCOMES

_ANY = "*"
"""Among what means won: any stage that is not lost."""
_MOST = 300
"""Customers that are looked at, the newest first: each is read as of the moment."""


@dataclass(frozen=True)
class WonLead:
    """A customer that the ledger knows: its id, and its cells by field of the recipe."""

    lead_id: str
    cells: Mapping[str, Any]


def won_leads(ledger: Ledger, recipe: Recipe, as_of_us: int) -> Iterator[WonLead]:
    """Those that were won by `as_of_us` and still are; not who objects to being profiled, or was deleted.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    roles, read = accepted_fields(recipe), fields_read(recipe)
    with ledger.reading() as connection:
        named = _named_won(connection, recipe, as_of_us)
    for lead_id in named:
        try:
            told = told_of(ledger, recipe, lead_id, as_of_us)
        except LeadError:  # deleted, erased, or not known by then
            continue
        cells = {name: cell for key, cell in told.cells.items() for name in (roles[key], *read[key])}
        stage = told.stage if recipe.outcomes.column is None else cells.get("outcome")
        end = None if stage is None else closing(recipe.outcomes, str(stage))
        if end == "won" and not told.standing.opted_out:
            yield WonLead(lead_id, cells)


def _named_won(connection: Connection, recipe: Recipe, as_of_us: int) -> list[str]:
    """The leads of which it was once said that they were won, the newest first."""
    if recipe.outcomes.column is None:
        table, moment, text = OUTCOMES, OUTCOMES.c.occurred_us, OUTCOMES.c.stage
    else:
        table, moment, text = FIELD_HISTORY, FIELD_HISTORY.c.valid_from_us, FIELD_HISTORY.c.cells
    named = [func.lower(text).contains(value.lower(), autoescape=True) for value in recipe.outcomes.won]
    won = true() if _ANY in recipe.outcomes.won else or_(*named)
    query = select(table.c.lead_id).where(won, moment <= as_of_us).order_by(moment.desc()).limit(_MOST)
    return list(dict.fromkeys(connection.execute(query).scalars()))
