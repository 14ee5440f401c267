"""The HTTP service: POST /v1/score with one lead or a list of leads; /readyz says who would answer.

/ is a page for people and /docs.json an OpenAPI document, both our own: nobody else is asked for anything.

Started by `leadscore serve` or `bentoml serve serving.edge.service:LeadScore`, configured by the environment:
LEADSCORE_RECIPE (a file), LEADSCORE_MODEL (a folder or models:/… address), MLFLOW_TRACKING_URI. The routes
are a mounted ASGI application, which leaves status codes and error bodies to us.
"""

from __future__ import annotations

import gc
import os
import socket
import threading
from functools import partial
from pathlib import Path
from typing import Any

import bentoml
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.clock import now_us
from features.errors import LeadscoreError
from features.recipe import load_recipe
from serving.answer import Opened, open_ladder
from serving.edge.documents import api_document
from serving.edge.envelope import parse_body, score_items
from serving.edge.front_page import POLICY, front_page
from serving.edge.ready_line import say, tell_when_ready
from serving.registry import store_address
from serving.score import Problem, failed
from serving.skew import RequestLog

MOST_LEADS = 10_000
_FEW = 20
"""Up to so many leads are scored where they arrive; more go to a thread, so that others need not wait."""
_COLLECT_SECONDS = 30.0


async def score(request: Request) -> Response:
    """One lead (an object) is answered by a score, a list by a list: same length, same order.

    200 for a scored lead and for any list, 422 for a single lead whose input is wrong, 400 for a body that
    is not JSON, 413 for too long a list.
    """
    try:
        body = parse_body(await request.body())
    except (ValueError, RecursionError):
        return _refused(400, "is not JSON", "Send one lead as an object, or a list of them.")
    if isinstance(body, list) and len(body) > MOST_LEADS:
        return _refused(
            413, f"has more than {MOST_LEADS} leads", "Send several requests, or 'leadscore score'."
        )
    opened: Opened = request.app.state.opened
    items = body if isinstance(body, list) else [body]
    answer = partial(score_items, opened.ladder, items, now_us(), log=request.app.state.log)
    scores = answer() if len(items) <= _FEW else await run_in_threadpool(answer)
    if isinstance(body, list):
        return _json("[" + ",".join(one.model_dump_json() for one in scores) + "]")
    return _json(scores[0].model_dump_json(), 422 if scores[0].status == "error" else 200)


async def model(request: Request) -> Response:
    """What answers and from where, with its recipe's fields and event kinds."""
    opened: Opened = request.app.state.opened
    recipe = opened.ladder.recipe
    kinds = list(recipe.events.kinds) if recipe.events else None
    fields = {name: field.type for name, field in recipe.lead.fields.items()}
    return JSONResponse(
        _readiness(opened) | {"source": opened.source, "fields": fields, "event_kinds": kinds}
    )


routes = Starlette(routes=[Route("/v1/score", score, methods=["POST"]), Route("/v1/model", model)])


