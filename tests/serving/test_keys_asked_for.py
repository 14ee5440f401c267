"""Closed by default: who may ask what, with which key; how much, how often, how slowly."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from features import LeadscoreError
from features.clock import now_us
from serving.api.desk import Mount
from serving.api.problems import RequestProblem
from serving.edge import limits
from serving.edge.key_check import loopback, require_key
from serving.edge.limits import Bodies, Pace, too_often
from serving.edge.mounts import MOUNTS, Mounts
from serving.edge.own_pages import PAGES
from serving.ledger import ApiKeys, Ledger
from tests.made.edge import Service
from tests.made.service import GOOD, Server, free_port, started

LEAD = {"lead_id": "a", "fields": {}, "events": []}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


@pytest.fixture
def service(ledger: Ledger) -> Iterator[Service]:
    made = Service(ledger)
    yield made
    made.close()


def new(service: Service, *scopes: str, expires_us: int | None = None) -> str:
    """A key that the gate has seen."""
    assert service.desk.ledger is not None
    text, _ = ApiKeys(service.desk.ledger).new("crm", scopes, expires_us)
    service.entrance.key_check.look()
    return text


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def status(service: Service, key: str = "", path: str = "/v1/score") -> int:
    headers = bearer(key) if key else {}
    if path == "/v1/score":
        return service.ask("POST", path, json=LEAD, headers=headers).status_code
    return service.ask("GET", path, headers=headers).status_code


def test_before_the_first_key_this_machine_may_ask_and_nobody_else(service: Service) -> None:
    assert status(service) == 200
    service.client = "192.0.2.7"
    answer = service.ask("POST", "/v1/score", json=LEAD)
    assert answer.status_code == 403
    assert "leadscore keys new" in answer.json()["problems"][0]["remedy"]
    assert service.ask("GET", "/readyz").status_code == 200


def test_from_the_first_key_on_everybody_needs_one_also_when_it_is_revoked(service: Service) -> None:
    key = new(service, "score")
    assert status(service) == 401
    assert status(service, key) == 200
    service.client = "192.0.2.7"
    assert status(service, key) == 200
    assert service.desk.ledger is not None
    ApiKeys(service.desk.ledger).revoke(ApiKeys(service.desk.ledger).all()[0].key_id)
    service.entrance.key_check.look()
    assert status(service, key) == status(service) == 401


@pytest.mark.parametrize("way", ["bearer", "own", "basic"])
def test_a_key_is_shown_in_three_ways(service: Service, way: str) -> None:
    key = new(service, "score")
    shown = {
        "bearer": bearer(key),
        "own": {"X-API-Key": key},
        "basic": {"Authorization": "Basic " + base64.b64encode(f"any:{key}".encode()).decode()},
    }[way]
    assert service.ask("POST", "/v1/score", json=LEAD, headers=shown).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer lsk_0_0"},
        {"Authorization": "Basic !!"},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
        {"X-API-Key": "lsk__"},
        {"X-API-Key": "x" * 5000},
    ],
)
def test_what_is_no_key_opens_nothing_and_is_not_repeated(service: Service, headers: dict[str, str]) -> None:
    new(service, "admin")
    answer = service.ask("POST", "/v1/score", json=LEAD, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert RequestProblem.model_validate_json(answer.content).problems[0].field == "key"
    assert all(text.split()[-1] not in answer.text for text in headers.values() if text != "Bearer")


def test_every_endpoint_is_closed_but_health_and_each_scope_opens_its_own(service: Service) -> None:
    keys = {scope: new(service, scope) for scope in ("score", "write", "read", "admin")}
    asked = [mount for mount in MOUNTS if not mount.page]  # who has no key is asked for one there
    places = [(m.methods[0], m.path.replace("{lead_id:path}", "L1"), m.access) for m in asked]
    places += [("GET", path, access) for path, access in PAGES.items()]
    for method, path, access in places:
        if access == "open":
            continue
        assert service.ask(method, path).status_code == 401, path
        for scope, key in keys.items():
            closed = service.ask(method, path, headers=bearer(key)).status_code == 403
            assert closed == (access not in ("any", scope) and scope != "admin"), (path, scope)
    assert {path for path, access in PAGES.items() if access == "open"} == {"/livez", "/readyz", "/healthz"}


def test_several_keys_live_at_once_and_each_ends_by_itself(service: Service) -> None:
    first, second = new(service, "score"), new(service, "score")
    ending = new(service, "score", expires_us=now_us() + 50_000)
    assert [status(service, key) for key in (first, second)] == [200, 200]
    time.sleep(0.06)
    assert status(service, ending) == 401
    assert service.desk.ledger is not None
    ApiKeys(service.desk.ledger).revoke(first.split("_")[1])
    service.entrance.key_check.look()
    assert [status(service, key) for key in (first, second)] == [401, 200]


def test_keys_go_on_counting_while_the_ledger_is_gone(service: Service, tmp_path: Path) -> None:
    key = new(service, "score")
    assert service.desk.ledger is not None
    gone = tmp_path / "gone"
    (tmp_path / "ledger.sqlite").rename(gone)
    service.desk.ledger.close()
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(LeadscoreError):
        service.entrance.key_check.look()
    assert (status(service, key), status(service)) == (200, 401)


@pytest.mark.parametrize(
    ("origin", "host", "expected"),
    [
        ("https://evil.example", "localhost", 403),
        ("null", "localhost", 403),
        ("http://localhost", "localhost", 200),
        (None, "evil.example", 403),
        (None, "127.0.0.1:3000", 200),
        (None, "[::1]:3000", 200),
    ],
)
def test_no_web_page_asks_through_a_browser_on_this_machine(
    service: Service, origin: str | None, host: str, expected: int
) -> None:
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    assert service.ask("POST", "/v1/score", json=LEAD, headers=headers).status_code == expected


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("LOCALHOST", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.org", False), ("", False)],
)  # fmt: skip
def test_beyond_loopback_a_live_key_is_needed(ledger: Ledger, host: str, alone: bool) -> None:
    assert loopback(host) == alone
    for kept in (None, ledger):
        if alone:
            require_key(host, kept)
        else:
            with pytest.raises(LeadscoreError, match="there is no key"):
                require_key(host, kept)
    _, key = ApiKeys(ledger).new("crm", ["score"])
    require_key(host, ledger)
    ApiKeys(ledger).revoke(key.key_id)
    if not alone:
        with pytest.raises(LeadscoreError, match="there is no key"):
            require_key(host, ledger)


def test_a_body_too_large_is_refused_by_its_length_and_by_what_comes(service: Service) -> None:
    large = b"[" + b" " * 10_000_000 + b"]"

    async def parts() -> Any:
        for start in range(0, len(large), 1_000_000):
            yield large[start : start + 1_000_000]

    for content in (large, parts()):
        answer = service.ask("POST", "/v1/score", content=content)
        assert answer.status_code == 413
        assert answer.json()["problems"][0]["problem"] == "is larger than 10 MB"


def test_a_body_that_never_ends_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_BODY_SECONDS", 0.05)

    async def slow() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    with pytest.raises(limits.RefusedError) as told:
        asyncio.run(Bodies().whole({"headers": []}, slow, 1000))
    assert told.value.status == 408


def test_a_caller_that_comes_too_often_waits_and_others_do_not(ledger: Ledger) -> None:
    service = Service(ledger, rate=0.25)
    first, second = new(service, "score"), new(service, "score")
    assert [status(service, first) for _ in range(2)] == [200, 429]
    answer = service.ask("POST", "/v1/score", json=LEAD, headers=bearer(first))
    assert 1 <= int(answer.headers["retry-after"]) <= 4
    in_ms = service.ask("POST", "/v1/score?retry_after_unit=ms", json=LEAD, headers=bearer(first))
    assert 0 < int(in_ms.headers["retry-after"]) <= 4000
    assert status(service, second) == 200
    assert status(service, "", "/livez") == 404  # our own app has none: BentoML answers there
    service.close()


async def _answer(_: Request) -> Response:
    return Response()


@given(st.lists(st.floats(0, 3), max_size=60), st.floats(0.5, 50))
def test_over_any_time_no_more_requests_pass_than_the_rate_allows(gaps: list[float], rate: float) -> None:
    rates, now, passed = Pace(rate), 0.0, list[float]()
    for gap in gaps:
        now += gap
        wait = rates.wait("a", now)
        assert (wait == 0) or rates.wait("a", now) > 0
        if wait == 0:
            passed.append(now)
        else:
            assert 0 < wait <= 1 / rate + 1e-9
    for at, start in enumerate(passed):
        for many, end in enumerate(passed[at:], start=1):
            assert many <= max(1.0, 2 * rate) + (end - start) * rate + 1e-6


def test_retry_after_is_in_the_unit_of_the_endpoint() -> None:
    hubspot = Mount("/hooks", ("POST",), "open", _answer, retry_unit="ms")
    assert too_often(0.25, {}, hubspot).headers == {"Retry-After": "250"}
    assert too_often(0.25, {}, None).headers == {"Retry-After": "1"}


@pytest.mark.parametrize("text", ["-1", "many", "inf", "nan"])
def test_a_rate_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(limits.VARIABLE, text)
    with pytest.raises(LeadscoreError, match=limits.VARIABLE):
        Pace.from_environment()


def test_no_two_endpoints_are_the_same() -> None:
    places = [(mount.path, method) for mount in MOUNTS for method in mount.methods]
    assert len(places) == len(set(places)) == sum(len(mount.methods) for mount in MOUNTS)
    assert len(Mounts().routes) == len(MOUNTS)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A process that listens on every interface; its ledger holds keys."""
    folder = tmp_path_factory.mktemp("closed")
    ledger = Ledger.made(folder / "ledger.sqlite")
    text, _ = ApiKeys(ledger).new("first", ["score"])
    (folder / "key").write_text(text)
    port = free_port()
    code = f"from serving.edge.service import run; run('0.0.0.0', port={port})"
    yield from started(folder, [sys.executable, "-c", code], port)


