"""Faults, for real: the service killed under load; and nothing that was sent about a person
is written anywhere but in the ledger."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, QueuePool, select

from serving.artefact.folder import save_artefact
from serving.ledger import ApiKeys, Ledger
from serving.ledger.schema import EVENTS
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.edge import Service
from tests.made.service import Server, free_port, started

SECRET = "kjell.persoon@example.org"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rules = default_rules(scorers.recipe())
    save_artefact(
        tmp_path / "model", scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear()
    )
    Ledger.made(tmp_path / "ledger.sqlite").close()
    return tmp_path


@pytest.fixture
def service(folder: Path) -> Iterator[Server]:
    port = free_port()
    yield from started(
        folder, [sys.executable, "-c", f"from serving.edge.service import run; run(port={port})"], port
    )


def event(number: int) -> dict[str, Any]:
    return {"lead_id": f"L{number % 50}", "kind": "demo_request", "event_id": f"e{number}",
            "occurred_at": "2026-03-01T10:00:00Z"}  # fmt: skip


class Sender(threading.Thread):
    """Sends events one after the other, each again until it is acknowledged."""

    def __init__(self, url: str, first: int) -> None:
        super().__init__()
        self.url, self.number, self.acknowledged, self.stopped = url, first, list[str](), threading.Event()
        self.wrong: list[int] = []

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                answer = httpx.post(f"{self.url}/v1/events", json=event(self.number), timeout=10)
            except httpx.TransportError:
                self.stopped.wait(0.05)
                continue
            if answer.status_code == 200:
                self.acknowledged.append(f"e{self.number}")
                self.number += 1
            elif answer.status_code != 503:
                self.wrong.append(answer.status_code)


def worker_of(folder: Path) -> int | None:
    """The process that holds the ledger's lock, as it says itself."""
    try:
        return int((folder / "ledger.sqlite.lock").read_text().partition("\n")[0])
    except (OSError, ValueError):
        return None


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_under_load_nothing_acknowledged_is_lost_and_nothing_is_double(
    folder: Path, service: Server
) -> None:
    rounds, draw = int(os.environ.get("LEADSCORE_KILLS", "2")), random.Random(1)
    senders = [Sender(service.url, start) for start in (0, 1_000_000, 2_000_000)]
    for sender in senders:
        sender.start()
    killed = list[int]()
    for _ in range(rounds):
        before = sum(len(sender.acknowledged) for sender in senders)
        deadline = time.monotonic() + 120
        while sum(len(s.acknowledged) for s in senders) < before + 20 and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(draw.uniform(0, 0.2))
        while (pid := worker_of(folder)) in (None, *killed) and time.monotonic() < deadline:
            time.sleep(0.05)  # until another worker has taken its place
        assert pid is not None
        assert pid not in killed
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)
    after = sum(len(sender.acknowledged) for sender in senders)
    deadline = time.monotonic() + 60
    while sum(len(s.acknowledged) for s in senders) < after + 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    for sender in senders:
        sender.stopped.set()
    for sender in senders:
        sender.join()
    acknowledged = [name for sender in senders for name in sender.acknowledged]
    with Ledger.opened(folder / "ledger.sqlite").reading() as connection:
        kept = list(connection.execute(select(EVENTS.c.event_id)).scalars())
    assert [status for sender in senders for status in sender.wrong] == []
    assert len(acknowledged) > after
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    print(f"{rounds} kills: {len(acknowledged)} acknowledged, 0 lost, 0 double")


@pytest.mark.slow
def test_nothing_of_a_person_is_written_anywhere_but_in_the_ledger(folder: Path, service: Server) -> None:
    """Sent in every place where it can be: right and wrong, in bodies, paths, queries, headers."""
    text, _ = ApiKeys(Ledger.opened(folder / "ledger.sqlite")).new("a", ["admin"])
    time.sleep(2.5)  # followed within a second
    shown = {"X-API-Key": text, "X-Request-ID": SECRET, "User-Agent": SECRET, "Idempotency-Key": SECRET}
    lead = {"lead_id": SECRET, "fields": {"email": SECRET, "title": SECRET}}
    bodies: list[Any] = [
        lead, [lead], {**lead, SECRET: SECRET}, {**lead, "fields": {SECRET: SECRET}}, SECRET, [SECRET],
        {**lead, "as_of": SECRET}, {**lead, "events": [{"kind": SECRET, "occurred_at": SECRET}]},
        {"lead_id": SECRET, "kind": SECRET, "occurred_at": "2026-03-01"}, {"lead": lead, "change": lead},
        {"lead_id": SECRET, "stage": SECRET, "occurred_at": SECRET}, {"lead_id": SECRET, "fields": SECRET},
    ]  # fmt: skip
    answers = []
    with httpx.Client(base_url=service.url, headers=shown, timeout=30) as client:
        for path in ("score", "explain", "what-if", "events", "outcomes", "leads", "webhooks", SECRET):
            answers += [client.post(f"/v1/{path}?mail={SECRET}", json=body) for body in bodies]
            answers.append(client.post(f"/v1/{path}", content=SECRET + "\x00{"))
        for path in (
            f"/v1/leads/{SECRET}",
            f"/v1/leads/{SECRET}/scores?most={SECRET}",
            f"/{SECRET}",
            "/metrics",
        ):
            answers += [client.request(method, path) for method in ("GET", "PUT", "DELETE")]
        answers.append(client.get("/docs", headers={"Authorization": f"Bearer {SECRET}"}))
    assert {answer.status_code // 100 for answer in answers} == {2, 4}
    figures = httpx.get(f"{service.url}/metrics", headers={"X-API-Key": text}).text
    assert SECRET not in figures
    written = [path for path in folder.rglob("*") if path.is_file() and "ledger.sqlite" not in path.name]
    assert service.log in written
    for path in written:
        assert SECRET.encode() not in path.read_bytes(), path
        assert text.encode() not in path.read_bytes(), path
    for answer in answers:  # a problem may name a field that the caller made up, never a value of one
        if answer.headers["content-type"] == "application/problem+json":
            assert SECRET not in answer.text


@pytest.mark.parametrize(("method", "path"), [("GET", "/metrics"), ("POST", "/v1/score")])
def test_who_waits_for_the_ledger_lets_others_be_answered(tmp_path: Path, method: str, path: str) -> None:
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    service = Service(ledger)
    pool, held = ledger.engine.pool, list[Connection]()
    assert isinstance(pool, QueuePool)
    while pool.checkedout() < 15:  # all that it gives
        held.append(ledger.engine.connect())

    async def both(client: httpx.AsyncClient) -> tuple[bool, int]:
        first = asyncio.create_task(client.request(method, path, json={"lead_id": "a"}))
        while not service.entrance.at_once:
            await asyncio.sleep(0)
        assert (await client.get("/readyz")).status_code == 200
        waits = not first.done()
        for connection in held:
            await asyncio.to_thread(connection.close)
        return waits, (await first).status_code

    assert service.run(both)[0]
    service.close()
    ledger.close()
