"""Leads of a list read column by column: what `LeadReader.read` says of each, in a fraction of the time.

What people write in one column is alike: few distinct texts, one form of dates. So each distinct cell is read
once, and events become arrays. Here is read what needs no second look; a lead of which anything does is left
to `LeadReader.read`, which names every problem.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple

from features.cells import is_missing, parse_date
from features.errors import FieldProblem
from features.lead.columnwise import REFUSED, KnownTexts
from features.lead.lead import UNDATED, Lead, events_noted
from features.lead.listed_events import EventColumns
from features.lead.reader import LeadReader, LeadStanding
from features.lead.segments import ListedEvents

_NOTHING = LeadStanding()


class SentLead(NamedTuple):
    """What `LeadReader.read` is told of a lead."""

    lead_id: str
    fields: dict[str, Any]
    events: list[dict[str, Any]] | None
    as_of_us: int
    created_at: object = None
    stage: str | None = None


def read_listed(reader: LeadReader, sent: Sequence[SentLead]) -> list[Lead | None]:
    """The leads of `sent` in their order; None for one that must be read alone, as it may have problems.

    Where a recipe counts what an account's leads did, when each event became known belongs to a lead too: all
    are read alone.
    """
    if reader.event_form is not None and reader.event_form.for_others:
        return [None] * len(sent)
    columns = _LeadColumns(reader, sent)
    named: dict[tuple[str, ...], list[int]] = {}
    for place, one in enumerate(sent):
        named.setdefault(tuple(one.fields), []).append(place)
    found: list[Lead | None] = [None] * len(sent)
    for names, places in named.items():
        if reader.accepted.keys() >= set(names):
            for place, lead in zip(places, columns.leads(names, places), strict=True):
                found[place] = lead
    return found


class _LeadColumns:
    """What is read of the cells so far, and the events of all leads."""

    def __init__(self, reader: LeadReader, sent: Sequence[SentLead]) -> None:
        recipe = reader.recipe
        self.reader, self.sent = reader, sent
        self.names = [parser.name for parser in reader.parsers]
        self.cells = [KnownTexts(one.parse, REFUSED if one.reports else None) for one in reader.parsers]
        zone, form = recipe.recipe.zone, recipe.lead.created_format
        self.created = KnownTexts(
            lambda raw: None if is_missing(raw) else parse_date(raw, zone, "start", form)
        )
        self.events: list[ListedEvents] | None = None
        if reader.event_form is not None:
            ids, moments = [one.lead_id for one in sent], [one.as_of_us for one in sent]
            table = EventColumns.of(reader.event_form, ids, moments, [one.events or [] for one in sent])
            self.events = table.read()
            self.refused, self.later = table.refused.tolist(), table.later.tolist()
            self.unknown = table.unknown.tolist()

    def leads(self, names: Sequence[str], places: Sequence[int]) -> list[Lead | None]:
        """The leads at `places`, whose fields have these `names`."""
        accepted, own = self.reader.accepted, [self.sent[place] for place in places]
        roles = {accepted[name]: name for name in names}
        columns = list[Any]()
        for parser, known in zip(self.reader.parsers, self.cells, strict=True):
            name = roles.get(accepted[parser.field])
            columns.append([None] * len(own) if name is None else known.column([o.fields[name] for o in own]))
        created = self._created(roles.get("created_at"), own)
        rest = {role: name for role, name in roles.items() if not role.startswith("field:")}
        rows = zip(*columns, strict=True) if columns else repeat(())
        told = zip(places, rows, created, strict=False)
        return [self._lead(place, row, created_us, rest) for place, row, created_us in told]

    def _created(self, name: str | None, own: Sequence[SentLead]) -> list[Any]:
        """When each came, by the envelope, else by the recipe's own column."""
        cells = [one.created_at for one in own]
        if name is not None:
            beside = [one.fields[name] for one in own]
            cells = [b if is_missing(cell) else cell for cell, b in zip(cells, beside, strict=True)]
        return self.created.column(cells)

    def _lead(self, place: int, row: Sequence[Any], created_us: Any, rest: dict[str, str]) -> Lead | None:
        sent, reader, by_kind = self.sent[place], self.reader, None
        if created_us is REFUSED or REFUSED in row or (created_us is not None and created_us > sent.as_of_us):
            return None
        notes = [UNDATED] if reader.recipe.dated and created_us is None else []
        if self.events is not None and sent.events is not None:
            if self.refused[place]:
                return None
            by_kind = self.events[place]
            notes += events_noted(self.unknown[place], self.later[place])
        told = _NOTHING
        if rest or sent.stage:
            problems = list[FieldProblem]()
            given = {role: sent.fields[name] for role, name in rest.items()}
            told = reader.standing(given, sent.stage, sent.as_of_us, problems)
            if problems:
                return None
        stage, outcome, opted_out, account_id, closed_us = told
        return Lead(
            sent.lead_id, sent.as_of_us, created_us, dict(zip(self.names, row, strict=True)), by_kind, stage,
            outcome, opted_out, account_id, tuple(notes), closed_us=closed_us,
        )  # fmt: skip