@pytest.mark.slow
def test_a_running_service_follows_new_and_revoked_keys(closed: Server) -> None:
    ledger = Ledger.opened(closed.model.parent / "ledger.sqlite")
    first = (closed.model.parent / "key").read_text()
    text, key = ApiKeys(ledger).new("second", ["score"])

    def asked(shown: str, expected: int) -> httpx.Response:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            answer = httpx.post(f"{closed.url}/v1/score", json=GOOD, headers=bearer(shown))
            if answer.status_code == expected:
                return answer
            time.sleep(0.1)
        raise AssertionError(answer.text)

    assert asked(first, 200).json()["status"] == "scored"
    asked(text, 200)
    ApiKeys(ledger).revoke(key.key_id)
    asked(text, 401)
    asked(first, 200)
    assert httpx.get(f"{closed.url}/livez").status_code == 200
    assert httpx.post(f"{closed.url}/v1/score", json=GOOD).status_code == 401
    log = closed.log.read_text()
    assert first not in log
    assert text not in log


@pytest.mark.slow
def test_a_second_service_on_one_ledger_file_and_a_public_one_without_a_key_do_not_start(
    closed: Server, tmp_path: Path
) -> None:
    from serving.edge.service import run

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCORE_LEDGER", str(closed.model.parent / "ledger.sqlite"))
        patch.setenv("LEADSCORE_MODEL", str(closed.model))
        with pytest.raises(LeadscoreError, match="writes to this ledger"):
            run(port=free_port())
        patch.setenv("LEADSCORE_LEDGER", str(Ledger.made(tmp_path / "other.sqlite").path))
        with pytest.raises(LeadscoreError, match="there is no key"):
            run("0.0.0.0", port=free_port())


@pytest.mark.slow
def test_the_access_log_of_a_request_names_no_path_that_was_asked(closed: Server) -> None:
    httpx.get(f"{closed.url}/v1/anna.private@example.org?mail=anna.private@example.org")
    assert "anna.private" not in closed.log.read_text()


def test_json_of_a_problem_is_whole(service: Service) -> None:
    new(service, "score")
    said = json.loads(service.ask("GET", "/metrics").text)
    assert set(said) == {"type", "title", "status", "detail", "problems"}
