"""A request's events → those that count: known kinds, available at as_of, each event id once.

A lead may have a thousand events and its answer a few milliseconds, so that the plain case (canonical keys, a
known kind, an ISO date) takes few calls, and the names of places are made only for a problem.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from features.cells import is_missing, parse_date
from features.cells.parse import id_text, iso_us, parse_number
from features.errors import (
    FieldProblem,
    lacks_kind_or_date,
    nearest_name,
    of_another_lead,
    unreadable,
)
from features.lead.lead import Visible, events_noted
from features.lead.measures import CENT, LARGEST_VALUE
from features.recipe import Recipe
from features.recipe.crm import Events
from features.sql import TRIM

EVENT_KEYS = ("occurred_at", "kind", "event_id", "ingested_at", "value", "lead_id")

_CANONICAL = frozenset(EVENT_KEYS)
_Found: TypeAlias = tuple[int, int, str, int]
"""available_us, occurred_us, kind, value: in this order the first of an event id is the one that stays."""


class EventForm:
    """How the events of a recipe are written: what it takes to read one, made once for all leads."""

    def __init__(self, recipe: Recipe, declared: Events) -> None:
        named = {getattr(declared, role): role for role in EVENT_KEYS if getattr(declared, role)}
        self.aliases = named | {role: role for role in EVENT_KEYS}
        self.kinds = {kind.strip(TRIM): kind for kind in declared.kinds}
        self.zone, self.date_format = recipe.recipe.zone, declared.occurred_format
        self.with_ids = declared.event_id is not None
        self.for_others = recipe.features.accounts


@dataclass
class EventReader:
    """Reads the events of the lead `lead_id` as they stand at `as_of_us`; what is wrong goes to `problems`.

    `known_us`: when each became available, where the recipe counts what an account's leads did.
    Of an event whose kind the recipe does not name nothing else is looked at.
    """

    form: EventForm
    as_of_us: int
    problems: list[FieldProblem]
    lead_id: str
    unknown: int = 0
    later: int = 0
    known_us: list[int] = field(default_factory=list)
    visible: defaultdict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _by_id: dict[str, _Found] = field(default_factory=dict)

    def read(self, events: Sequence[Mapping[str, object]]) -> Visible:
        """Events available at as_of, of kinds that the recipe names, each event id once."""
        for place, event in enumerate(events):
            self._read(place, event)
        for available, occurred, kind, value in self._by_id.values():
            self.visible[kind].append((self.as_of_us - occurred, value))
            if self.form.for_others:
                self.known_us.append(available)
        return self.visible

    def notes(self) -> list[str]:
        """What was left out, without values."""
        return events_noted(self.unknown, self.later)

    def _read(self, place: int, event: Mapping[str, object]) -> None:
        cells = event if event.keys() <= _CANONICAL else self._renamed(place, event)
        if "lead_id" in cells and id_text(cells["lead_id"]) not in (None, self.lead_id.strip()):
            self.problems.append(of_another_lead(f"events[{place}].lead_id"))
        raw = cells.get("kind")
        said = "" if raw is None or raw != raw else str(raw).strip(TRIM)
        kind = self.form.kinds.get(said)
        if said and kind is None:
            self.unknown += 1
            return
        occurred = iso_us(cells.get("occurred_at")) if self.form.date_format is None else None  # most events
        if occurred is None:
            occurred = self._moment(place, "occurred_at", cells)
        if not said or (occurred is None and is_missing(cells.get("occurred_at"))):
            self.problems.append(lacks_kind_or_date(f"events[{place}]"))
            return
        ingested = None if cells.get("ingested_at") is None else self._moment(place, "ingested_at", cells)
        value = 0 if cells.get("value") is None else self._value(place, cells["value"])
        if occurred is None or kind is None:
            return
        available = occurred if ingested is None or ingested < occurred else ingested
        if available > self.as_of_us:
            self.later += 1
            return
        self._keep(cells, (available, occurred, kind, value))

    def _keep(self, cells: Mapping[str, object], found: _Found) -> None:
        """Keep an event; of those with the same id the one that was available first, as the engine does."""
        raw = cells.get("event_id") if self.form.with_ids else None
        if raw is None or is_missing(raw):
            self.visible[found[2]].append((self.as_of_us - found[1], found[3]))
            if self.form.for_others:
                self.known_us.append(found[0])
            return
        event_id = str(raw).strip()
        other = self._by_id.get(event_id)
        if other is None or found < other:
            self._by_id[event_id] = found

    def _renamed(self, place: int, event: Mapping[str, object]) -> dict[str, object]:
        """Cells under their canonical keys; a key that is not known becomes a problem."""
        cells = {}
        for key, cell in event.items():
            if key in self.form.aliases:
                cells[self.form.aliases[key]] = cell
            else:
                remedy = nearest_name(key, list(self.form.aliases))
                problem = FieldProblem(f"events[{place}].{key}", "is not a key of an event", remedy)
                self.problems.append(problem)
        return cells

    def _moment(self, place: int, key: str, cells: Mapping[str, object]) -> int | None:
        raw = cells.get(key)
        if is_missing(raw):
            return None
        try:
            return parse_date(raw, self.form.zone, "end", self.form.date_format)
        except ValueError as error:
            self.problems.append(unreadable(f"events[{place}].{key}", str(error)))
            return None

    def _value(self, place: int, raw: object) -> int:
        """A value in thousandths; 0 where there is none."""
        try:
            return thousandths(raw)
        except ValueError as error:
            self.problems.append(unreadable(f"events[{place}].value", str(error)))
            return 0


def thousandths(raw: object) -> int:
    """An event's value in thousandths, as the engine rounds it; 0 where there is none.

    Raises:
        ValueError: not a number.
    """
    number = None if is_missing(raw) else parse_number(raw)
    if number is None:
        return 0
    return math.floor(min(max(number, -LARGEST_VALUE), LARGEST_VALUE) * CENT + 0.5)
