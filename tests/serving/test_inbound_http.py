"""Over a socket: accepted, committed, answered; doubled, out of order, slow, broken and hostile requests."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette

from features.clock import now_us
from serving.crm import Receiver, Sender, inbound_route, vendors
from serving.ledger import Ledger, Writer
from serving.ledger.schema import EVENTS
from tests.made import inbound


@dataclass
class Running:
    """A real server with a real ledger."""

    url: str
    ledger: Ledger

    def post(self, vendor: str, content: object, **more: Any) -> httpx.Response:
        url = f"{self.url}/v1/in/{vendor}"
        request = inbound.signed(vendor, content, at_us=now_us(), url=url, **more)
        return httpx.post(url, content=request.body, headers=dict(request.headers))


@contextmanager
def running(ledger: Ledger, senders: dict[str, Sender]) -> Iterator[Running]:
    with Writer(ledger) as writer:
        receiver = Receiver(senders, inbound.recipe(), ledger)
        app = Starlette(routes=[inbound_route(lambda _: (receiver, writer))])
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            port = listening.getsockname()[1]
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
            try:
                yield Running(f"http://127.0.0.1:{port}", ledger)
            finally:
                server.should_exit = True
                thread.join()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


@pytest.fixture
def service(ledger: Ledger) -> Iterator[Running]:
    with running(ledger, {vendor: inbound.sender(vendor) for vendor in vendors()}) as found:
        yield found


@pytest.mark.parametrize("vendor", vendors())
def test_a_golden_body_is_stored_once_however_often_it_is_sent(service: Running, vendor: str) -> None:
    for case in inbound.golden(vendor):
        first = service.post(vendor, case["body"])
        assert first.status_code == 200, first.text
        counts = service.ledger.counts()
        again = service.post(vendor, case["body"])
        assert again.status_code == 200
        assert again.json()["stored"] == 0
        assert service.ledger.counts() == counts
        assert "@" not in first.text + again.text


def test_a_batch_in_any_order_leaves_the_same_lead(service: Running) -> None:
    from features.lead import LeadReader
    from serving.ledger import lead_of

    titles = [f"Title {number}" for number in range(20)]
    events = [
        inbound.golden("hubspot")[0]["body"][0]
        | {"eventId": n, "occurredAt": 1_764_500_000_000 + n, "propertyValue": title}
        for n, title in enumerate(titles)
    ]
    for event in [*events[10:], *events[:10], *events[5:15]]:
        assert service.post("hubspot", [event]).status_code == 200
    found = lead_of(service.ledger, LeadReader(inbound.recipe()), "1246965", 1_764_600_000_000_000)
    assert found.values["title"] == " title 19 "


def test_what_is_wrong_as_a_whole_is_final_and_what_is_wrong_in_part_is_told(service: Running) -> None:
    assert service.post("hubspot", None, body=b"{").status_code == 400
    assert service.post("hubspot", None, body=b'[{"objectId": NaN}]').status_code == 400
    assert service.post("hubspot", None, body=b"[" * 200_000).status_code == 400
    bad = service.post(
        "marketo", {"lead_id": "1001", "occurred_at": "yesterday", "emailAddress": "a@acme.example"}
    )
    assert bad.status_code == 400
    assert bad.json()["problems"][0]["field"] == "item 1 occurred_at"
    pipedrive = inbound.golden("pipedrive")[0]["body"] | {"meta": {"entity": "lead", "action": "create"}}
    told = service.post("pipedrive", pipedrive)
    assert told.status_code == 200, "ten failures ban the address for half an hour"
    assert told.json()["unread"] == 1
    assert httpx.put(f"{service.url}/v1/in/hubspot").status_code == 405
    assert httpx.get(f"{service.url}/v1/in/hubspot").status_code == 405
    assert httpx.post(f"{service.url}/v1/in/hubspto").status_code == 404
    large = httpx.post(f"{service.url}/v1/in/hubspot", content=b"x" * 6_000_000)
    assert large.status_code == 413


def test_a_slow_ledger_is_no_acknowledgement_and_the_same_again_is_one(ledger: Ledger) -> None:
    """The vendor is told to come back before it gives up; what was committed meanwhile is known then."""
    sender = inbound.sender("pipedrive")
    quick = replace(sender, mapping=sender.mapping.model_copy(update={"patience_seconds": 0.3}))
    body = inbound.golden("pipedrive")[4]["body"]
    with running(ledger, {"pipedrive": quick}) as service:
        with ledger.transaction():  # another process holds the file
            slow = service.post("pipedrive", body)
            assert slow.status_code == 503
            assert slow.headers["retry-after"] == "5"
        again = service.post("pipedrive", body)
        while again.status_code == 503:
            again = service.post("pipedrive", body)
    assert again.json()["known"] == 1
    assert ledger.counts()["events"] == 1


def test_a_thousand_calls_from_sixteen_senders_are_a_thousand_events(service: Running) -> None:
    base = inbound.golden("aircall")[0]["body"]

    def send(first: int) -> None:
        with httpx.Client() as client:
            for number in range(first, 1000, 16):
                body = json.loads(json.dumps(base))
                body["data"] |= {"id": number, "raw_digits": f"+33 1 98 76 {number:04d}"}
                for _ in range(1 + number % 2):
                    assert client.post(f"{service.url}/v1/in/aircall", json=body).status_code == 200

    threads = [threading.Thread(target=send, args=(first,)) for first in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with service.ledger.reading() as connection:
        ids = connection.execute(select(EVENTS.c.event_id)).scalars().all()
    assert sorted(int(one) for one in ids) == list(range(1000))
