"""POST /v1/webhooks: events from anybody's site, signed as Standard Webhooks are, without an API key.

https://www.standardwebhooks.com: HMAC-SHA256 over id, timestamp and body; a message older or newer than five
minutes is refused; its id is the idempotency key.
"""

from __future__ import annotations

import binascii
import json
import os
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from features.clock import now_us
from features.errors import LeadscoreError
from features.lead import LeadReader
from serving.api.desk import desk_of
from serving.api.given import read_event
from serving.api.intake import items_of, no_ledger, stored
from serving.api.problems import RefusedError
from serving.crm.mount import Spooling
from serving.ledger import EventSent
from serving.wire.sent_json import parse_body

VARIABLE = "LEADSCORE_WEBHOOK_SECRETS"
_LEAST_BYTES, _MOST_BYTES = 24, 64
_CALLER = "webhook"
SPOOLED = "/v1/webhooks"
"""The source of its bodies in the spool; vendors have names without a slash."""


async def webhook(request: Request) -> Response:
    """An event or a list of events, plain or as `{"type": …, "timestamp": …, "data": {"lead_id": …}}`."""
    desk, now = desk_of(request), now_us()
    message_id = verified(secrets_named(), dict(request.headers), await request.body())
    body, items = await items_of(request)
    if desk.spool is not None and desk.spool.waiting:
        return await _spooled(desk.spool, message_id, await request.body(), now)
    read = [read_event(desk.opened.ladder.reader, _event(item, message_id), now) for item in items]
    try:
        return await stored(request, body, read, caller=_CALLER, key=message_id)
    except RefusedError as error:
        if desk.spool is None or error.status != 503:
            raise
        return await _spooled(desk.spool, message_id, await request.body(), now)


async def _spooled(spool: Spooling, message_id: str, body: bytes, now: int) -> Response:
    content = json.dumps({"id": message_id, "body": body.decode()}).encode()
    try:
        await run_in_threadpool(spool.put, SPOOLED, now, content)
    except LeadscoreError as error:
        raise no_ledger(error) from None
    return JSONResponse({"spooled": True}, 202)


def rows_spooled(reader: LeadReader, content: bytes, received_us: int) -> tuple[list[EventSent], int]:
    """The events of a message that waited, and how many of its items cannot be read."""
    message = json.loads(content)
    body = parse_body(message["body"].encode())
    items = body if isinstance(body, list) else [body]
    read = [read_event(reader, _event(item, message["id"]), received_us) for item in items]
    found = [one.sent for one in read if isinstance(one.sent, EventSent)]
    return found, len(read) - len(found)


def secrets_named() -> list[Webhook]:
    """The secrets that LEADSCORE_WEBHOOK_SECRETS names, several while one is replaced.

    Raises:
        LeadscoreError: one is no secret of the standard: 24 to 64 bytes in base64, after `whsec_`.
    """
    found = []
    for text in os.environ.get(VARIABLE, "").replace(",", " ").split():
        try:
            size = len(binascii.a2b_base64(text.removeprefix("whsec_"), strict_mode=True))
        except (binascii.Error, ValueError):
            size = 0
        if not (text.startswith("whsec_") and _LEAST_BYTES <= size <= _MOST_BYTES):
            remedy = "Make one: echo whsec_$(openssl rand -base64 32)"
            raise LeadscoreError(f"{VARIABLE}: a secret is not whsec_ and 24 to 64 bytes in base64.", remedy)
        found.append(Webhook(text))
    return found


def verified(secrets: list[Webhook], headers: dict[str, str], body: bytes) -> str:
    """The id of a message that one of `secrets` has signed within the last five minutes.

    Raises:
        RefusedError: none has, or there is no secret.
    """
    if not secrets:
        remedy = f"Set {VARIABLE} where the service runs."
        raise RefusedError(401, "webhook-signature", "cannot be checked: no secret is set", remedy)
    for secret in secrets:
        try:
            secret.verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError):
            continue  # of another secret, too old, or no signature at all
        return headers["webhook-id"]
    remedy = "Sign id, timestamp and body with the secret of this service, and send it within 5 minutes."
    raise RefusedError(401, "webhook-signature", "is missing, wrong or too old", remedy)


def _event(item: Any, message_id: str) -> Any:
    """An event of the standard's payload as one of ours; the message's id is its own, unless it has one."""
    if not (isinstance(item, dict) and "type" in item and isinstance(item.get("data"), dict)):
        return item
    moment = {"occurred_at": item["timestamp"]} if "timestamp" in item else {}
    return {"kind": item["type"], "event_id": message_id, "source": _CALLER, **moment, **item["data"]}
