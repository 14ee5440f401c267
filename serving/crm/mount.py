"""The receiver over HTTP: an endpoint that any service mounts at /v1/in/{vendor}."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.clock import now_us
from features.errors import LeadscoreError
from serving.crm.incoming import Incoming, Reply, reply_json
from serving.crm.receive import MOST_BYTES, Proven, Receiver
from serving.crm.soap import acknowledged, is_soap
from serving.ledger.writer import Writer

PATH = "/v1/in/{vendor}"
METHODS = ("GET", "POST")
Intake = tuple[Receiver, Writer]


def inbound_route(intake: Callable[[Request], Intake]) -> Route:
    """The route of all senders; `intake` gives the receiver and the writer that serve a request."""

    async def received(request: Request) -> Response:
        return await answered(*intake(request), request)

    return Route(PATH, received, methods=list(METHODS))


class Spooling(Protocol):
    """Where bodies wait while the ledger is down; what comes while some wait, waits behind them."""

    @property
    def waiting(self) -> int:
        """How many do."""

    def put(self, source: str, received_us: int, content: bytes) -> None:
        """Keep one on the disk, or raise a LeadscoreError."""


async def answered(
    receiver: Receiver, writer: Writer, request: Request, spool: Spooling | None = None
) -> Response:
    """The answer to a request at `PATH`."""
    incoming, vendor = await _incoming(request), request.path_params["vendor"]
    reply = await take_in(receiver, writer, vendor, incoming, spool)
    if is_soap(incoming) and vendor in receiver.senders and receiver.senders[vendor].mapping.soap:
        reply = acknowledged(reply)
    return Response(reply.body, reply.status, dict(reply.headers), reply.media_type)


async def take_in(
    receiver: Receiver, writer: Writer, vendor: str, incoming: Incoming, spool: Spooling | None = None
) -> Reply:
    """Accept, commit, answer; 503 where the ledger takes longer than the vendor waits, without a `spool`.

    What is committed after that is known when it is sent again, or delivered from the spool.
    """
    proven = receiver.proven(vendor, incoming)
    if isinstance(proven, Reply):
        return proven
    if spool is not None and spool.waiting:
        return await _spooled(receiver, spool, proven)
    try:
        accepted = await run_in_threadpool(receiver.read, proven)
        if isinstance(accepted, Reply):
            return accepted
        stored = asyncio.wrap_future(writer.submit(accepted.read.rows))
        patience = accepted.sender.mapping.patience_seconds
        receipt = await asyncio.wait_for(asyncio.shield(stored), patience)
    except (LeadscoreError, TimeoutError) as error:
        if spool is not None:
            return await _spooled(receiver, spool, proven)
        return receiver.failed(error)
    return receiver.answer(accepted, receipt)


async def _spooled(receiver: Receiver, spool: Spooling, proven: Proven) -> Reply:
    content = json.dumps(proven.content).encode()  # not the body: Salesforce's has the id of a session
    try:
        await run_in_threadpool(spool.put, proven.sender.vendor, proven.received_us, content)
    except LeadscoreError as error:
        return receiver.failed(error)
    return reply_json({"spooled": True, "problems": []})


async def _incoming(request: Request) -> Incoming:
    """The request as a whole; of a body that is too long so much as shows that it is."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw}
    path = request.scope.get("raw_path", b"").decode("latin-1") or request.url.path
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = f"{request.url.scheme}://{request.url.netloc}{path}" + (f"?{query}" if query else "")
    return Incoming(request.method, url, headers, bytes(body), now_us())
