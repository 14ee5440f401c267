"""What the service says about itself: a page that asks nobody for anything, a true API document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from serving.answer.ladder import Ladder
from serving.answer.opening import Opened
from serving.edge.front_page import front_page
from tests.made import scorers
from tests.made.browser import Browser, browser, find_browser
from tests.made.service import Server

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


@pytest.mark.slow
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
