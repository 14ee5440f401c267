"""A lead with what its account's other leads did by its moment, from the ledger: as the tables tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, func, select

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
from serving.neighbours.account import Account, Both, Deeds
from serving.neighbours.beside import Beside
from serving.neighbours.index import AccountIndex

_MOST = 2_000
"""Leads of an account beyond which nothing is told of it: reading them takes longer than an answer may."""
_AT_ONCE = 500
_READ = (LEADS, FIELD_HISTORY, EVENTS, OUTCOMES, DECISIONS)
_NEWEST = select(*(select(func.max(table.c.seq)).scalar_subquery() for table in _READ))


@dataclass
class Neighbours:
    """Tells leads of their account's others, as a ledger knows them."""

    ledger: Ledger
    _index: AccountIndex = field(default_factory=AccountIndex, repr=False)

    def together(self, recipe: Recipe, leads: Sequence[Lead], beside: Beside | None = None) -> list[Lead]:
        """`leads`, each with the `others` of its account as of its moment: those of the ledger, and those of
        `beside` (default: `leads` themselves) that the ledger does not know.

        An account is read and sorted once for all its leads of one moment. Unchanged as `of` says.
        """
        if not recipe.features.accounts:
            return list(leads)
        beside = Beside.of(leads) if beside is None else beside
        try:
            with self.ledger.reading() as connection:
                moved = _by_lead(connection, DECISIONS, sorted({lead.lead_id for lead in leads}))
                shared = _Shared(connection, recipe, self._index, beside, moved.keys())
                return [shared.told(lead) for lead in leads]
        except LeadscoreError:
            return list(leads)

    def facts(self) -> list[str]:
        """The newest row of each table that accounts are read from: whether the ledger is still the same."""
        try:
            with self.ledger.reading() as connection:
                return [str(connection.execute(_NEWEST).one())]
        except LeadscoreError:
            return ["no ledger"]

    def of(self, recipe: Recipe, lead: Lead) -> Lead:
        """`lead` with `others` as of its moment, where the recipe asks for account features and it has one.

        Unchanged where the ledger cannot be reached. Where the ledger and what came beside name more than
        2,000 leads of the account, nobody is told of its others.
        """
        return self.together(recipe, [lead], Beside())[0]


@lru_cache(maxsize=8)
def neighbours_of(ledger: Ledger) -> Neighbours:
    """The one of a ledger, which keeps who named an account from one question to the next."""
    return Neighbours(ledger)


@dataclass(frozen=True)
class _Shared:
    """What the leads of one question share: each account read and sorted once."""

    connection: Connection
    recipe: Recipe
    index: AccountIndex
    beside: Beside
    moved: Collection[str]
    _ids: dict[str, frozenset[str]] = field(default_factory=dict)
    _fresh: dict[str, Account] = field(default_factory=dict)
    _read: dict[tuple[str, int], tuple[_Told, Account]] = field(default_factory=dict)

    def told(self, lead: Lead) -> Lead:
        """`lead` with what its account's others did, None where they are too many."""
        account = lead.account_id
        if account is None or lead.opted_out:
            return lead
        if (ids := self._ids.get(account)) is None:
            ids = self._ids[account] = self.index.leads(self.connection, self.recipe, account)
        if len(ids.union(self.beside.ids(account))) > _MOST:
            return lead if lead.others is None else replace(lead, others=None)
        told, known = self._account(account, lead.as_of_us, ids)
        own, new = {lead.lead_id, *told.own(lead.lead_id, self.moved)}, self._new(account)
        return replace(lead, others=self._others(known, new, own, lead.as_of_us))

    def _account(self, account: str, as_of_us: int, ids: frozenset[str]) -> tuple[_Told, Account]:
        key = account, as_of_us
        if key not in self._read:
            told = _Told(self.connection, self.recipe, account, as_of_us)
            self._read[key] = told, Account(told.deeds(ids))
        return self._read[key]

    def _new(self, account: str) -> Account:
        """Those beside that the ledger does not know."""
        if account not in self._fresh:
            found = self.beside.account(account)
            self._fresh[account] = found.but(_known(self.connection, sorted(found.ids)))
        return self._fresh[account]

    def _others(
        self, known: Account, new: Account, own: Collection[str], as_of_us: int
    ) -> dict[str, Sequence[int] | None]:
        recipe = self.recipe
        lacks = recipe.events is not None and new.lacks_events(own, as_of_us)
        given = {"leads": True, "events": recipe.tables.events is not None and not lacks}
        given["won"] = given["lost"] = (recipe.tables.outcomes or recipe.outcomes.column) is not None
        first, more = known.others(own, as_of_us), new.others(own, as_of_us)
        return {
            kind: (Both(one, more[kind]) if more[kind] else one) if given[kind] else None
            for kind, one in first.items()
        }


@dataclass(frozen=True)
class _Told:
    """The account as it stood at a moment."""

    connection: Connection
    recipe: Recipe
    account: str
    as_of_us: int

    def deeds(self, ids: Collection[str]) -> Iterator[Deeds]:
        """What became known by the moment of each of the leads `ids`; of those that are one, once."""
        groups = self._groups(ids)
        whole = [one for group in groups for one in group]
        by_then = FIELD_HISTORY.c.valid_from_us <= self.as_of_us
        cells = _by_lead(self.connection, FIELD_HISTORY, whole, by_then)
        outcomes = _by_lead(self.connection, OUTCOMES, whole)
        events = _by_lead(self.connection, EVENTS, whole, EVENTS.c.occurred_us <= self.as_of_us)
        for group in groups:
            found = self._one(group, cells, outcomes, events)
            if found is not None:
                yield found

    def own(self, lead_id: str, moved: Collection[str]) -> Collection[str]:
        """The ids that are one lead with it by then; those in `moved` may be more than one."""
        return self._same(lead_id) if lead_id in moved else [lead_id]

    def _groups(self, ids: Collection[str]) -> list[list[str]]:
        """`ids`, those that are one lead by then together, its survivor first."""
        moved = set(_by_lead(self.connection, DECISIONS, sorted(ids)))
        groups = (self._same(one) if one in moved else [one] for one in sorted(ids))
        return list({group[0]: group for group in groups if group}.values())

    def _same(self, lead_id: str) -> list[str]:
        """The ids that are one lead with it, none where it was deleted."""
        try:
            return same_lead(self.connection, lead_id, self.as_of_us)
        except LeadError:
            return []

    def _one(
        self, group: Sequence[str], cells: Mapping[str, list[Any]], outcomes: Mapping[str, list[Any]],
        events: Mapping[str, list[Any]],
    ) -> Deeds | None:  # fmt: skip
        """What became known of one lead, None where it is not of the account by then."""
        own, absorbed = (
            [(row.valid_from_us, row.cells) for one in part for row in cells.get(one, ())]
            for part in (group[:1], group[1:])
        )
        told = folded_together(self.recipe, own, absorbed)
        account, created_us = self._identity(group[0], told)
        if account != self.account or (created_us is not None and created_us > self.as_of_us):
            return None
        happened = self._events(row for one in group for row in events.get(one, ()))
        stages = [(row.stage, row.occurred_us) for one in group for row in outcomes.get(one, ())]
        ends = {f"{end}_us": at for end, at in self._ends(told, stages)}
        return Deeds(group[0], created_us, tuple(happened), **ends)

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
