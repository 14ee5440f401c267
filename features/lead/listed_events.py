"""The events of the leads of a list, read as columns into arrays: what `EventReader` says of each."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.cells import is_missing, parse_date
from features.cells.parse import id_text
from features.lead.columnwise import REFUSED, KnownTexts, utc_us
from features.lead.events import EVENT_KEYS, EventForm, thousandths
from features.lead.segments import EventSegments, ListedEvents
from features.sql import TRIM

_CANONICAL = frozenset(EVENT_KEYS)
_READ = frozenset({"kind", "occurred_at"})
_UNKNOWN = -1
_Event: TypeAlias = dict[str, Any]
_Whose: TypeAlias = NDArray[np.intp]


@dataclass
class EventColumns:
    """Events of leads: their `cells` by canonical key, and the place of each event's lead in `whose`.

    `as_of_us` are the moments of the leads.

    `refused` are leads whose events must be read one by one; `unknown` and `later` count what of each lead is
    left out.
    """

    form: EventForm
    as_of_us: NDArray[np.int64]
    cells: dict[str, list[Any]]
    whose: _Whose

    def __post_init__(self) -> None:
        leads = len(self.as_of_us)
        self.refused = np.zeros(leads, dtype=np.bool_)
        self.unknown = self.later = np.zeros(leads, dtype=np.int64)

    @classmethod
    def of(
        cls, form: EventForm, ids: Sequence[str], as_of_us: Sequence[int], given: Sequence[list[_Event]]
    ) -> EventColumns:
        """Of leads by their `ids`, the events `given` for each."""
        whose = np.repeat(np.arange(len(given)), [len(own) for own in given])
        events = [event for own in given for event in own]
        names, strange = frozenset[str]().union(*events), list[int]()
        if not names <= _CANONICAL:
            aliases = form.aliases
            strange = [at for at, event in enumerate(events) if not event.keys() <= aliases.keys()]
            events = [{aliases.get(key, key): cell for key, cell in event.items()} for event in events]
            names = _CANONICAL.intersection(frozenset[str]().union(*events))
        found = cls(form, np.array(as_of_us, dtype=np.int64), _columns(events, names), whose)
        found._refuse(strange)
        found._check_leads(ids)
        return found

    def read(self) -> list[ListedEvents]:
        """The visible events of each lead."""
        codes = self._kinds()
        occurred = self._occurred()
        available = self._available(occurred)
        seen = available <= self.as_of_us[self.whose]
        self.later = np.bincount(self.whose[~seen], minlength=len(self.as_of_us))
        self._check_ids()
        values = self._values()
        order = np.flatnonzero(seen)
        whose, codes = self.whose[order], codes[order]
        ages, values = self.as_of_us[whose] - occurred[order], values[order]
        segments = self._sorted(whose, codes, ages, values)
        firsts = np.searchsorted(segments.lead, np.arange(len(self.as_of_us) + 1)).tolist()
        return [ListedEvents(segments, first, last) for first, last in pairwise(firsts)]

    def _sorted(
        self, whose: _Whose, codes: _Whose, ages: NDArray[np.int64], values: NDArray[np.int64]
    ) -> EventSegments:
        """By lead and kind, the newest first."""
        group = whose * len(self._named) + codes
        order = np.lexsort((values, ages, group)) if values.any() else np.lexsort((ages, group))
        group = group[order]
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        ends = np.append(starts[1:], len(group))[: len(starts)]
        lead, kind = whose[order][starts], codes[order][starts]
        return EventSegments(
            self._named, ages[order], values[order], starts, ends, lead, kind, self.as_of_us[lead]
        )

    @property
    def _named(self) -> tuple[str, ...]:
        return tuple(self.form.kinds.values())

    def _refuse(self, places: Sequence[int] | NDArray[Any]) -> None:
        """The leads of some events."""
        self.refused[self.whose[places]] = True

    def _given(self, name: str) -> tuple[Sequence[int], list[Any]]:
        """Where there is such a cell, and those cells."""
        cells = self.cells.get(name, [])
        if None not in cells:
            return range(len(cells)), cells
        there = [at for at, cell in enumerate(cells) if cell is not None]
        return there, [cells[at] for at in there]

    def _check_leads(self, ids: Sequence[str]) -> None:
        """Events may name their own lead alone."""
        places, cells = self._given("lead_id")
        owners = [ids[lead].strip() for lead in self.whose[places].tolist()] if places else []
        told = zip(places, cells, owners, strict=True)
        self._refuse([at for at, cell, owner in told if id_text(cell) not in (None, owner)])

    def _kinds(self) -> _Whose:
        """The place of each event's kind among those of the form; what has none there is dropped, unread."""
        code = {kind: at for at, kind in enumerate(self._named)}
        known = KnownTexts(lambda raw: _code(self.form, code, raw), refused=_UNKNOWN - 1)
        found = np.array(known.column(self.cells["kind"]), dtype=np.intp)
        self._refuse(found < _UNKNOWN)
        self.unknown = np.bincount(self.whose[found == _UNKNOWN], minlength=len(self.as_of_us))
        kept = np.flatnonzero(found >= 0)
        if len(kept) < len(found):
            self.cells = {name: [cells[at] for at in kept.tolist()] for name, cells in self.cells.items()}
            self.whose = self.whose[kept]
        return found[kept]

    def _occurred(self) -> NDArray[np.int64]:
        cells, form = self.cells["occurred_at"], self.form.date_format
        us = utc_us(cells) if form is None else None
        if us is not None:
            return us
        return self._numbers(KnownTexts(partial(_date, self.form)).column(cells))

    def _numbers(self, found: list[Any]) -> NDArray[np.int64]:
        """What was read of each event, 0 where it could not be."""
        lost = [at for at, one in enumerate(found) if one is REFUSED]
        self._refuse(lost)
        return np.array([0 if one is REFUSED else one for one in found] if lost else found, dtype=np.int64)

    def _available(self, occurred: NDArray[np.int64]) -> NDArray[np.int64]:
        places, cells = self._given("ingested_at")
        if not places:
            return occurred
        read = KnownTexts(lambda raw: 0 if is_missing(raw) else _date(self.form, raw)).column(cells)
        ingested = occurred.copy()
        for at, us, raw in zip(places, read, cells, strict=True):
            if us is REFUSED:
                self.refused[self.whose[at]] = True
            elif not is_missing(raw):
                ingested[at] = us
        return np.maximum(occurred, ingested)

    def _values(self) -> NDArray[np.int64]:
        places, cells = self._given("value")
        found = np.zeros(len(self.whose), dtype=np.int64)
        for at, one in zip(places, KnownTexts(thousandths).column(cells), strict=True):
            if one is REFUSED:
                self.refused[self.whose[at]] = True
            else:
                found[at] = one
        return found

    def _check_ids(self) -> None:
        """A lead that names an event twice is refused: which of the two stays is for the reader to say."""
        places, cells = self._given("event_id") if self.form.with_ids else ([], [])
        ids = [str(cell).strip() for cell in cells]
        if len(set(ids)) == len(ids):
            return
        seen = set[tuple[int, str]]()
        for lead, event_id in zip(self.whose[places].tolist(), ids, strict=True):
            if (lead, event_id) in seen:
                self.refused[lead] = True
            seen.add((lead, event_id))


def _columns(events: Sequence[_Event], names: Set[str]) -> dict[str, list[Any]]:
    """The cells of each key of events, None where one has none; all that is read has a column."""
    found = dict[str, list[Any]]()
    for name in names | _READ:
        try:
            found[name] = [event[name] for event in events]
        except KeyError:
            found[name] = [event.get(name) for event in events]
    return found


def _code(form: EventForm, code: dict[str, int], raw: object) -> int:
    said = "" if raw is None or raw != raw else str(raw).strip(TRIM)
    if not said:
        raise ValueError("an event without a kind")
    kind = form.kinds.get(said)
    return _UNKNOWN if kind is None else code[kind]


def _date(form: EventForm, raw: object) -> int:
    if is_missing(raw):
        raise ValueError("an event without a date")
    return parse_date(raw, form.zone, "end", form.date_format)
