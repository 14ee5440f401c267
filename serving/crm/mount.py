"""The receiver over HTTP: an ASGI endpoint that any service mounts at /v1/in/{vendor}."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from features.clock import now_us
from features.errors import LeadscoreError
from serving.crm.incoming import Incoming, Reply
from serving.crm.receive import MOST_BYTES, Receiver
from serving.ledger.writer import Writer

PATH = "/v1/in/{vendor}"
Intake = tuple[Receiver, Writer]


def inbound_route(intake: Callable[[Request], Intake]) -> Route:
    """The route of all senders; `intake` gives the receiver and the writer that serve a request."""

    async def received(request: Request) -> Response:
        receiver, writer = intake(request)
        incoming = await _incoming(request)
        reply = await take_in(receiver, writer, request.path_params["vendor"], incoming)
        return Response(reply.body, reply.status, dict(reply.headers), reply.media_type)

    return Route(PATH, received, methods=["GET", "POST"])


async def take_in(receiver: Receiver, writer: Writer, vendor: str, incoming: Incoming) -> Reply:
    """Accept, commit, answer; 503 where the ledger takes longer than the vendor waits.

    What is committed after that is known when it is sent again.
    """
    try:
        accepted = await run_in_threadpool(receiver.accept, vendor, incoming)
        if isinstance(accepted, Reply):
            return accepted
        stored = asyncio.wrap_future(writer.submit(accepted.read.rows))
        patience = accepted.sender.mapping.patience_seconds
        receipt = await asyncio.wait_for(asyncio.shield(stored), patience)
    except (LeadscoreError, TimeoutError) as error:
        return receiver.failed(error)
    return receiver.answer(accepted, receipt)


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
