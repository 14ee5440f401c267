"""The way into the pages: a session for who shows a key, no form from elsewhere, two languages, no script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from features.clock import now_us
from serving.ledger import ApiKeys, Ledger
from serving.visit import key_of_session
from serving.visit.doors import inside
from serving.visit.session import HOURS, opened_session
from tests.made.edge import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    service = Service(ledger)
    yield service
    service.close()
    ledger.close()


def token_in(page: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def keyed(service: Service, *scopes: str) -> str:
    assert service.desk.ledger
    text, _ = ApiKeys(service.desk.ledger).new("Ann <b>", scopes)
    service.entrance.key_check.look()
    return text


async def signed_in(client: httpx.AsyncClient, key: str) -> httpx.Response:
    page = await client.get("/app/sign-in")
    return await client.post("/app/sign-in", data={"token": token_in(page.text), "key": key, "back": "/app"})


def test_without_keys_this_machine_is_let_in_and_no_other() -> None:
    service = Service()
    assert service.ask("GET", "/app").status_code == 200
    assert Service(client="10.0.0.9").ask("GET", "/app").status_code == 403


def test_a_key_opens_a_session_whose_cookie_no_script_and_no_other_site_can_use(service: Service) -> None:
    key = keyed(service, "score")
    assert service.ask("GET", "/app").headers["location"] == "/app/sign-in?back=/app"

    async def visit(client: httpx.AsyncClient) -> None:
        wrong = await signed_in(client, key + "x")
        assert wrong.status_code == 403
        assert not client.cookies
        right = await signed_in(client, key)
        cookie = right.headers["set-cookie"]
        assert (right.status_code, right.headers["location"]) == (303, "/app")
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/app"))
        assert key.split("_")[2] not in cookie
        page = await client.get("/app")
        assert page.status_code == 200
        assert "Ann &lt;b&gt;" in page.text
        refused = await client.post("/v1/score", json={"lead_id": "a"}, headers={"cookie": cookie})
        assert refused.status_code == 401  # a cookie opens pages alone
        out = await client.post("/app/sign-out", data={"token": token_in(page.text)})
        assert out.status_code == 303
        assert (await client.get("/app")).status_code == 303

    service.run(visit)


def test_a_revoked_key_ends_its_sessions(service: Service) -> None:
    key = keyed(service, "score")

    async def visit(client: httpx.AsyncClient) -> None:
        await signed_in(client, key)
        assert service.desk.ledger
        ApiKeys(service.desk.ledger).revoke(key.split("_")[1])
        service.entrance.key_check.look()
        assert (await client.get("/app")).status_code == 303

    service.run(visit)


def test_a_cookie_counts_until_its_end_and_not_when_a_letter_was_changed(service: Service) -> None:
    key = keyed(service, "score")
    ring, now = service.entrance.key_check.ring, now_us()
    cookie = opened_session(ring.keys[key.split("_")[1]], ring, now)
    end = now + HOURS * 3_600_000_000
    assert key_of_session(cookie, ring, end - 1)
    assert key_of_session(cookie, ring, end) is None
    for place in range(len(cookie)):
        other = "0" if cookie[place] != "0" else "1"
        assert key_of_session(cookie[:place] + other + cookie[place + 1 :], ring, now) is None


def test_a_form_without_its_token_or_from_another_site_does_nothing(service: Service) -> None:
    assert service.ask("POST", "/app/settings", data={"theme": "dark"}).status_code == 403

    async def visit(client: httpx.AsyncClient) -> None:
        token = token_in((await client.get("/app")).text)
        form = {"token": token, "theme": "dark", "back": "https://a.example"}
        foreign = await client.post("/app/settings", data=form, headers={"origin": "https://a.example"})
        assert foreign.status_code == 403
        ours = await client.post("/app/settings", data=form)
        assert ours.headers["location"] == "/app"
        assert 'data-theme="dark"' in (await client.get("/app")).text

    service.run(visit)


@pytest.mark.parametrize("path", ["//a.example", "/application", "/app\r\nX: 1", "https://a.io", "", None])
def test_nobody_is_led_elsewhere(path: str | None) -> None:
    assert inside(path) == "/app"


def test_the_language_is_the_browsers_until_a_person_chooses(service: Service) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        french = {"accept-language": "fr-CA,fr;q=0.9"}
        page = (await client.get("/app", headers=french)).text
        assert '<html lang="fr"' in page
        await client.post("/app/settings", data={"token": token_in(page), "language": "en"})
        assert '<html lang="en"' in (await client.get("/app", headers=french)).text

    service.run(visit)


def test_a_page_may_fetch_nothing_from_anybody_else_and_runs_no_script_in_it(service: Service) -> None:
    answer = service.ask("GET", "/app")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "://" not in answer.text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", answer.text)
    for path in re.findall(r'(?:href|src)="(/app/[^"]+)"', answer.text):
        assert service.ask("GET", path).status_code == 200
