"""Signed messages in, without a key; and a log that tells every request and nothing of a lead."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from features import LeadscoreError
from serving.api.webhooks import VARIABLE, secrets_named
from serving.ledger import ApiKeys, Ledger
from tests.made.edge import Service

OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
EVENT = {"lead_id": "a", "kind": "demo_request", "occurred_at": "2026-03-01T10:00:00Z", "event_id": "e1"}
WRAPPED = {"type": "page_view", "timestamp": "2026-03-01T10:00:00Z", "data": {"lead_id": "a"}}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv(VARIABLE, f"{OLD} {NEW}")
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    ApiKeys(ledger).new("a", ["admin"])  # a key is needed for all else
    made = Service(ledger)
    yield made
    made.close()
    ledger.close()


def sent(
    service: Service, body: Any, secret: str = NEW, name: str = "msg_1", age: int = 0, **odd: str
) -> httpx.Response:
    content = json.dumps(body)
    moment = datetime.now(UTC) - timedelta(seconds=age)
    signed = {
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, moment.replace(tzinfo=UTC), content),
    }
    headers = signed | {key.replace("_", "-"): value for key, value in odd.items()}
    return service.ask("POST", "/v1/webhooks", content=content, headers=headers)


def counts(service: Service) -> int:
    assert service.desk.ledger is not None
    return service.desk.ledger.counts()["events"]


def test_a_signed_message_is_stored_once_by_either_secret_while_one_is_replaced(service: Service) -> None:
    first = sent(service, [EVENT, {**EVENT, "event_id": "e2"}])
    assert (first.status_code, first.json()["stored"]) == (200, 2)
    again = sent(service, [EVENT, {**EVENT, "event_id": "e2"}], secret=OLD)
    assert again.json()["replayed"]
    assert sent(service, [EVENT]).status_code == 422  # the same id with another body
    assert sent(service, EVENT, name="msg_2").json()["known"] == 1
    assert sent(service, WRAPPED, name="msg_3").json()["stored"] == 1
    assert sent(service, WRAPPED, name="msg_3").json()["replayed"]
    assert counts(service) == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_" + base64.b64encode(b"3" * 32).decode()},
        {"age": 400},
        {"age": -400},
        {"webhook_signature": ""},
        {"webhook_signature": "v1"},
        {"webhook_signature": "v1,!"},
        {"webhook_signature": "v2,abcd"},
        {"webhook_timestamp": "soon"},
        {"webhook_timestamp": "9" * 400},
        {"webhook_id": ""},
        {"webhook_id": "msg_other"},
    ],
)
def test_a_message_that_is_not_signed_so_is_refused(service: Service, wrong: dict[str, Any]) -> None:
    answer = sent(service, EVENT, **wrong)
    assert answer.status_code == 401
    assert answer.json()["problems"][0]["field"] == "webhook-signature"
    assert counts(service) == 0


def test_a_body_that_was_changed_on_its_way_is_refused(service: Service) -> None:
    content, moment = json.dumps(EVENT), datetime.now(UTC)
    headers = {
        "webhook-id": "m",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(NEW).sign("m", moment, content),
    }
    for body in (content + " ", content.replace("demo", "dema"), "", "\ud83d".encode("utf-8", "replace")):
        assert service.ask("POST", "/v1/webhooks", content=body, headers=headers).status_code == 401
    assert service.ask("POST", "/v1/webhooks", content=b"\xff", headers=headers).status_code == 401
    assert service.ask("POST", "/v1/webhooks", content=content, headers=headers).status_code == 200


SHORT = "whsec_" + base64.b64encode(b"a" * 23).decode()


@pytest.mark.parametrize("text", ["secret", "whsec_", "whsec_!!", SHORT])
def test_a_secret_that_is_none_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(LeadscoreError, match=VARIABLE) as told:
        secrets_named()
    assert len(text) < 10 or text not in str(told.value)


def test_without_a_secret_no_message_is_taken(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    assert sent(service, EVENT).status_code == 401


def test_each_request_is_a_line_that_names_no_lead(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    person = "anna.private@example.org"
    assert service.desk.ledger is not None
    text, key = ApiKeys(service.desk.ledger).new("b", ["admin"])
    service.entrance.key_check.look()
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    shown = {"X-API-Key": text, "X-Request-ID": "crm-7", "traceparent": trace}
    service.ask("GET", f"/v1/leads/{person}/scores?most=5&mail={person}", headers=shown)
    service.ask("GET", f"/v1/{person}", headers={**shown, "X-Request-ID": person})
    service.ask("POST", "/v1/leads", json={"lead_id": person, "fields": {person: 1}}, headers=shown)
    service.ask("GET", "/readyz", headers=shown)
    out = capsys.readouterr()
    lines = [json.loads(line) for line in out.out.splitlines()]
    assert [(one["method"], one["path"], one["status"]) for one in lines] == [
        ("GET", "/v1/leads/{lead_id:path}/scores", 200),
        ("GET", "other", 404),
        ("POST", "/v1/leads", 422),
    ]
    assert [one["request"] for one in lines] == ["crm-7", None, "crm-7"]
    assert lines[0]["caller"] == key.key_id
    assert lines[0]["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert lines[2]["bytes"] > 0
    assert "anna" not in out.out + out.err
    assert text not in out.out


def test_a_request_without_an_id_is_given_one(service: Service) -> None:
    ids = [service.ask("GET", "/readyz").headers["x-request-id"] for _ in range(2)]
    assert len(set(ids)) == 2


def test_the_log_can_be_left_to_a_proxy(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "LEADSCORE_ACCESS_LOG", "off")
    service.ask("GET", "/v1/model")
    assert capsys.readouterr().out == ""
