"""A lead with what its account's other leads did by its moment, from the ledger: as the tables tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, select

from features.cells import parse_date
from features.errors import LeadError, LeadscoreError
from features.lead import Lead, LeadReader, accepted_fields, closing
from features.recipe import Recipe
from features.sql import TRIM
from serving.ledger import Ledger
from serving.ledger.gone import same_lead
from serving.ledger.reading import folded_together
from serving.ledger.schema import DECISIONS, EVENTS, FIELD_HISTORY, LEADS, OUTCOMES
from serving.ledger.sent import Cell
from serving.neighbours.beside import Beside
from serving.neighbours.index import AccountIndex

_MOST = 2_000
"""Leads of an account beyond which nothing is told of it: reading them takes longer than an answer may."""
_AT_ONCE = 500


@dataclass
class Neighbours:
    """Tells leads of their account's others, as a ledger knows them."""

    ledger: Ledger
    _index: AccountIndex = field(default_factory=AccountIndex, repr=False)

    def together(self, recipe: Recipe, leads: Sequence[Lead], beside: Beside | None = None) -> list[Lead]:
        """`leads`, each with the `others` of its account as of its moment: those of the ledger, and those of
        `beside` (default: `leads` themselves) that the ledger does not know.

        Unchanged as `of` says.
        """
        if not recipe.features.accounts:
            return list(leads)
        beside = Beside.of(leads) if beside is None else beside
        names = {name for lead in leads for name in beside.ids(lead.account_id or "")}
        try:
            with self.ledger.reading() as connection:
                known = _known(connection, sorted(names))
        except LeadscoreError:
            return list(leads)
        told = (lead if lead.others is not None else self.of(recipe, lead) for lead in leads)
        return [_with(lead, beside.others(recipe, lead, known)) for lead in told]

    def of(self, recipe: Recipe, lead: Lead) -> Lead:
        """`lead` with `others` as of its moment, where the recipe asks for account features and it has one.

        Unchanged where the ledger cannot be reached or the account has more than 2,000 leads.
        """
        if not recipe.features.accounts or lead.account_id is None or lead.opted_out:
            return lead
        try:
            with self.ledger.reading() as connection:
                ids = self._index.leads(connection, recipe, lead.account_id)
                if len(ids) > _MOST:
                    return lead
                told = _Told(connection, recipe, lead.account_id, lead.as_of_us)
                return replace(lead, others=told.others(lead.lead_id, ids))
        except LeadscoreError:
            return lead


def _with(lead: Lead, more: Mapping[str, Sequence[int] | None]) -> Lead:
    """`lead` with `more` of its account beside what it was told."""
    if lead.others is None:
        return lead
    told: dict[str, Sequence[int] | None] = {}
    for kind, known in lead.others.items():
        added = more[kind]
        told[kind] = None if known is None or added is None else sorted([*known, *added])
    return replace(lead, others=told)


@lru_cache(maxsize=8)
def neighbours_of(ledger: Ledger) -> Neighbours:
    """The one of a ledger, which keeps who named an account from one question to the next."""
    return Neighbours(ledger)


