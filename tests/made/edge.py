"""The service without a process: its real middleware and endpoints, asked in memory."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.datastructures import State

from features.recipe import Recipe
from serving.answer.ladder import Ladder
from serving.answer.opening import Opened
from serving.answer.time_budget import TimeBudget
from serving.api.desk import Desk
from serving.edge.entry import Edge, Entrance
from serving.edge.key_check import KeyCheck
from serving.edge.limits import Pace
from serving.edge.metrics import Metrics
from serving.edge.watch import Watch
from serving.jobs import Jobs
from serving.ledger import Ledger, Writer
from tests.made import scorers


class Service:
    """An edge over a ledger; `ask` is one request to it from this machine."""

    def __init__(
        self,
        ledger: Ledger | None = None,
        *,
        recipe: Recipe | None = None,
        ladder: Ladder | None = None,
        rate: float = 0.0,
        client: str = "127.0.0.1",
        budget: TimeBudget | None = None,
    ) -> None:
        with warnings.catch_warnings():  # what BentoML imports warns of itself
            warnings.simplefilter("ignore", DeprecationWarning)
            from serving.edge.service import routes
        budget = budget or TimeBudget()
        opened = Opened(ladder or Ladder.by_rules(recipe or scorers.recipe()), "tests").within(budget)
        watch = Watch(opened, None, None, lambda _: None)
        self.writer = Writer(ledger) if ledger else None
        self.desk = Desk(opened, watch, ledger, self.writer, budget=budget)
        self.entrance = Entrance(self.desk, Metrics(watch, budget, ledger), KeyCheck(ledger), Pace(rate))
        self.desk.counted = self.entrance.metrics.scored
        if ledger is None or not ledger.presence.away:
            self.entrance.key_check.look()
        self.client = client
        state = State({"entrance": self.entrance})
        inner = Starlette(routes=routes.routes, exception_handlers=routes.exception_handlers)
        inner.state.desk = self.desk
        self.edge = Edge(inner, state)

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """One request."""
        return self.run(lambda client: client.request(method, path, **how))

    def run(self, do: Callable[[httpx.AsyncClient], Any]) -> Any:
        """What `do` makes of a client of this service."""

        async def asked() -> Any:
            transport = httpx.ASGITransport(self.edge, client=(self.client, 4711))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await do(client)

        return asyncio.run(asked())

    def close(self) -> None:
        """Let another one write."""
        if self.writer is not None:
            self.writer.close()


@contextmanager
def service_with_jobs(folder: Path) -> Iterator[Service]:
    """A service over a ledger in `folder`, with the jobs of its pages beside it."""
    ledger = Ledger.made(folder / "ledger.sqlite")
    service = Service(ledger)
    service.desk.jobs = Jobs.beside(ledger)
    yield service
    service.close()
    ledger.close()
