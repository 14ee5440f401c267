"""The service over a real socket: a real process, real requests, and the same answers as everywhere else."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from features.clock.instants import parse_moment
from features.language import Language
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.artefact.folder import artefact_id, load_artefact
from serving.wire.flat import answer_text
from tests.made.service import AS_OF, GOOD, MISSPELT, Server, free_port, started

UNREADABLE: dict[str, Any] = {**GOOD, "lead_id": "c", "fields": {"company_size": "private-value"}}


def ask(server: Server, body: Any, **how: Any) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/score", json=body, timeout=30, **how)


def test_one_lead_is_answered_by_one_score(server: Server) -> None:
    answer = ask(server, GOOD)
    assert answer.status_code == 200
    score = answer.json()
    assert (score["lead_id"], score["status"]) == ("a", "scored")
    assert 0 < score["probability"] < 1
    assert score["scored_by"] == {
        "rung": "model",
        "version": artefact_id(server.model),
        "name": "acme",
        "segment": None,
    }


def test_http_gives_what_python_gives(server: Server) -> None:
    ladder = Ladder.of(load_artefact(server.model))
    items = [GOOD, MISSPELT, UNREADABLE, {**GOOD, "events": None}, {**GOOD, "stage": "won"}, {}, 5]
    expected = score_items(ladder, items, parse_moment(AS_OF, "UTC"))
    assert ask(server, items).json() == [json.loads(answer_text(score)) for score in expected]


@pytest.mark.parametrize(("accepted", "language"), [("fr-CA, en;q=0.5", "fr"), ("de", "en"), (None, "en")])
def test_reasons_are_told_in_the_language_that_is_asked_for(
    server: Server, accepted: str | None, language: Language
) -> None:
    headers = {"accept-language": accepted} if accepted else {"accept-language": ""}
    answer = ask(server, GOOD, headers=headers)
    assert (answer.headers["content-language"], answer.headers["vary"]) == (language, "Accept-Language")
    (expected,) = score_items(Ladder.of(load_artefact(server.model)).told_in(language), [GOOD], 0)
    assert answer.json() == json.loads(answer_text(expected))
    assert answer.json()["language"] == language
    assert expected.reasons_for
    assert answer.json()["reason_1_text"] == expected.reasons_for[0].text


def test_one_bad_lead_never_spoils_its_neighbours(server: Server) -> None:
    answer = ask(server, [GOOD, MISSPELT, GOOD])
    assert answer.status_code == 200
    first, second, third = answer.json()
    assert first == third == ask(server, GOOD).json()
    assert second["status"] == "error"
    (problem,) = second["error"]["problems"]
    assert problem["field"] == "company_sise"
    assert "company_size" in problem["remedy"]


def test_a_single_bad_lead_is_a_422_with_the_same_body(server: Server) -> None:
    answer = ask(server, MISSPELT)
    assert answer.status_code == 422
    assert answer.json() == ask(server, [MISSPELT]).json()[0]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"fields": {}}, "lead_id"),
        ({**GOOD, "event": []}, "event"),
        ({**GOOD, "as_of": "yesterday"}, "as_of"),
        ({**GOOD, "events": [{"kind": "demo_request"}]}, "events[0]"),
        ({**GOOD, "fields": []}, "fields"),
        ("a lead", "lead"),
        (None, "lead"),
    ],
)
def test_what_is_wrong_is_named(server: Server, item: Any, field: str) -> None:
    (score,) = ask(server, [item]).json()
    assert score["status"] == "error"
    assert field in {problem["field"] for problem in score["error"]["problems"]}


@pytest.mark.parametrize("content", [b"", b"not json", b'{"lead_id": "a"', b"\xff\xfe"])
def test_a_body_that_is_not_json_is_a_400(server: Server, content: bytes) -> None:
    answer = httpx.post(f"{server.url}/v1/score", content=content)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"][0]["problem"] == "is not JSON"


def test_no_leads_give_no_scores_and_too_many_are_refused(server: Server) -> None:
    assert ask(server, []).json() == []
    assert ask(server, [5] * 1_001).status_code == 413


def test_many_leads_keep_their_order(server: Server) -> None:
    items = [{**GOOD, "lead_id": str(number), "fields": {"company_size": number}} for number in range(60)]
    scores = ask(server, items).json()
    assert [score["lead_id"] for score in scores] == [str(number) for number in range(60)]
    assert scores[17] == ask(server, items[17]).json()


def test_without_events_the_answer_warns(server: Server) -> None:
    score = ask(server, {key: GOOD[key] for key in ("lead_id", "created_at", "fields", "as_of")}).json()
    assert score["status"] == "scored"
    assert "events were not given" in score["warnings"][0]


def test_without_as_of_the_clock_is_taken(server: Server) -> None:
    score = ask(server, {"lead_id": "a", "fields": {}, "events": []}).json()
    assert abs(parse_moment(score["as_of"], "UTC") - time.time() * 1e6) < 60e6


def test_request_ids_are_echoed(server: Server) -> None:
    answer = ask(server, GOOD, headers={"X-Request-ID": "crm-42"})
    assert answer.headers["x-request-id"] == "crm-42"
    assert httpx.get(f"{server.url}/readyz", headers={"X-Request-ID": "7"}).headers["x-request-id"] == "7"


def test_readyz_says_who_would_answer(server: Server) -> None:
    ready = httpx.get(f"{server.url}/readyz").json()
    since = parse_moment(ready.pop("since"), "UTC")
    assert since <= time.time() * 1e6 < since + 600e6
    assert ready == {
        "ready": True,
        "ledger_away": None,
        "rung": "model",
        "version": artefact_id(server.model),
        "name": "acme",
        "warning": None,
        "pending": None,
    }
    assert httpx.get(f"{server.url}/livez").status_code == 200
    described = httpx.get(f"{server.url}/v1/model").json()
    assert described["fields"]["company_size"] == "number"
    assert described["event_kinds"] == ["demo_request", "page_view", "unsubscribe"]


@pytest.mark.slow
def test_no_personal_value_is_in_the_log_or_in_an_error(server: Server) -> None:
    bodies = [ask(server, [GOOD, MISSPELT, UNREADABLE]).text]
    bodies.append(ask(server, {**GOOD, "created_at": "private-value"}).text)
    bodies.append(ask(server, {**GOOD, "jane.private": 1, "events": ["private-value"]}).text)
    log = server.log.read_text()
    for text in ("private-value", "jane.private@acme.io"):
        assert text not in log
        assert all(text not in body for body in bodies)


@pytest.mark.slow
def test_bentoml_s_own_command_serves_the_same_on_the_loopback_interface(tmp_path: Path) -> None:
    port = free_port()
    command = [str(Path(sys.executable).parent / "bentoml"), "serve", "serving.edge.service:LeadScore"]
    for server in started(tmp_path, [*command, "--port", str(port)], port):
        assert ask(server, GOOD).json()["status"] == "scored"
        listening = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=False).stdout
        assert f"0.0.0.0:{port}" not in listening
