"""Everything bad of the book, at every way in: the right words for that item, its neighbour kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.ledger import Ledger
from tests.made.edge import Service

WAYS = ("score", "leads", "events", "outcomes")
GOOD = {
    "score": '{"lead_id": "good", "fields": {"company_size": 40}, "events": []}',
    "leads": '{"lead_id": "good", "fields": {"company_size": 40}}',
    "events": '{"lead_id": "good", "kind": "demo_request", "occurred_at": "2026-03-01", "event_id": "g"}',
    "outcomes": '{"lead_id": "good", "stage": "mql", "occurred_at": "2026-03-01"}',
}
SAID = {
    "score": '{"lead_id": "b", "fields": {"company_size": %s}}',
    "leads": '{"lead_id": "b", "fields": {"company_size": %s}}',
    "events": '{"lead_id": "b", "kind": "x", "occurred_at": "2026-03-01", "value": %s}',
    "outcomes": '{"lead_id": "b", "stage": "x", "amount": %s}',
}
DATED = {
    "score": '{"lead_id": "b", "as_of": "%s"}',
    "leads": '{"lead_id": "b", "created_at": "%s"}',
    "events": '{"lead_id": "b", "kind": "x", "occurred_at": "%s"}',
    "outcomes": '{"lead_id": "b", "stage": "x", "occurred_at": "%s"}',
}
ID = '{"lead_id": %s, "kind": "x", "stage": "x", "occurred_at": "2026-03-01"}'
ITEMS = {
    "NaN": (SAID, "NaN", "is no finite number"),
    "infinity": (SAID, "-Infinity", "is no finite number"),
    "beyond every float": (SAID, "1e999", "is no finite number"),
    "400 digits": (SAID, "9" * 400, "is no finite number"),
    "a list as a value": (SAID, "[1]", ""),
    "an object as a value": (SAID, '{"a": 1}', ""),
    "year 1": (DATED, "0001-01-01", "1900"),
    "year 9999": (DATED, "9999-12-31T23:59:59Z", "1900"),
    "no zone": (DATED, "2026-01-01T00:00:00 Mars/Olympus", "1900"),
    "a zone of 99 hours": (DATED, "2026-01-01T00:00:00+99:00", "1900"),
    "a list": (dict.fromkeys(WAYS, "%s"), "[1]", "is not a JSON object"),
    "a number": (dict.fromkeys(WAYS, "%s"), "7", "is not a JSON object"),
    "an id that is an object": (dict.fromkeys(WAYS, '{"lead_id": %s}'), '{"a": 1}', "valid string"),
    "no id": (dict.fromkeys(WAYS, '{"lead_id": %s}'), '""', ""),
    "a repeated key": (dict.fromkeys(WAYS, '{"lead_id": "a", "lead_id": %s}'), '"b"', "stands there twice"),
}  # fmt: skip


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(Ledger.made(tmp_path / "ledger.sqlite"))
    yield made
    made.close()


def told(answer: dict[str, Any]) -> tuple[str, str]:
    """Status and first problem of one item's answer."""
    problems = answer["problems"] if "problems" in answer else (answer.get("error") or {}).get("problems", [])
    assert all(one["field"] and one["problem"] and one["remedy"] for one in problems)
    return answer["status"], problems[0]["problem"] if problems else ""


def items_of(answer: Any) -> list[dict[str, Any]]:
    found = answer["items"] if isinstance(answer, dict) and "items" in answer else answer
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("case", ITEMS)
@pytest.mark.parametrize("way", WAYS)
def test_a_bad_item_is_told_alone(service: Service, way: str, case: str) -> None:
    shapes, value, words = ITEMS[case]
    bad = shapes[way] % value
    single = service.ask("POST", f"/v1/{way}", content=bad if bad[0] != "[" else f"[{bad}]")
    assert single.status_code == (200 if bad[0] == "[" else 422)
    several = service.ask("POST", f"/v1/{way}", content=f"[{bad},{GOOD[way]},{bad}]")
    assert several.status_code == 200
    answers = [told(one) for one in items_of(several.json())]
    assert [status for status, _ in answers[::2]] == ["error" if way == "score" else "refused"] * 2
    assert answers[1][0] in ("uncalibrated", "stored")
    assert all(problem and words in problem for _, problem in answers[::2])
    assert all(problem and words in problem for _, problem in [told(items_of(single.json())[0])])
    assert service.desk.ledger is not None
    counts = service.desk.ledger.counts()
    kept = {"score": "scores", "leads": "leads"}.get(way, way)
    assert counts[kept] == 1, "the good one, and nothing of the bad ones"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "text", ["", '{"lead_id": ', "[" * 100_000, "\x00", "{'lead_id': 1}", "[1,]", "\ufeff"]
)
def test_what_is_no_json_is_refused_whole(service: Service, way: str, text: str) -> None:
    answer = service.ask("POST", f"/v1/{way}", content=text.encode())
    assert (answer.status_code, answer.json()["problems"][0]["field"]) == (400, "body")


@pytest.mark.parametrize("way", WAYS)
def test_ten_megabytes_and_a_thousand_and_one_items_are_refused_whole(service: Service, way: str) -> None:
    large = service.ask("POST", f"/v1/{way}", content=b" " * 10_000_001)
    many = service.ask("POST", f"/v1/{way}", content=f"[{','.join([GOOD[way]] * 1001)}]")
    assert (large.status_code, many.status_code) == (413, 413)


def test_emoji_are_kept_as_they_are_and_a_null_byte_is_kept_nowhere(service: Service) -> None:
    sent = {"lead_id": "😀", "fields": {"industry": "🏭"}}
    assert service.ask("POST", "/v1/leads", json=sent).json()["stored"] == 1
    score = service.ask("POST", "/v1/score", json={"lead_id": "😀"}).json()
    assert (score["lead_id"], score["status"]) == ("😀", "uncalibrated")
    for way in ("leads", "events", "outcomes"):
        answer = service.ask(
            "POST", f"/v1/{way}", content=ID % '"a\\u0000"' if way != "leads" else '{"lead_id": "a\\u0000"}'
        )
        assert answer.status_code == 422
    whole = service.ask("POST", "/v1/score", content='{"lead_id": "a\\u0000", "fields": {}}').json()
    assert whole["status"] == "uncalibrated"
    assert any("not kept" in warning for warning in whole["warnings"]), "it is answered, and said"


def test_a_lead_with_a_hundred_thousand_events_is_answered(service: Service) -> None:
    event = '{"kind":"demo_request","occurred_at":"2026-03-01T10:00:00Z"}'
    body = f'{{"lead_id":"b","fields":{{}},"events":[{",".join([event] * 100_000)}]}}'
    answer = service.ask("POST", "/v1/score", content=body)
    assert (answer.status_code, answer.json()["status"]) == (200, "uncalibrated")
