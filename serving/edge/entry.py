"""The way in of every request: its id, its key, its size and pace; then who answers, and what is counted."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.desk import ANONYMOUS, Access, Desk, Mount
from serving.api.problems import RefusedError, refused
from serving.edge.access_log import told
from serving.edge.key_check import KeyCheck
from serving.edge.limits import MOST_AT_ONCE, MOST_UNPROVEN, Bodies, Pace, replayed, too_often
from serving.edge.metrics import OTHER, Metrics
from serving.edge.mounts import Mounts
from serving.edge.own_pages import FRAMEWORKS, PAGES, not_allowed, nothing_here, page
from serving.visit import refusal_page

_LEFT = 499
"""The status, known from other servers, of a sender that left before it was answered."""
_LONGEST_SECONDS = 900
"""So long a person's file of 500 MB may be on its way; other bodies and rungs have limits of their own."""


@dataclass
class Entrance:
    """What the edge stands on: the desk of the endpoints, the keys, the pace, the figures."""

    desk: Desk
    metrics: Metrics
    key_check: KeyCheck = field(default_factory=KeyCheck)
    rates: Pace = field(default_factory=Pace)
    mounts: Mounts = field(default_factory=Mounts)
    at_once: int = 0
    unproven: int = 0
    bodies: Bodies = field(default_factory=Bodies)


class Edge:
    """ASGI middleware: names, lets in, limits, answers the service's own pages, and whatever raises.

    `state.entrance` is there once the worker has started.
    """

    def __init__(self, app: ASGIApp, state: object) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, with its id on the answer."""
        entrance: Entrance | None = getattr(self.state, "entrance", None)
        if scope["type"] != "http" or entrance is None:
            await self.app(scope, receive, send)
            return
        visit = _Visit(scope, entrance, send)
        entrance.at_once += 1
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                await self._answer(visit, receive)
        except ClientDisconnect:
            if not visit.status:  # nobody reads it, but a server waits for an answer
                await Response(status_code=_LEFT)(scope, receive, visit.send)
        except RefusedError as error:
            await visit.refusal(error.response())(scope, receive, visit.send)
        except Exception as error:  # its words may hold what was sent: only its type is told
            print(f"leadscore: {type(error).__name__} in a request that was answered by 500", flush=True)
            if not visit.status:
                await failure()(scope, receive, visit.send)
        finally:
            entrance.at_once -= 1
        visit.end()

    async def _answer(self, visit: _Visit, receive: Receive) -> None:
        scope, entrance = visit.scope, visit.entrance
        own = PAGES.get(scope["path"])
        mount, methods = (None, list[str]()) if own else entrance.mounts.found(scope)
        if own is None and mount is None:
            await nothing_here()(scope, receive, visit.send)
            return
        visit.path = scope["path"] if mount is None else mount.path
        visit.is_page = mount is not None and mount.page
        access: Access = own or (mount.access if mount is not None else "any")
        refusal = _admitted(entrance, scope, access, mount)
        if refusal is None and methods:
            refusal = not_allowed(", ".join(methods))
        if refusal is not None:
            await visit.refusal(refusal)(scope, receive, visit.send)
        elif mount is not None and mount.access == "score" and not mount.page and entrance.desk.opened.fresh:
            await _nothing_yet()(scope, receive, visit.send)
        elif mount is not None and mount.streamed:
            await self.app(scope, receive, visit.send)
        elif mount is not None:
            entrance.unproven += mount.access == "open"
            try:
                body = await entrance.bodies.whole(scope, receive, mount.most_bytes)
                visit.size = len(body)
                await self.app(scope, replayed(body, receive), visit.send)
            finally:
                entrance.unproven -= mount.access == "open"
        else:
            answer = await page(Request(scope), entrance.desk, entrance.metrics)
            await (answer or self.app)(scope, receive, visit.send)


class Inside:
    """What answers behind the edge: `routes`, and for what is left to it `framework`.

    The framework's own layers would count and trace each request once more, by its path, which holds ids of
    leads, and keep a timer of each until the longest request may have ended.
    """

    def __init__(self, routes: ASGIApp, framework: ASGIApp) -> None:
        self._routes, self._framework = routes, framework

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request that was let in, or the start and end of a worker."""
        ours = scope["type"] == "http" and scope["path"] not in FRAMEWORKS
        await (self._routes if ours else self._framework)(scope, receive, send)


def _admitted(entrance: Entrance, scope: Scope, access: Access, mount: Mount | None) -> Response | None:
    """Why a request may not go on, None where it may.

    Raises:
        RefusedError: its sender comes too often, or too many others are here.
    """
    if access == "open" and mount is None:  # health is told to whoever asks, however much there is to do
        return None
    refusal = entrance.key_check.refusal(scope, access, page=mount is not None and mount.page)
    if refusal is not None:
        return refusal
    caller = scope.get("leadscore.caller", ANONYMOUS)
    wait = entrance.rates.wait(caller) if caller != ANONYMOUS else 0.0
    crowded = access == "open" and entrance.unproven >= MOST_UNPROVEN
    if wait or crowded or entrance.at_once > MOST_AT_ONCE:
        raise too_often(wait or 1.0, scope, mount)
    return None


class _Visit:
    """One request: its id, where it went, how it was answered."""

    def __init__(self, scope: Scope, entrance: Entrance, send: Send) -> None:
        self.scope, self.entrance, self._send = scope, entrance, send
        self.began, self.status, self.path, self.size = time.perf_counter(), 0, OTHER, 0
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        self.id = given or uuid.uuid4().hex.encode()
        self.is_page = False

    def refusal(self, refused: Response) -> Response:
        """`refused` as whoever asked reads it."""
        return refusal_page(self.scope, refused) if self.is_page else refused

    async def send(self, message: Message) -> None:
        """Pass an answer on, with the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            kept = [pair for pair in message["headers"] if pair[0].lower() != b"x-request-id"]
            message = {**message, "headers": [*kept, (b"x-request-id", self.id)]}
        await self._send(message)

    def end(self) -> None:
        """Count it, and tell it in the log."""
        seconds = time.perf_counter() - self.began
        self.entrance.metrics.answered(self.path, self.status, seconds)
        caller = str(self.scope.get("leadscore.caller", ""))
        told(
            self.scope, request_id=self.id, path=self.path, status=self.status, seconds=seconds,
            size=self.size, caller=caller,
        )  # fmt: skip


def _nothing_yet() -> Response:
    """The answer to who wants a score of a service that nothing was handed to yet."""
    remedy = "Open /app in a browser and hand an export over, or start the service with --recipe or --model."
    return refused(503, "service", "has neither a model nor a recipe yet", remedy)


def failure() -> Response:
    """The answer where ours would be a trace: the fault is the service's."""
    remedy = "Try again; please report it as a bug if it stays."
    return refused(500, "service", "could not answer", remedy)
