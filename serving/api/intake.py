"""POST /v1/events, /v1/outcomes, /v1/leads, /v1/decisions: each kept once, acknowledged after the commit."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from features.clock import now_us
from features.errors import LeadscoreError
from serving.api.desk import caller_of, desk_of
from serving.api.given import Read, ids_of, read_change, read_decision, read_event, read_outcome
from serving.api.problems import RefusedError
from serving.api.scoring import MOST_LEADS, json_body
from serving.ledger import Receipt
from serving.ledger.intake import Noted
from serving.ledger.reading import cells_of

_COMMIT_SECONDS = 10.0
_STATUS: dict[str, int] = {"stored": 200, "known": 200, "conflict": 409, "refused": 422}


async def events(request: Request) -> Response:
    """Events in: an object or a list; an event of a lead that nobody knows yet waits for it."""
    reader, now = desk_of(request).opened.ladder.reader, now_us()
    body, items = await items_of(request)
    return await stored(request, body, [read_event(reader, item, now) for item in items])


async def outcomes(request: Request) -> Response:
    """Stages reached: an object or a list."""
    recipe = desk_of(request).opened.ladder.recipe
    body, items = await items_of(request)
    return await stored(request, body, [read_outcome(recipe, item) for item in items])


async def decisions(request: Request) -> Response:
    """What people decided or asked for: an object or a list; the scores of these leads follow it at once."""
    recipe, now = desk_of(request).opened.ladder.recipe, now_us()
    body, items = await items_of(request)
    return await stored(request, body, [read_decision(recipe, item, now) for item in items])


async def leads(request: Request) -> Response:
    """Fields of leads: an object or a list; sent again without a change they are known."""
    desk = desk_of(request)
    ledger, _ = desk.kept()
    reader, now = desk.opened.ladder.reader, now_us()
    body, items = await items_of(request)
    try:
        held = await desk.aside(partial(cells_of, ledger, reader.recipe, ids_of(items)), len(items), "ledger")
    except LeadscoreError as error:
        raise no_ledger(error) from None
    return await stored(request, body, [read_change(reader, item, now, held) for item in items])


async def items_of(request: Request) -> tuple[Any, list[Any]]:
    """The body as it came, and its items.

    Raises:
        RefusedError: it is no JSON or too long, or there is no ledger.
    """
    desk_of(request).kept()
    body = await json_body(request, MOST_LEADS, "items")
    return body, body if isinstance(body, list) else [body]


async def stored(
    request: Request, body: Any, read: Sequence[Read], *, caller: str | None = None, key: str | None = None
) -> Response:
    """Store what could be read, and say of each item what became of it.

    200 for a list, whatever became of its items; a single one that is refused is a 422, one in conflict a
    409. An Idempotency-Key that came with another body is a 422 of the whole request. `caller` and `key` are
    those of the request unless given.
    """
    key = key or _key_of(request)
    receipt = await _receipt(request, read, caller or caller_of(request), key)
    if receipt.key_conflict:
        remedy = "Send another request under a key of its own."
        raise RefusedError(422, "Idempotency-Key", "was used before with another body", remedy)
    noted = iter(zip(receipt.items, receipt.problems, strict=True))
    again = receipt.replayed
    answers = [_answer(one, *next(noted), again) if one.sent is not None else _unread(one) for one in read]
    counts = Counter(answer["status"] for answer in answers)
    said = {
        "items": answers,
        **{word: counts[word] for word in get_args(Noted)},
        "replayed": receipt.replayed,
    }
    single = not isinstance(body, list)
    return JSONResponse(said, _STATUS[answers[0]["status"]] if single else 200)


def _key_of(request: Request) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is not None and not key.strip():
        raise RefusedError(400, "Idempotency-Key", "is empty", "Send a UUID, or leave the header out.")
    return key


async def _receipt(request: Request, read: Sequence[Read], caller: str, key: str | None) -> Receipt:
    _, writer = desk_of(request).kept()
    content = request.scope["path"].encode() + b"\n" + await request.body()
    sent = [one.sent for one in read if one.sent is not None]
    try:
        waiting = writer.submit(sent, caller=caller, key=key, body=content)
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(waiting)), _COMMIT_SECONDS)
    except TimeoutError:
        late = LeadscoreError("the ledger has not confirmed it in time.", "Send it again with the same keys.")
        raise no_ledger(late) from None
    except LeadscoreError as error:
        if "Idempotency-Key" in error.problem:
            raise RefusedError(400, "Idempotency-Key", error.problem, error.remedy) from None
        raise no_ledger(error) from None


def _answer(one: Read, noted: Noted, problem: Any, again: bool) -> dict[str, Any]:
    status = "known" if one.unchanged and noted == "stored" and not again else noted
    found: dict[str, Any] = {"lead_id": one.lead_id, "status": status}
    found |= {"problems": [asdict(problem)]} if problem is not None else {}
    return found | ({"note": one.note} if one.note else {})


def _unread(one: Read) -> dict[str, Any]:
    return {
        "lead_id": one.lead_id,
        "status": "refused",
        "problems": [asdict(problem) for problem in one.problems],
    }


def no_ledger(error: LeadscoreError) -> RefusedError:
    """The answer while the ledger cannot do its part: send it again."""
    return RefusedError(503, "ledger", error.problem.rstrip("."), error.remedy, {"Retry-After": "1"})
