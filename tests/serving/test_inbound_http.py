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


@pytest.mark.slow
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


def test_a_record_that_was_deleted_stays_so_until_it_is_restored(service: Running) -> None:
    """A change that comes after the deletion, or tells of before it, is kept and brings nothing back."""
    from features.errors import LeadError
    from features.lead import LeadReader
    from serving.ledger import lead_of

    base = inbound.golden("hubspot")[0]["body"][0]
    at = base["occurredAt"]

    def send(kind: str, seconds: int, **more: object) -> None:
        event = base | {
            "subscriptionType": kind,
            "occurredAt": at + seconds * 1000,
            "eventId": seconds,
            **more,
        }
        assert service.post("hubspot", [event]).status_code == 200

    def title(seconds: int) -> object:
        when = (at + seconds * 1000) * 1000
        return lead_of(service.ledger, LeadReader(inbound.recipe()), "1246965", when).values["title"]

    send("contact.propertyChange", 0)
    send("contact.deletion", 10)
    send("contact.propertyChange", 20, propertyValue="Ghost")
    send("contact.propertyChange", 5, propertyValue="Late")
    assert title(9) == " late "
    with pytest.raises(LeadError, match="deleted"):
        title(30)
    send("contact.restore", 40)
    assert title(40) == " ghost "


def test_a_privacy_deletion_takes_the_forms_of_the_person_with_it(service: Running) -> None:
    """The form came first, joined the CRM's record by its address, and must not come back by a retry."""
    form = inbound.golden("google")[0]["body"]
    record = inbound.golden("hubspot")[1]["body"]
    assert service.post("google", form).json()["stored"] == 3
    assert service.post("hubspot", record).status_code == 200
    erasure = inbound.golden("hubspot")[0]["body"][9] | {"objectId": record["objectId"]}
    assert service.post("hubspot", [erasure]).json()["stored"] == 1
    again = service.post("google", form).json()
    assert (again["stored"], again["refused"]) == (0, 3)
    assert service.post("hubspot", record).json()["stored"] == 0
    counts = service.ledger.counts()
    assert (counts["leads"], counts["events"], counts["field_history"], counts["decisions"]) == (0, 0, 0, 2)


def test_the_service_itself_takes_in_without_a_key_what_is_proven_otherwise(ledger: Ledger) -> None:
    """Through the real edge: keys are needed from others, senders prove themselves, nothing else is open."""
    from serving.ledger import ApiKeys
    from tests.made.edge import Service

    ApiKeys(ledger).new("one", ["score"])
    service = Service(ledger, recipe=inbound.recipe(), client="203.0.113.9")
    service.desk.senders = {"hubspot": inbound.sender("hubspot")}
    try:
        url = "http://localhost/v1/in/hubspot"
        body = inbound.golden("hubspot")[1]["body"]
        request = inbound.signed("hubspot", body, at_us=now_us(), url=url)

        def post(path: str, **how: Any) -> httpx.Response:
            return service.ask("POST", path, content=request.body, **how)

        assert post("/v1/in/hubspot", headers=dict(request.headers)).json()["stored"] == 1
        assert post("/v1/in/hubspot").status_code == 401
        assert post("/v1/in/marketo", headers=dict(request.headers)).status_code == 404
        assert post("/v1/score").status_code == 401
        assert service.ask("PUT", "/v1/in/hubspot").status_code == 405
        assert service.ask("POST", "/v1/in/hubspot", content=b"x" * 11_000_000).status_code == 413
    finally:
        service.close()


def test_a_service_without_a_ledger_says_so(ledger: Ledger) -> None:
    from tests.made.edge import Service

    service = Service(None, recipe=inbound.recipe())
    service.desk.senders = {"hubspot": inbound.sender("hubspot")}
    answer = service.ask("POST", "/v1/in/hubspot", content=b"[]")
    assert answer.status_code == 409
    assert "ledger init" in answer.text
