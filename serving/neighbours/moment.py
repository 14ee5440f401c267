"""An account as it stood at a moment, read from the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, select

from features.cells import parse_date
from features.errors import LeadError
from features.lead import LeadReader, accepted_fields, closing
from features.recipe import Recipe
from features.sql import TRIM
from serving.ledger.gone import same_lead
from serving.ledger.reading import folded_together
from serving.ledger.schema import DECISIONS, EVENTS, FIELD_HISTORY, OUTCOMES
from serving.ledger.sent import Cell
from serving.neighbours.account import Deeds

AT_ONCE = 500
"""Leads of one query."""


@dataclass(frozen=True)
class ToldAccount:
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
        cells = by_lead(self.connection, FIELD_HISTORY, whole, by_then)
        outcomes = by_lead(self.connection, OUTCOMES, whole)
        events = by_lead(self.connection, EVENTS, whole, EVENTS.c.occurred_us <= self.as_of_us)
        for group in groups:
            found = self._one(group, cells, outcomes, events)
            if found is not None:
                yield found

    def own(self, lead_id: str, moved: Collection[str]) -> Collection[str]:
        """The ids that are one lead with it by then; those in `moved` may be more than one."""
        return self._same(lead_id) if lead_id in moved else [lead_id]

    def _groups(self, ids: Collection[str]) -> list[list[str]]:
        """`ids`, those that are one lead by then together, its survivor first."""
        moved = set(by_lead(self.connection, DECISIONS, sorted(ids)))
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


def by_lead(connection: Connection, table: Table, ids: Sequence[str], *also: Any) -> dict[str, list[Any]]:
    """The rows of a table by lead, in the order of their arrival."""
    found: dict[str, list[Any]] = defaultdict(list)
    for start in range(0, len(ids), AT_ONCE):
        query = select(table).where(table.c.lead_id.in_(ids[start : start + AT_ONCE]), *also)
        for row in connection.execute(query.order_by(table.c.seq)):
            found[row.lead_id].append(row)
    return found
