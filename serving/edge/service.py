"""The HTTP service: what its workers load and follow, and how it is started.

A promotion or rollback is answered within seconds, by a ladder that is loaded beside the one that answers.

Started by `leadscore serve` or `bentoml serve serving.edge.service:LeadScore`, configured by the environment:
LEADSCORE_RECIPE (a file), LEADSCORE_MODEL (a folder or models:/… address), LEADSCORE_LEDGER (a file or URL),
MLFLOW_TRACKING_URI. The endpoints (`serving.edge.mounts`) are an ASGI application before the framework's own,
which leaves status codes and error bodies to us.
"""

from __future__ import annotations

import gc
import os
import socket
import threading
from pathlib import Path
from typing import Any

import bentoml
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from features.clock import now_us
from features.errors import LeadscoreError
from features.recipe import Recipe, load_recipe
from serving.answer import Opened, TimeBudget, open_ladder
from serving.answer.opening import open_fresh
from serving.api import score_items
from serving.api.desk import Desk
from serving.api.problems import RefusedError, answer_refused
from serving.api.webhooks import secrets_named
from serving.aside import Shadow
from serving.crm import senders_from
from serving.crm.senders import FILE_VARIABLE
from serving.desk.running import jobs_for_pages, recipe_path, share_place, start_runner
from serving.edge.entry import Edge, Entrance, Inside, failure
from serving.edge.inbound import open_spool, open_to_senders
from serving.edge.key_check import KeyCheck, require_key
from serving.edge.limits import Pace
from serving.edge.metrics import Metrics
from serving.edge.mounts import Mounts
from serving.edge.own_pages import not_allowed
from serving.edge.ready_line import address_of, kept_words, say, tell_when_ready
from serving.edge.watch import Watch
from serving.ledger import Ledger, Writer
from serving.ledger.engines import VARIABLE as LEDGER
from serving.ledger.writer import ADDRESS
from serving.registry import find_champion, store_address
from serving.skew import RequestLog
from serving.visit.session import share_secret