@dataclass(frozen=True)
class _Told:
    """The account as it stood at a moment."""

    connection: Connection
    recipe: Recipe
    account: str
    as_of_us: int

    def others(self, lead_id: str, ids: Iterable[str]) -> dict[str, tuple[int, ...] | None]:
        """When each thing of the leads `ids` but `lead_id` became known, rising, up to the moment."""
        found: dict[str, list[int]] = {"leads": [], "won": [], "lost": [], "events": []}
        groups = self._groups(lead_id, ids)
        whole = [one for group in groups for one in group]
        cells = _by_lead(
            self.connection, FIELD_HISTORY, whole, FIELD_HISTORY.c.valid_from_us <= self.as_of_us
        )
        outcomes = _by_lead(self.connection, OUTCOMES, whole)
        events = _by_lead(self.connection, EVENTS, whole, EVENTS.c.occurred_us <= self.as_of_us)
        for group in groups:
            self._one(group, cells, outcomes, events, found)
        given = {"leads": True, "events": self.recipe.tables.events is not None}
        given["won"] = given["lost"] = (
            self.recipe.tables.outcomes is not None or self.recipe.outcomes.column is not None
        )
        return {
            kind: tuple(sorted(at for at in known if at <= self.as_of_us)) if given[kind] else None
            for kind, known in found.items()
        }

    def _groups(self, lead_id: str, ids: Iterable[str]) -> list[list[str]]:
        """`ids` but the lead itself, those that are one lead by then together, its survivor first."""
        moved = set(_by_lead(self.connection, DECISIONS, [lead_id, *ids]))
        own = set(self._same(lead_id)) if lead_id in moved else {lead_id}
        found: dict[str, list[str]] = {}
        for one in sorted(set(ids) - own):
            group = self._same(one) if one in moved else [one]
            if group and group[0] not in own:
                found[group[0]] = group
        return list(found.values())

    def _same(self, lead_id: str) -> list[str]:
        """The ids that are one lead with it, none where it was deleted."""
        try:
            return same_lead(self.connection, lead_id, self.as_of_us)
        except LeadError:
            return []

    def _one(
        self, group: Sequence[str], cells: Mapping[str, list[Any]], outcomes: Mapping[str, list[Any]],
        events: Mapping[str, list[Any]], found: dict[str, list[int]],
    ) -> None:  # fmt: skip
        """Add what became known of one lead."""
        own, absorbed = (
            [(row.valid_from_us, row.cells) for one in part for row in cells.get(one, ())]
            for part in (group[:1], group[1:])
        )
        told = folded_together(self.recipe, own, absorbed)
        account, created_us = self._identity(group[0], told)
        if account != self.account or (created_us is not None and created_us > self.as_of_us):
            return
        rows = [row for one in group for row in events.get(one, ())]
        found["events"] += [at if created_us is None else max(at, created_us) for at in self._events(rows)]
        if created_us is None:
            return
        found["leads"].append(created_us)
        stages = [(row.stage, row.occurred_us) for one in group for row in outcomes.get(one, ())]
        for end, at in self._ends(told, stages):
            found[end].append(max(at, created_us))

    def _identity(self, lead_id: str, told: Mapping[str, Cell]) -> tuple[str | None, int | None]:
        """Account and creation, as a lead in memory has them; what cannot be read is not known."""
        lead = self.recipe.lead
        asked = {name: cell for name, cell in told.items() if name in (lead.account_id, lead.created_at)}
        try:
            found = LeadReader(self.recipe).read(
                lead_id=lead_id, fields=asked, events=None, as_of_us=2**62, created_at=None
            )
        except LeadError:
            return None, None
        return found.account_id, found.created_us

    def _events(self, rows: Iterable[Any]) -> list[int]:
        """When each event that counts was available; of one event id the first."""
        declared = self.recipe.events
        if declared is None:
            return []
        kinds = {kind.strip(TRIM) for kind in declared.kinds}
        first: dict[object, int] = {}
        for place, row in enumerate(rows):
            if row.kind.strip(TRIM) not in kinds:
                continue
            ingested = row.ingested_us if declared.ingested_at else None
            available = row.occurred_us if ingested is None else max(row.occurred_us, ingested)
            key = row.event_id if declared.event_id and row.event_id else place
            first[key] = min(available, first.get(key, available))
        return list(first.values())

    def _ends(
        self, told: Mapping[str, Cell], stages: Iterable[tuple[str, int | None]]
    ) -> Iterator[tuple[str, int]]:
        """('won' or 'lost', when first), of what has a date."""
        declared = self.recipe.outcomes
        if declared.column is not None:
            roles = {role: cell for name, cell in told.items()
                     if (role := accepted_fields(self.recipe).get(name)) is not None}  # fmt: skip
            stages = [(str(roles.get("outcome", "")), self._date(roles.get("outcome_at")))]
        first: dict[str, int] = {}
        for stage, at in stages:
            if (end := closing(declared, stage)) is not None and at is not None:
                first[end] = min(at, first.get(end, at))
        yield from first.items()

    def _date(self, cell: Cell) -> int | None:
        try:
            return parse_date(cell, self.recipe.recipe.zone, "end", self.recipe.outcomes.occurred_format)
        except ValueError:
            return None


def _known(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of `names` whom the ledger knows."""
    found = set[str]()
    for start in range(0, len(names), _AT_ONCE):
        which = LEADS.c.lead_id.in_(names[start : start + _AT_ONCE])
        found.update(connection.execute(select(LEADS.c.lead_id).where(which)).scalars())
    return found


def _by_lead(connection: Connection, table: Table, ids: Sequence[str], *also: Any) -> dict[str, list[Any]]:
    """The rows of a table by lead, in the order of their arrival."""
    found: dict[str, list[Any]] = defaultdict(list)
    for start in range(0, len(ids), _AT_ONCE):
        query = select(table).where(table.c.lead_id.in_(ids[start : start + _AT_ONCE]), *also)
        for row in connection.execute(query.order_by(table.c.seq)):
            found[row.lead_id].append(row)
    return found
