"""The HTTP service: POST /v1/score with one lead or a list of leads, /v1/model says who answers.

A promotion or rollback is answered within seconds, by a ladder that is loaded beside the one that answers.

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
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from features.clock import now_us
from features.errors import LeadscoreError
from features.recipe import Recipe, load_recipe
from serving.answer import Opened, open_ladder
from serving.api.envelope import parse_body, score_items
from serving.api.problems import refused
from serving.edge.metrics import Metrics
from serving.edge.own_pages import Edge, failure, not_allowed, readiness
from serving.edge.ready_line import say, tell_when_ready
from serving.edge.watch import Watch
from serving.registry import store_address
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
        return refused(400, "body", "is not JSON", "Send one lead as an object, or a list of them.")
    if isinstance(body, list) and len(body) > MOST_LEADS:
        remedy = "Send several requests, or use 'leadscore score'."
        return refused(413, "body", f"has more than {MOST_LEADS} leads", remedy)
    opened: Opened = request.app.state.opened
    items = body if isinstance(body, list) else [body]
    answer = partial(score_items, opened.ladder, items, now_us(), log=request.app.state.log)
    scores = answer() if len(items) <= _FEW else await run_in_threadpool(answer)
    metrics: Metrics | None = getattr(request.app.state, "metrics", None)
    if metrics is not None:
        metrics.scored(scores)
    if isinstance(body, list):
        return _json("[" + ",".join(one.model_dump_json() for one in scores) + "]")
    return _json(scores[0].model_dump_json(), 422 if scores[0].status == "error" else 200)


async def model(request: Request) -> Response:
    """What answers and from where, with its recipe's fields and event kinds."""
    opened: Opened = request.app.state.opened
    recipe = opened.ladder.recipe
    kinds = list(recipe.events.kinds) if recipe.events else None
    fields = {name: field.type for name, field in recipe.lead.fields.items()}
    found = readiness(request.app.state)
    return JSONResponse(found | {"source": opened.source, "fields": fields, "event_kinds": kinds})


async def _other_method(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return not_allowed((error.headers or {}).get("Allow", "GET"))


async def _failing(_: Request, __: Exception) -> Response:
    return failure()  # and the error goes on to the edge, which tells its type alone


routes = Starlette(
    routes=[Route("/v1/score", score, methods=["POST"]), Route("/v1/model", model)],
    exception_handlers={405: _other_method, Exception: _failing},
)


@bentoml.service(name="leadscore", traffic={"timeout": 60}, http={"host": "127.0.0.1"})
@bentoml.asgi_app(routes, path="/")
class LeadScore:
    """Loads what answers at the start of each worker, and follows the registry from then on."""

    def __init__(self) -> None:
        recipe, opened = _recipe()[0], open_from_environment()
        if opened.warning:
            print(f"leadscore: {opened.warning}", flush=True)
        print(f"leadscore: answering by {opened.rung} {opened.version} from {opened.source}", flush=True)
        watch = Watch(opened, os.environ.get("LEADSCORE_MODEL"), recipe, _swap)
        routes.state.opened, routes.state.watch, routes.state.metrics = opened, watch, Metrics(watch)
        routes.state.log = RequestLog.from_environment()
        _warm(opened)
        _collect_aside()
        watch.start()


LeadScore.add_asgi_middleware(Edge, state=routes.state)  # type: ignore[attr-defined]  # the decorator has made it a service


def open_from_environment() -> Opened:
    """The ladder that the environment names.

    Raises:
        LeadscoreError: as `open_ladder`.
    """
    recipe, folder = _recipe()
    return open_ladder(recipe, os.environ.get("LEADSCORE_MODEL"), folder=folder)


def _recipe() -> tuple[Recipe | None, Path | None]:
    """The recipe that the environment names, and its folder."""
    path = os.environ.get("LEADSCORE_RECIPE")
    if path is None and Path("recipe.toml").exists() and "LEADSCORE_MODEL" not in os.environ:
        path = "recipe.toml"
    return (load_recipe(Path(path)), Path(path).parent) if path else (None, None)


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


def _swap(opened: Opened) -> None:
    """Let `opened` answer from now on, once it has answered a lead; what has begun ends with the one before.

    Raises:
        LeadscoreError: it cannot answer.
    """
    if not _warm(opened):
        raise LeadscoreError(f"{opened.source}: a lead gets no answer.", "Train again.")
    routes.state.opened = opened
    gc.unfreeze()  # else what goes now would stay for good
    gc.collect()
    gc.freeze()


def _warm(opened: Opened) -> bool:
    """A lead through everything, so that the first real one does not pay for imports and lists.

    Whether it was answered.
    """
    addresses = [name for name, field in opened.ladder.recipe.lead.fields.items() if field.type == "email"]
    fields = dict.fromkeys(addresses, "warm-up@example.com")
    empty: list[Any] = []
    leads = [{"lead_id": "warm-up", "fields": fields, "events": events} for events in (empty, None)]
    return all(score_items(opened.ladder, [lead], now_us())[0].error is None for lead in leads)


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