async def _other_method(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return not_allowed((error.headers or {}).get("Allow", "GET"))


async def _failing(_: Request, __: Exception) -> Response:
    return failure()  # and the error goes on to the edge, which tells its type alone


routes = Starlette(
    routes=Mounts().routes,
    exception_handlers={405: _other_method, RefusedError: answer_refused, Exception: _failing},
)


_OWN_LOG = {"access": {"enabled": False}}  # BentoML's has the paths that are asked, with ids of leads


@bentoml.service(name="leadscore", http={"host": "127.0.0.1"}, logging=_OWN_LOG)
class LeadScore:
    """Loads what answers at the start of each worker, and follows the registry from then on."""

    def __init__(self) -> None:
        recipe, opened, budget = _recipe()[0], open_from_environment(), TimeBudget.from_environment()
        if opened.warning:
            print(f"leadscore: {opened.warning}", flush=True)
        print(f"leadscore: answering by {opened.rung} {opened.version} from {opened.source}", flush=True)
        ledger = Ledger.for_service()
        watch = Watch(opened, named_model(), recipe, _swap)
        writer = Writer(ledger) if ledger else None
        desk = Desk(
            opened.within(budget), watch, ledger, writer, RequestLog.from_environment(), budget=budget
        )
        desk.jobs = jobs_for_pages(ledger)
        self._runner = start_runner(desk.jobs, recipe_path(), named_model())
        open_to_senders(desk)
        spool = open_spool(desk)
        desk.shadow = shadow = Shadow.from_environment(writer, named_model(), recipe)
        metrics = Metrics(watch, budget, ledger, shadow, spool)
        entrance = Entrance(desk, metrics, KeyCheck.opened(ledger), Pace.from_environment())
        desk.counted = entrance.metrics.scored
        routes.state.desk, routes.state.entrance = desk, entrance
        entrance.bodies.hurry_at_end()
        _warm(desk.opened)
        _collect_aside()
        watch.start()
        if shadow is not None:
            shadow.start(lambda: desk.opened.ladder.recipe.name)

    @bentoml.on_shutdown  # type: ignore[untyped-decorator]
    def close(self) -> None:
        """Commit what waits, and give back what is worked on."""
        if self._runner is not None:
            self._runner.close()
        writer: Writer | None = routes.state.desk.writer
        if writer is not None:
            writer.close()


class _Fronted(bentoml.Service[Any]):  # type: ignore[misc]  # it is untyped
    """A service whose edge stands before the framework (see `Inside`)."""

    __slots__ = ()

    def to_asgi(self, is_main: bool = True) -> ASGIApp:
        """What a worker runs."""
        return Edge(Inside(routes, super().to_asgi(is_main)), routes.state)


LeadScore.__class__ = _Fronted  # type: ignore[method-assign]  # the decorator has made it a service


def open_from_environment() -> Opened:
    """The ladder that the environment names; a fresh one where it names nothing and nothing is there.

    Raises:
        LeadscoreError: as `open_ladder`.
    """
    recipe, folder = _recipe()
    if recipe is None and named_model() is None and find_champion() is None:
        return open_fresh()
    return open_ladder(recipe, named_model(), folder=folder)


def named_model() -> str | None:
    """The model that LEADSCORE_MODEL names, else the one that an image has beside this code, or None."""
    packed = Path(__file__).parents[2] / "packed_model"
    beside = str(packed) if (packed / "manifest.json").is_file() else None
    return os.environ.get("LEADSCORE_MODEL") or beside


def _recipe() -> tuple[Recipe | None, Path | None]:
    """The recipe that the environment names, and its folder."""
    path = recipe_path()
    return (load_recipe(path), path.parent) if path else (None, None)


def run(
    host: str = "127.0.0.1", port: int = 3000, recipe: Path | None = None, model: str | None = None
) -> None:
    """Serve until interrupted, on the loopback interface unless told otherwise.

    Raises:
        LeadscoreError: nothing can answer, the port is taken, another process writes to the ledger, or
            others could ask and there is no key; said before any worker is started.
    """
    ledger, _ = Ledger.for_service(), senders_from()
    _require_free(host, port)
    require_key(host, ledger)
    if recipe is not None:
        os.environ["LEADSCORE_RECIPE"] = str(Path(recipe).absolute())
    if os.environ.get(FILE_VARIABLE):
        os.environ[FILE_VARIABLE] = str(Path(os.environ[FILE_VARIABLE]).absolute())
    if model is not None:
        os.environ["LEADSCORE_MODEL"] = model if ":/" in model else str(Path(model).absolute())
    # workers start in a folder of their own, and nobody is told about this server
    os.environ["MLFLOW_TRACKING_URI"] = store_address()
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    share_secret()
    opened = open_from_environment()
    for checked in (RequestLog.from_environment, Pace.from_environment, TimeBudget.from_environment):
        checked()
    secrets_named()
    Shadow.from_environment(None, model, None)
    if ledger is not None:
        Writer(ledger).close()
        ledger.close()
        os.environ[LEDGER] = ledger.url
        say(kept_words(ledger))
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    say(f"Starting: {opened.rung} {opened.version} from {opened.source}".strip() + " …")
    share_place(ledger)
    os.environ[ADDRESS] = address_of(host, port)
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
    desk: Desk = routes.state.desk
    bounded = opened.within(desk.budget)
    if not _warm(bounded):
        raise LeadscoreError(f"{opened.source}: a lead gets no answer.", "Train again.")
    if desk.budget.rests(bounded.ladder.top):
        raise LeadscoreError(f"{opened.source}: its {opened.rung} takes too long for a lead.", "Train again.")
    desk.opened = bounded
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


def _collect_aside(every_seconds: float = 30.0) -> None:
    """Keep Python's collector off the request path, where a full pass takes 100 ms: on a timer."""
    gc.collect()
    gc.freeze()
    gc.disable()

    def collect() -> None:
        while True:
            threading.Event().wait(every_seconds)
            gc.collect()

    threading.Thread(target=collect, name="leadscore-gc", daemon=True).start()