class Edge:
    """ASGI middleware: echoes X-Request-ID, and answers /, /docs.json and /readyz by what is loaded."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, with its id on the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name == b"x-request-id"][:1]

        async def named(message: Message) -> None:
            if given and message["type"] == "http.response.start":
                kept = [
                    (name, value) for name, value in message["headers"] if name.lower() != b"x-request-id"
                ]
                message = {**message, "headers": [*kept, (b"x-request-id", given[0])]}
            await send(message)

        opened = getattr(routes.state, "opened", None)
        own = _own(Request(scope), opened) if opened is not None else None
        await (own or self.app)(scope, receive, named)


def _own(request: Request, opened: Opened) -> Response | None:
    """Our answer where the framework has one of its own, with pages that call third parties."""
    path = request.scope["path"]
    if path == "/readyz":
        return JSONResponse(_readiness(opened))
    if path == "/":
        return HTMLResponse(
            front_page(opened, request.url.netloc), headers={"Content-Security-Policy": POLICY}
        )
    if path == "/docs.json":
        return JSONResponse(api_document(opened.ladder.recipe))
    if path.startswith("/static_content"):
        return JSONResponse({"error": "nothing is here; see / and /docs.json"}, 404)
    return None


@bentoml.service(name="leadscore", traffic={"timeout": 60}, http={"host": "127.0.0.1"})
@bentoml.asgi_app(routes, path="/")
class LeadScore:
    """Loads what answers once, at the start of each worker."""

    def __init__(self) -> None:
        opened = open_from_environment()
        if opened.warning:
            print(f"leadscore: {opened.warning}", flush=True)
        print(f"leadscore: answering by {opened.rung} {opened.version} from {opened.source}", flush=True)
        routes.state.opened = opened
        routes.state.log = RequestLog.from_environment()
        _warm(opened)
        _collect_aside()


LeadScore.add_asgi_middleware(Edge)  # type: ignore[attr-defined]  # the decorator has made it a service


def open_from_environment() -> Opened:
    """The ladder that the environment names.

    Raises:
        LeadscoreError: as `open_ladder`.
    """
    path = os.environ.get("LEADSCORE_RECIPE")
    if path is None and Path("recipe.toml").exists() and "LEADSCORE_MODEL" not in os.environ:
        path = "recipe.toml"
    recipe = load_recipe(Path(path)) if path else None
    folder = Path(path).parent if path else None
    return open_ladder(recipe, os.environ.get("LEADSCORE_MODEL"), folder=folder)


def run(
    host: str = "127.0.0.1", port: int = 3000, recipe: Path | None = None, model: str | None = None
) -> None:
    """Serve until interrupted, on the loopback interface unless told otherwise: there are no keys yet.

    Raises:
        LeadscoreError: nothing can answer, or the port is taken; said before any worker is started.
    """
    _require_free(host, port)
    if recipe is not None:
        os.environ["LEADSCORE_RECIPE"] = str(Path(recipe).absolute())
    if model is not None:
        os.environ["LEADSCORE_MODEL"] = model if ":/" in model else str(Path(model).absolute())
    # workers start in a folder of their own, and nobody is told about this server
    os.environ["MLFLOW_TRACKING_URI"] = store_address()
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    opened = open_from_environment()
    RequestLog.from_environment()
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    say(f"Starting: {opened.rung} {opened.version} from {opened.source}".strip() + " …")
    tell_when_ready(host, port, say)
    LeadScore.serve_http(host=host, port=port)  # type: ignore[attr-defined]


def _require_free(host: str, port: int) -> None:
    """Whether the address can be listened on: BentoML's own workers would try, and fail, for ever."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "is not an address of this machine"
        raise LeadscoreError(
            f"{host}:{port}: cannot be listened on ({reason}).", "Name another with --port or --host."
        ) from None


def _readiness(opened: Opened) -> dict[str, Any]:
    return {
        "ready": True,
        "rung": opened.rung,
        "version": opened.version,
        "name": opened.ladder.recipe.name,
        "warning": opened.warning or None,
    }


def _warm(opened: Opened) -> None:
    """A lead through everything, so that the first real one does not pay for imports and lists."""
    addresses = [name for name, field in opened.ladder.recipe.lead.fields.items() if field.type == "email"]
    fields = dict.fromkeys(addresses, "warm-up@example.com")
    empty: list[Any] = []
    for events in (empty, None):
        score_items(opened.ladder, [{"lead_id": "warm-up", "fields": fields, "events": events}], now_us())


def _collect_aside() -> None:
    """Keep Python's collector off the request path: a full pass in the middle of one takes 100 ms.

    What is loaded is frozen, and young garbage is collected on a timer.
    """
    gc.collect()
    gc.freeze()
    gc.disable()

    def collect() -> None:
        while True:
            threading.Event().wait(_COLLECT_SECONDS)
            gc.collect()

    threading.Thread(target=collect, name="leadscore-gc", daemon=True).start()


def _json(text: str, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")


def _refused(status: int, problem: str, remedy: str) -> Response:
    refused = failed(None, [Problem(field="body", problem=problem, remedy=remedy)])
    return _json(refused.model_dump_json(), status)
