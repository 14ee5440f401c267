"""What is not scored in a turn waits a bounded time too: a hang costs those who met it, and is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, QueuePool

from serving.answer.ladder import Ladder
from serving.answer.opening import Opened
from serving.answer.time_budget import TimeBudget
from serving.api.large_work import LargeWork
from serving.ledger import Ledger
from tests.made import scorers
from tests.made.edge import Service
from tests.serving.test_rung_budget import BODY, Hanging, hung

LEAD = {"lead_id": "a", "created_at": "2026-02-01", "fields": {"company_size": 40}}
WRONG = {"lead_id": "a", "fields": {"no such field": 1}}


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    return scorers.saved(tmp_path_factory.mktemp("artefact"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def short(ladder: Ladder, threads: int, ledger: Ledger | None = None) -> tuple[Hanging, Service]:
    """A service of few threads that may take 0.3 s, on a scorer that hangs: as if outside a rung, which would
    be passed over."""
    budget = TimeBudget(0.03, lead_seconds=0.0)
    hanging, climbing = hung(ladder, budget)
    service = Service(ledger, ladder=climbing, budget=budget)
    service.desk.opened = Opened(replace(climbing, budget=None), "tests")
    service.desk.large = LargeWork(threads, least_seconds=0.0)
    return hanging, service


async def ready(client: httpx.AsyncClient) -> None:
    while (await client.get("/readyz")).status_code != 200:
        await asyncio.sleep(0.01)


def is_refused(answer: httpx.Response, place: str) -> bool:
    said = answer.json()["problems"][0]
    assert (said["field"], said["problem"]) == (place, "hangs on earlier leads")
    return (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_where_every_thread_hangs_whoever_comes_is_refused_at_once(ladder: Ladder) -> None:
    hanging, service = short(ladder, threads=2)

    async def asked(client: httpx.AsyncClient) -> None:
        first = await client.post("/v1/explain", json=BODY)
        assert is_refused(first, "scoring")
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.post("/v1/explain", json=WRONG)).status_code == 422, "the other thread works"
        others = await asyncio.gather(*(client.post("/v1/explain", json=BODY) for _ in range(4)))
        late = await client.post("/v1/score", json=[BODY] * 25)
        assert all(is_refused(one, "scoring") for one in (*others, late))
        assert hanging.asked == 2, "nobody else has begun"
        hanging.let_go.set()
        await ready(client)
        assert (await client.post("/v1/explain", json=BODY)).status_code == 200
        assert (await client.post("/v1/score", json=[BODY] * 25)).status_code == 200

    service.run(asked)


def test_what_stands_on_the_ledger_waits_a_bounded_time_too(ladder: Ladder, ledger: Ledger) -> None:
    hanging, service = short(ladder, threads=8, ledger=ledger)
    hanging.let_go.set()
    assert service.ask("POST", "/v1/leads", json=LEAD).status_code == 200
    hanging.let_go.clear()
    pool, held = ledger.engine.pool, list[Connection]()
    assert isinstance(pool, QueuePool)

    async def asked(client: httpx.AsyncClient) -> None:
        assert is_refused(await client.get("/v1/leads/a/explanation"), "ledger")
        assert is_refused(
            await client.post("/v1/what-if", json={"lead": {"lead_id": "a"}, "change": {}}), "scoring"
        )
        hanging.let_go.set()
        await ready(client)
        while pool.checkedout() < 15:  # all that it gives
            held.append(ledger.engine.connect())
        for answer in await asyncio.gather(
            client.get("/v1/leads/a/scores"), client.post("/v1/leads", json=LEAD)
        ):
            assert is_refused(answer, "ledger")
        for connection in held:
            await asyncio.to_thread(connection.close)
        await ready(client)
        assert (await client.post("/v1/score", json=[{"lead_id": "a"}])).json()[0]["status"] == "scored"

    service.run(asked)
    service.close()


def test_who_leaves_while_others_are_served_is_not_served() -> None:
    let_go, done = threading.Event(), list[str]()

    async def asked() -> None:
        large = LargeWork(threads=1)
        first = asyncio.create_task(large.done(let_go.wait, 60, "scoring"))
        others = [
            asyncio.create_task(large.done(lambda name=name: done.append(name), 60, "scoring"))  # type: ignore[misc]
            for name in "abc"
        ]
        await asyncio.sleep(0)
        others[1].cancel()
        let_go.set()
        await asyncio.gather(first, *others, return_exceptions=True)

    asyncio.run(asked())
    assert done == ["a", "c"]


@pytest.mark.parametrize(
    ("raised", "told"),
    [(KeyError("a"), KeyError), (StopIteration(), RuntimeError), (GeneratorExit(), RuntimeError)],
)
def test_what_fails_is_told_and_the_thread_works_on(raised: BaseException, told: type[Exception]) -> None:
    def fails() -> Any:
        raise raised

    async def asked() -> int:
        large = LargeWork(threads=1)
        with pytest.raises(told):
            await large.done(fails, 60, "scoring")
        return await large.done(lambda: 5, 60, "scoring")

    assert asyncio.run(asked()) == 5
