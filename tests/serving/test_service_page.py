"""What the service says about itself: a page that asks nobody for anything, a true API document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from serving.answer.ladder import Ladder
from serving.answer.opening import Opened
from serving.api.documents import api_document
from serving.api.envelope import LeadRequest
from serving.api.flat import ScoreAnswer
from serving.edge.front_page import front_page
from tests.made import scorers
from tests.made.browser import Browser, browser, find_browser
from tests.serving.test_service_http import GOOD, MISSPELT, Server, ask, server

__all__ = ["server"]  # the fixture: a real process on a real port

EXECUTABLE = find_browser()
NOBODY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Links(HTMLParser):
    """Everything in a page that a browser could follow or fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.found += [
            (tag, value or "") for name, value in attrs if name in ("href", "src", "action", "srcset")
        ]


def test_the_page_says_who_answers_and_how_to_ask(server: Server) -> None:
    answer = httpx.get(f"{server.url}/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    for words in (
        "acme",
        "model",
        "POST /v1/score",
        "docs.json",
        "30 days",
        f"curl -s {server.url.removeprefix('http://')}/v1/score",
    ):
        assert words in answer.text


def test_nothing_in_the_page_names_another_host(server: Server) -> None:
    answer = httpx.get(f"{server.url}/")
    links = Links(answer.text)
    assert links.tags.isdisjoint({"script", "img", "iframe", "object", "embed", "base", "form"})
    assert not re.search(r"https?:|//|@import|url\(", answer.text.replace("<!DOCTYPE html>", ""))
    for tag, target in links.found:
        assert tag in ("a", "link")
        assert target == "data:," or httpx.get(f"{server.url}/{target}").status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for path in ("static_content/swagger-ui.css", "static_content/index.html", "static_content"):
        assert httpx.get(f"{server.url}/{path}").status_code == 404


def test_a_hostile_name_or_warning_does_not_run() -> None:
    recipe = scorers.recipe()
    odd = recipe.model_copy(
        update={"recipe": recipe.recipe.model_copy(update={"name": "<script>alert(1)</script>"})}
    )
    page = front_page(
        Opened(Ladder.by_rules(odd), "here", warning="<img src=x onerror=alert(2)>"), "<script>"
    )
    assert Links(page).tags.isdisjoint({"script", "img"})


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    assert EXECUTABLE is not None
    with browser(EXECUTABLE, NOBODY) as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.skipif(
    EXECUTABLE is None, reason="no Chromium or Chrome on this machine: the page was not rendered"
)
@pytest.mark.parametrize("width", [1100, 400])
def test_in_a_browser_it_asks_nobody_else_for_anything(server: Server, tab: Browser, width: int) -> None:
    tab.open(f"{server.url}/", width)
    tab.value("new Promise(done => setTimeout(done, 500))")
    assert tab.requests() == [f"{server.url}/", "data:,"] or tab.requests() == [f"{server.url}/"]
    assert tab.complaints() == []
    assert tab.value("performance.getEntriesByType('resource').length") == 0
    assert tab.value("document.querySelector('h1').textContent") == "leadscore: acme"
    assert tab.value("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_api_document_describes_question_and_answer(server: Server) -> None:
    document = httpx.get(f"{server.url}/docs.json").json()
    assert document == json.loads(json.dumps(api_document(scorers.recipe())))
    post = document["paths"]["/v1/score"]["post"]
    assert set(post["responses"]) == {"200", "400", "413", "422"}
    schemas = document["components"]["schemas"]
    assert set(schemas["LeadRequest"]["properties"]) == set(LeadRequest.model_fields)
    assert set(schemas["ScoreAnswer"]["properties"]) == set(ScoreAnswer.model_fields)
    assert set(schemas["LeadRequest"]["properties"]["fields"]["properties"]) == set(
        scorers.recipe().lead.fields
    )
    for reference in re.findall(r'"\$ref": "([^"]*)"', json.dumps(document)):
        where: Any = document
        for step in reference.removeprefix("#/").split("/"):
            where = where[step]


def test_what_the_document_says_of_answers_is_so(server: Server) -> None:
    document = httpx.get(f"{server.url}/docs.json").json()
    schemas = document["components"]["schemas"]
    for body in (GOOD, MISSPELT, {**GOOD, "events": None}):
        answer = ask(server, body)
        documented = document["paths"]["/v1/score"]["post"]["responses"]
        assert str(answer.status_code) in documented
        assert set(answer.json()) == set(schemas["ScoreAnswer"]["properties"])
        assert set(schemas["ScoreAnswer"]["required"]) <= set(answer.json())
        assert answer.json()["status"] in schemas["ScoreAnswer"]["properties"]["status"]["enum"]
        assert (
            set(schemas["LeadRequest"]["required"]) <= set(body) <= set(schemas["LeadRequest"]["properties"])
        )
    for path, verbs in document["paths"].items():
        if "get" in verbs:
            assert httpx.get(server.url + path).status_code == 200
