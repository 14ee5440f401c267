"""A lead by its name as it stood at a moment: the same lead in memory that a request makes; its scores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, select

from features.clock import from_us
from features.errors import FieldProblem, LeadError
from features.lead import Lead, LeadReader, accepted_fields, closing
from features.recipe import Recipe
from serving.asked import Heard
from serving.ledger.decisions import standing_on
from serving.ledger.gone import same_lead
from serving.ledger.schema import EVENTS, FIELD_HISTORY, LEADS, OUTCOMES, SCORES
from serving.ledger.sent import Cell
from serving.ledger.store import Ledger

_AT_ONCE = 500
_WITHIN_SECONDS = 5.0
"""What a statement about one lead may take: somebody waits for its score."""
"""Ids of one query: SQLite takes so many parameters."""


@dataclass(frozen=True)
class KeptScore:
    """A score that was given; `answer` and `features` are JSON, as they were kept."""

    lead_id: str
    as_of_us: int
    recorded_us: int
    rung: str
    version: str
    recipe_hash: str
    shadow: bool
    answer: str = field(repr=False)
    features: str | None = field(repr=False)


@dataclass(frozen=True)
class LeadTold:
    """What was told of a lead up to a moment: cells by column, events (None: nobody's are told), stage."""

    cells: dict[str, Cell] = field(repr=False)
    events: list[dict[str, Any]] | None = field(repr=False)
    stage: str | None
    standing: Heard
    """Whether the person objects or contests: now, whatever moment was asked for."""


def told_of(ledger: Ledger, recipe: Recipe, lead_id: str, as_of_us: int) -> LeadTold:
    """What the ledger holds of `lead_id` up to `as_of_us`, in the words of `recipe`.

    Records that were merged by then are one lead, under whichever of their ids it is asked for.

    Raises:
        LeadError: the ledger does not know the lead at that moment, or it was deleted or erased by then.
        LeadscoreError: the ledger cannot be reached.
    """
    with ledger.reading(_WITHIN_SECONDS) as connection:
        ids = same_lead(connection, lead_id, as_of_us)
        cells = _cells_at(connection, recipe, ids, as_of_us)
        events = _events_of(connection, recipe, ids, as_of_us)
        stage = _stage_at(connection, recipe, ids, as_of_us)
        return LeadTold(cells, events, stage, standing_on(connection, as_of_us, ids[0]))


def cells_of(ledger: Ledger, recipe: Recipe, lead_ids: Iterable[str]) -> dict[str, dict[str, Cell]]:
    """The present cells of those of `lead_ids` that the ledger knows, by the recipe's role of each.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    roles, table, wanted = accepted_fields(recipe), FIELD_HISTORY, sorted(set(lead_ids))
    rows: dict[str, list[tuple[int, str]]] = {}
    with ledger.reading() as connection:
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            query = select(LEADS.c.lead_id).where(LEADS.c.lead_id.in_(part))
            rows |= {lead_id: [] for lead_id in connection.execute(query).scalars()}
            history = select(table.c.lead_id, table.c.valid_from_us, table.c.cells)
            for lead_id, since, cells in connection.execute(history.where(table.c.lead_id.in_(part))):
                rows.setdefault(lead_id, []).append((since, cells))
    return {
        lead_id: {roles[name]: cell for name, cell in folded(recipe, held).items()}
        for lead_id, held in rows.items()
    }


def lead_of(ledger: Ledger, reader: LeadReader, lead_id: str, as_of_us: int) -> Lead:
    """The lead `lead_id` as it stood at `as_of_us`, by the recipe of `reader`.

    Fields are the fold of their history up to then by the source's time; columns that the recipe does not
    know are left out. Events are those that were available; where the ledger holds none of anybody they
    count as not given. The stage is the last outcome up to then. Records that were merged by then are one
    lead, under whichever of their ids it is asked for.

    Raises:
        LeadError: the ledger does not know the lead at that moment, it was deleted or erased by then, or a
            cell cannot be read by the recipe.
        LeadscoreError: the ledger cannot be reached.
    """
    told = told_of(ledger, reader.recipe, lead_id, as_of_us)
    lead = reader.read(lead_id=lead_id, fields=told.cells, events=told.events, as_of_us=as_of_us)
    return as_told(lead, reader.recipe, told)


def as_told(lead: Lead, recipe: Recipe, told: LeadTold) -> Lead:
    """`lead` as its person wants it treated, at the stage that a table of outcomes tells."""
    lead = told.standing.of(lead)
    if told.stage is None or recipe.outcomes.column is not None:
        return lead
    return replace(lead, stage=told.stage, outcome=closing(recipe.outcomes, told.stage))


def scores_of(ledger: Ledger, lead_id: str, *, shadow: bool = False, most: int = 100) -> list[KeptScore]:
    """The scores that a lead was given, the newest moment first; those of challengers only with `shadow`.

    By the moment that each is about, not by arrival: an older score that comes late stays behind.
    """
    query = select(*(SCORES.c[name] for name in KeptScore.__dataclass_fields__))
    query = query.where(SCORES.c.lead_id == lead_id)
    if not shadow:
        query = query.where(SCORES.c.shadow.is_(False))
    with ledger.reading() as connection:
        rows = connection.execute(query.order_by(SCORES.c.as_of_us.desc(), SCORES.c.seq.desc()).limit(most))
        return [KeptScore(*row) for row in rows]


def folded(recipe: Recipe, rows: Iterable[tuple[int, str]]) -> dict[str, Cell]:
    """Cells by column of (valid_from, cells): the last of each field, of equal moments the greater text.

    As in a table of changes: it must not depend on the order of arrival. A field may be named by the recipe's
    name or its column; names that the recipe does not know are left out.
    """
    roles = accepted_fields(recipe)
    columns = {role: name for name, role in reversed(roles.items())}
    found: dict[str, tuple[int, bool, str, Cell]] = {}
    for valid_from, text in rows:
        for name, cell in json.loads(text).items():
            if (role := roles.get(name)) is None:
                continue
            held = (valid_from, cell is not None, str(cell), cell)
            if role not in found or held[:3] > found[role][:3]:
                found[role] = held
    return {columns[role]: held[3] for role, held in found.items()}


def folded_together(
    recipe: Recipe, own: Iterable[tuple[int, str]], absorbed: Iterable[tuple[int, str]]
) -> dict[str, Cell]:
    """The cells of a lead that others were merged into: its own, else theirs where it has none."""
    found = folded(recipe, own)
    return folded(recipe, absorbed) | {name: cell for name, cell in found.items() if cell not in (None, "")}


def _cells_at(connection: Connection, recipe: Recipe, ids: list[str], as_of_us: int) -> dict[str, Cell]:
    known = connection.execute(select(LEADS.c.seq).where(LEADS.c.lead_id.in_(ids))).first()
    table = FIELD_HISTORY
    query = select(table.c.lead_id, table.c.valid_from_us, table.c.cells).where(
        table.c.lead_id.in_(ids), table.c.valid_from_us <= as_of_us
    )
    rows = connection.execute(query).all() if known else []
    if not rows:
        remedy = "Send the lead first, or score it with its fields."
        raise LeadError([FieldProblem("lead_id", "is not known to the ledger at this moment", remedy)])
    own = [(row.valid_from_us, row.cells) for row in rows if row.lead_id == ids[0]]
    if len(ids) == 1:
        return folded(recipe, own)
    absorbed = [(row.valid_from_us, row.cells) for row in rows if row.lead_id != ids[0]]
    return folded_together(recipe, own, absorbed)


def _events_of(
    connection: Connection, recipe: Recipe, ids: list[str], as_of_us: int
) -> list[dict[str, Any]] | None:
    """Events up to as_of, in the order of their arrival; None where nobody ever sent one.

    With what the recipe declares of them, as a table of events would have it.
    """
    table, declared = EVENTS, recipe.events
    if declared is None:
        return None
    query = select(table).where(table.c.lead_id.in_(ids), table.c.occurred_us <= as_of_us)
    events = []
    for row in connection.execute(query.order_by(table.c.seq)):
        event = {"kind": row.kind, "occurred_at": from_us(row.occurred_us)}
        event |= {"event_id": row.event_id} if declared.event_id else {}
        event |= {"value": row.value} if declared.value else {}
        if declared.ingested_at and row.ingested_us is not None:
            event["ingested_at"] = from_us(row.ingested_us)
        events.append(event)
    if not events and connection.execute(select(table.c.seq).limit(1)).first() is None:
        return None
    return events


def _stage_at(connection: Connection, recipe: Recipe, ids: list[str], as_of_us: int) -> str | None:
    table = OUTCOMES
    query = select(table.c.occurred_us, table.c.stage).where(table.c.lead_id.in_(ids))
    return _last_stage(recipe, [(row.occurred_us, row.stage) for row in connection.execute(query)], as_of_us)


def last_closing(recipe: Recipe, rows: Iterable[tuple[int | None, str]], as_of_us: int) -> str | None:
    """'won' or 'lost' where the last stage of (occurred, stage) up to as_of closes a lead, else None."""
    return closing(recipe.outcomes, _last_stage(recipe, rows, as_of_us))


def _last_stage(recipe: Recipe, rows: Iterable[tuple[int | None, str]], as_of_us: int) -> str | None:
    """The last stage up to as_of; of equal moments lost, then won, is last. One that closes undated is it."""
    ranks = {None: 0, "lost": 1, "won": 2}
    found = []
    for occurred, stage in rows:
        rank = ranks[closing(recipe.outcomes, stage)]
        if occurred is None and rank:
            found.append((as_of_us + 1, rank, stage))
        elif occurred is not None and occurred <= as_of_us:
            found.append((occurred, rank, stage))
    return max(found)[2] if found else None
