"""Items of a list that are plainly leads, read together: of each the lead that the checked request gives.

Only what needs no judgement is read here. An item with anything odd about it, in its types or in its cells,
is left out: whoever asks reads it alone, and so comes to the same lead or to the words for what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from features.clock import in_range, parse_moment
from features.lead import Lead, LeadReader, SentLead, read_listed
from serving.ledger.sent import MOST_ID
from serving.wire.sent_json import as_text

_KEYS = frozenset({"lead_id", "fields", "events", "as_of", "created_at", "stage"})
_TEXTS = {str, NoneType}


def plain_leads(reader: LeadReader, items: Mapping[int, Any], now_us: int) -> dict[int, Lead]:
    """The leads of `items` by their places, as far as they are plain; who names no as_of has `now_us`."""
    moments: dict[str | None, int | None] = {None: now_us}
    sent = {at: one for at, item in items.items() if (one := _sent(reader, item, moments)) is not None}
    try:
        read = read_listed(reader, list(sent.values()))
    except Exception:  # one by one it is found whose fault it was
        return {}
    return {at: lead for at, lead in zip(sent, read, strict=True) if lead is not None}


def _sent(reader: LeadReader, item: Any, moments: dict[str | None, int | None]) -> SentLead | None:
    """The parts of an item, None where one is not plainly of its type; `moments` are those of each as_of so
    far."""
    if type(item) is not dict or not item.keys() <= _KEYS:
        return None
    lead_id, fields, events = as_text(item.get("lead_id")), item.get("fields", {}), item.get("events")
    as_of, created_at, stage = item.get("as_of"), item.get("created_at"), item.get("stage")
    if type(lead_id) is not str or not lead_id.isprintable() or not 0 < len(lead_id) <= MOST_ID:
        return None
    if not {type(as_of), type(created_at), type(stage)} <= _TEXTS or not (stage or "").isprintable():
        return None
    if type(fields) is not dict or not _plain_events(events):
        return None
    if as_of not in moments:
        moments[as_of] = _moment(reader, as_of)
    moment = moments[as_of]
    return None if moment is None else SentLead(lead_id, fields, events, moment, created_at, stage)


def _plain_events(events: Any) -> bool:
    """Whether they are a list of objects, or not given."""
    return events is None or (type(events) is list and set(map(type, events)) <= {dict})


def _moment(reader: LeadReader, as_of: Any) -> int | None:
    try:
        found = parse_moment(as_of, reader.recipe.recipe.zone)
    except (ValueError, OverflowError):
        return None
    return found if in_range(found) else None
