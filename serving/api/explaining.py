"""POST /v1/explain and /v1/what-if: why a lead is where it is, and where it would be; nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from features.clock import from_us, now_us
from features.errors import LeadError, LeadscoreError
from features.lead import Lead, LeadReader
from serving.answer import explain
from serving.api.desk import Desk, desk_of
from serving.api.envelope import heard, is_named, read_item
from serving.api.intake import no_ledger
from serving.api.problems import RefusedError
from serving.api.scoring import MOST_LEADS, json_body, json_text, ladder_for, named_by, status_of
from serving.ledger.reading import as_told, told_of
from serving.score import Problem, Score, failed
from serving.wire.flat import answer_text
from serving.wire.sent_json import UnfitItem

_COMPARED = ("probability", "score")
_TOLD = ("status", "grade", "maturity")


async def explained(request: Request) -> Response:
    """The score of one lead, whole or by name, with every reason and the arithmetic behind it."""
    desk = desk_of(request)
    lead = await _lead(desk, await _one(request))
    if isinstance(lead, Score):
        return json_text(answer_text(lead), status_of(lead))
    found = await desk.aside(partial(explain, ladder_for(request), lead))
    return JSONResponse(
        {
            "score": found.score.model_dump(mode="json"),
            "margin": found.margin,
            "bias": found.bias,
            "parts": [asdict(part) for part in found.parts],
        }
    )


async def what_if(request: Request) -> Response:
    """`lead` as it is and with `change`: fields that it would have, events that would have happened."""
    body = await _one(request)
    desk, ladder = desk_of(request), ladder_for(request)
    if not isinstance(body, dict) or set(body) != {"lead", "change"}:
        raise RefusedError(422, "body", "is not an object with lead and change", _SHAPE)
    before = await _lead(desk, body["lead"])
    after = await desk.aside(partial(_changed, desk, before, body["lead"], body["change"]))
    for lead in (before, after):
        if isinstance(lead, Score):
            return json_text(answer_text(lead), status_of(lead))
    assert isinstance(before, Lead)
    assert isinstance(after, Lead)
    first, second = await desk.aside(lambda: [ladder.score([lead])[0] for lead in (before, after)], 2)
    return JSONResponse(
        {
            "before": first.model_dump(mode="json"),
            "after": second.model_dump(mode="json"),
            "difference": difference(first, second),
        }
    )


_SHAPE = "Send {'lead': {…}, 'change': {'fields': {…}, 'events': […]}}."


def difference(first: Score, second: Score) -> dict[str, Any]:
    """What changed: numbers as the second less the first (null where one has none), words as [from, to]."""
    found: dict[str, Any] = {}
    for name in _COMPARED:
        was, now = getattr(first, name), getattr(second, name)
        found[name] = None if was is None or now is None else round(now - was, 6)
    for name in _TOLD:
        was, now = getattr(first, name), getattr(second, name)
        found[name] = None if was == now else [was, now]
    return found


async def _one(request: Request) -> Any:
    body = await json_body(request, MOST_LEADS, "leads")
    if isinstance(body, list):
        raise RefusedError(422, "body", "is a list", "Send one object: this is about a single lead.")
    if isinstance(body, UnfitItem):
        raise RefusedError(422, body.problem.field, body.problem.problem, body.problem.remedy)
    return body


async def _lead(desk: Desk, item: Any) -> Lead | Score:
    named = named_by(desk.ledger)

    def read() -> Lead | Score:
        return desk.beside(heard(read_item(desk.opened.ladder.reader, item, now_us(), named), desk.heard()))

    return await desk.aside(read)


def _changed(desk: Desk, before: Lead | Score, item: Any, change: Any) -> Lead | Score:
    """The lead as it would be at the same moment, or what is wrong with the change."""
    if isinstance(before, Score):
        return before
    if not isinstance(change, dict) or not set(change) <= {"fields", "events"}:
        raise RefusedError(422, "change", "is not an object with fields or events", _SHAPE)
    fields, more = change.get("fields", {}), change.get("events", [])
    if not isinstance(fields, dict) or not isinstance(more, list):
        raise RefusedError(422, "change", "has fields that are no object, or events that are no list", _SHAPE)
    reader, named = desk.opened.ladder.reader, named_by(desk.ledger)
    if not is_named(item, named):
        return desk.beside(heard(with_change(reader, before, item, fields, more), desk.heard()))
    return desk.beside(_changed_by_name(desk, before, fields, more))


def with_change(
    reader: LeadReader, before: Lead, item: Mapping[str, Any], fields: Mapping[str, Any], more: list[Any]
) -> Lead | Score:
    """The lead of `item`, read as `before`, with other `fields` and `more` events, at the same moment."""
    given = item.get("events")
    events = given if given is None and not more else [*(given or []), *more]
    changed = {**item, "fields": {**item.get("fields", {}), **fields}, "events": events}
    return read_item(reader, changed | {"as_of": _iso(before)}, before.as_of_us)


def _changed_by_name(desk: Desk, before: Lead, fields: Mapping[str, Any], more: list[Any]) -> Lead | Score:
    ledger, _ = desk.kept()
    reader = desk.opened.ladder.reader
    if not all(isinstance(event, dict) for event in more):
        raise RefusedError(422, "change.events", "has something that is not an object", _SHAPE)
    try:
        told = told_of(ledger, reader.recipe, before.lead_id, before.as_of_us)
        events = told.events if told.events is None and not more else [*(told.events or []), *more]
        lead = reader.read(
            lead_id=before.lead_id, fields=dict(told.cells) | dict(fields), events=events,
            as_of_us=before.as_of_us,
        )  # fmt: skip
    except LeadError as error:
        problems = [Problem(field=p.field, problem=p.problem, remedy=p.remedy) for p in error.problems]
        return failed(before.lead_id, problems)
    except LeadscoreError as error:
        raise no_ledger(error) from None
    return as_told(replace(lead, notes=before.notes), reader.recipe, told)


def _iso(lead: Lead) -> str:
    return from_us(lead.as_of_us).isoformat()
