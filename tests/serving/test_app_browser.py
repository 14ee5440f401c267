"""The pages in a real browser: every screen, both languages, light and dark, narrow; nobody else is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.made import exports
from tests.made.browser import Browser, browser, find_browser
from tests.made.pages import pages, recipe_for
from tests.serving.test_app_pages import ended

EXECUTABLE = find_browser()
NOBODY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine"),
]
KINDS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "hubspot": (exports.hubspot, "en"),
    "salesforce": (exports.salesforce_french, "fr"),
    "spreadsheet": (exports.spreadsheet, "fr"),
}


@pytest.fixture(scope="module", params=KINDS)
def walked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Browser, str, list[str], str]]:
    """A browser in which a file was dropped without script, and each page that was seen on the way."""
    make, language = KINDS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    export = make(folder)
    assert EXECUTABLE
    with pages(folder, recipe_for(export)) as (url, _), browser(EXECUTABLE, NOBODY) as tab:
        tab.ask("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
        tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(f"{url}/app")
        choose(tab, export)
        seen = ["/app", pressed(tab, 'form[action="/app/uploads"] button.main')]
        seen.append(pressed(tab, "form button.main").removeprefix(url))
        with httpx.Client(base_url=url, timeout=60) as client:
            lead = re.search(r'href="(/app/jobs/[^"?]+/leads/\d+)', ended(client, seen[-1]))
        assert lead
        tab.ask("Emulation.setScriptExecutionDisabled", value=False)
        yield tab, url, [path.removeprefix(url) for path in (*seen, lead[1])], language


def choose(tab: Browser, *paths: Path) -> None:
    """Put files into the inputs of the page, as a person does."""
    root = tab.ask("DOM.getDocument")["root"]["nodeId"]
    for name, path in zip(("leads", "events"), paths, strict=False):
        node = tab.ask("DOM.querySelector", nodeId=root, selector=f"input[name={name}]")["nodeId"]
        tab.ask("DOM.setFileInputFiles", nodeId=node, files=[str(path)])


def pressed(tab: Browser, selector: str) -> str:
    """Press a button, and wait for the page that comes; its address."""
    tab.events.clear()
    tab.value(f"document.querySelector({json.dumps(selector)}).click()")
    while not any(event.get("method") == "Page.loadEventFired" for event in tab.events):
        tab.ask("Runtime.evaluate", expression="1")
    return str(tab.value("location.href"))


def test_a_file_is_dropped_matched_and_scored_without_script(
    walked: tuple[Browser, str, list[str], str],
) -> None:
    tab, url, paths, language = walked
    tab.open(url + paths[2])
    assert tab.value("document.documentElement.lang") == language
    assert tab.value("document.querySelectorAll('#list tbody tr').length") == 25
    drawn = tab.value("document.querySelectorAll('#spread rect').length")
    all_closed = tab.value("document.querySelectorAll('#list .badge').length") == 0  # as in the spreadsheet
    assert (drawn == 0) if all_closed else (drawn > 3)


def test_no_screen_asks_anybody_else_overflows_or_complains(
    walked: tuple[Browser, str, list[str], str],
) -> None:
    tab, url, paths, _ = walked
    for scheme in ("light", "dark"):
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        tab.ask("Emulation.setEmulatedMedia", features=feature)
        for path in paths:
            for width in (400, 1200):
                tab.open(url + path, width)
                assert tab.complaints() == [], (path, width)
                asked = [one for one in tab.requests() if not one.startswith((f"{url}/app", "data:"))]
                assert asked == [], path
                assert tab.value("document.documentElement.scrollWidth") <= width, (path, width)


def test_axe_finds_nothing_in_light_and_dark(walked: tuple[Browser, str, list[str], str]) -> None:
    if find_spec("axe_playwright_python") is None:
        pytest.skip("axe-playwright-python is not installed")
    tab, url, paths, _ = walked
    what = "axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))"
    wrong = []
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    for scheme in ("light", "dark"):
        feature = [{"name": "prefers-color-scheme", "value": scheme}]
        tab.ask("Emulation.setEmulatedMedia", features=feature)
        for path in [*paths, "/app/sign-in", f"{paths[3]}?event.days=x&field.none=1"]:
            tab.open(url + path)
            tab.ask("Runtime.evaluate", expression=axe)
            found = tab.ask("Runtime.evaluate", awaitPromise=True, returnByValue=True, expression=what)
            wrong += [(path, scheme, *one) for one in found["result"]["value"]]
    assert wrong == []


def test_a_file_that_is_too_large_is_said_in_a_sentence_and_not_sent(
    walked: tuple[Browser, str, list[str], str], tmp_path: Path
) -> None:
    tab, url, _, language = walked
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(2_000_000_000)  # takes no room
    tab.open(f"{url}/app")
    choose(tab, large)
    tab.value("document.querySelector('button.main').click()")
    words = tab.value("document.querySelector('[data-told]').textContent")
    assert ("500 Mo" if language == "fr" else "500 MB") in words
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(f"{url}/app")
    choose(tab, large)
    pressed(tab, 'form[action="/app/uploads"] button.main')
    body: Any = tab.value("document.body.innerText")
    tab.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert "leadscore score" in body


def test_a_what_if_is_sent_by_its_slider(walked: tuple[Browser, str, list[str], str]) -> None:
    tab, url, paths, _ = walked
    tab.open(url + paths[3])
    if not tab.value("document.querySelectorAll('input.slider').length"):
        return  # its numbers are ranges or amounts in words
    tab.events.clear()
    tab.value("(() => { const s = document.querySelector('input.slider'); s.value = s.max;"
              "s.dispatchEvent(new Event('input')); s.dispatchEvent(new Event('change')); })()")  # fmt: skip
    while not any(event.get("method") == "Page.loadEventFired" for event in tab.events):
        tab.ask("Runtime.evaluate", expression="1")
    assert tab.value("document.querySelector('#what-if [role=status]') !== null")
