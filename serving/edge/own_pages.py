"""What the service answers beside scores: the page, the document, readiness, metrics; and what goes wrong.

The framework has pages of its own at these paths, some of which call third parties; ours come first.
"""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.datastructures import State
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.clock import from_us
from serving.answer import Opened
from serving.api.documents import api_document
from serving.api.problems import refused
from serving.edge.front_page import POLICY, front_page
from serving.edge.metrics import OTHER
from serving.edge.watch import Watch

_OWN = ("/", "/docs.json", "/readyz", "/metrics")
_FRAMEWORKS = ("/livez", "/healthz", "/schema.json")
_COUNTED = frozenset((*_OWN, *_FRAMEWORKS, "/v1/score", "/v1/model"))


class Edge:
    """ASGI middleware: echoes X-Request-ID, counts, answers the service's own pages, and whatever raises.

    `state` has `opened`, `watch` and `metrics` once the worker has started.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, with its id on the answer."""
        if scope["type"] != "http" or not hasattr(self.state, "metrics"):
            await self.app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"x-request-id"][:1]
        began, status = time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if given:
                    kept = [pair for pair in message["headers"] if pair[0].lower() != b"x-request-id"]
                    message = {**message, "headers": [*kept, (b"x-request-id", given[0])]}
            await send(message)

        try:
            await (_own(Request(scope), self.state) or self.app)(scope, receive, named)
        except ClientDisconnect:
            status = status or 499  # nobody is there to be answered
        except Exception as error:  # its words may hold what was sent: only its type is told
            print(f"leadscore: {type(error).__name__} in a request that was answered by 500", flush=True)
            if not status:
                await failure()(scope, receive, named)
        path = scope["path"] if scope["path"] in _COUNTED else OTHER
        self.state.metrics.answered(path, status, time.perf_counter() - began)


def failure() -> Response:
    """The answer where ours would be a trace: the fault is the service's."""
    remedy = "Try again; please report it as a bug if it stays."
    return refused(500, "service", "could not answer", remedy)


def _own(request: Request, state: State) -> Response | None:
    """Our answer where the framework has one of its own, None for all else."""
    path = request.scope["path"]
    if path.rstrip("/") not in _COUNTED and path != "/":
        return refused(404, "path", "nothing is here", "See / and /docs.json.")
    if path not in _OWN + _FRAMEWORKS:
        return None
    if request.method not in ("GET", "HEAD"):
        return not_allowed("GET, HEAD")
    opened: Opened = state.opened
    if path == "/readyz":
        return JSONResponse(readiness(state))
    if path == "/metrics":
        return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
    if path == "/docs.json":
        return JSONResponse(api_document(opened.ladder.recipe))
    if path == "/":
        page = front_page(opened, request.url.netloc)
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
    return None


def not_allowed(allowed: str) -> Response:
    """The answer to a method that a path does not have."""
    return refused(405, "method", "is not one of this path", f"Use {allowed}.", {"Allow": allowed})


def readiness(state: State) -> dict[str, Any]:
    """Who answers, since when, and why another that the registry names does not (null: there is none)."""
    opened: Opened = state.opened
    watch: Watch = state.watch
    return {
        "ready": True,
        "rung": opened.rung,
        "version": opened.version,
        "name": opened.ladder.recipe.name,
        "since": from_us(watch.since_us).isoformat(timespec="seconds"),
        "warning": opened.warning or None,
        "pending": watch.pending or None,
    }
