"""Everything is done by Tab, Enter, Space and the arrow keys, with and without script; the focus is seen."""

from __future__ import annotations

import re
import time
from pathlib import Path

import httpx
import pytest

from tests.made import exports
from tests.made.browser import Browser, browser, find_browser
from tests.made.company import small_company
from tests.made.keyboard import Keyboard
from tests.made.pages import pages, recipe_for
from tests.serving.test_app_pages import ended
from tests.serving.test_desk_browser import NOBODY, fresh

__all__ = ["fresh"]
EXECUTABLE = find_browser()
PATIENCE = 250.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine"),
    pytest.mark.timeout(900),
]


@pytest.mark.parametrize("script", [True, False])
def test_a_file_is_dropped_matched_read_and_taken_away(tmp_path: Path, script: bool) -> None:
    export = exports.hubspot(tmp_path)
    taken = tmp_path / "taken"
    assert EXECUTABLE
    with pages(tmp_path, recipe_for(export)) as (url, _), browser(EXECUTABLE, NOBODY) as tab:
        tab.ask("Emulation.setScriptExecutionDisabled", value=not script)
        tab.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(taken))
        keys = Keyboard(tab)
        tab.open(f"{url}/app")
        keys.choose("input[name=leads]", [export])
        keys.follow('form[action="/app/uploads"] button.main')
        keys.to("main select")
        before = tab.value("document.activeElement.selectedIndex")
        keys.press("ArrowDown")
        assert tab.value("document.activeElement.selectedIndex") != before
        keys.press("ArrowUp")
        job = keys.follow("form button.main", "Space")
        with httpx.Client(base_url=url, timeout=60) as client:
            assert re.search(r"/leads/\d+", ended(client, job.removeprefix(url)))
        tab.open(job)
        keys.follow('a[href*="/leads/"]')
        assert "/leads/" in tab.value("location.pathname")
        keys.follow("#what-if button")
        tab.open(job)
        keys.to("select[name=form]")
        keys.press("ArrowDown")
        assert tab.value("document.activeElement.value") == "csv"
        keys.to('form[action$="/download"] button.main')
        keys.press("Enter")
        until = time.monotonic() + 60
        while not (found := [one for one in taken.glob("*.csv") if one.stat().st_size]):
            assert time.monotonic() < until
            tab.ask("Runtime.evaluate", expression="1")
            time.sleep(0.2)
        assert "ls_probability" in found[0].read_text(encoding="utf-8").splitlines()[0]
        assert keys.unseen == []


def test_from_an_empty_folder_to_a_model_that_answers_by_keys(fresh: str, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    small_company(given, leads=400)
    files = [given / name for name in ("leads.csv", "events.csv", "outcomes.csv")]
    assert EXECUTABLE
    with browser(EXECUTABLE, NOBODY) as tab:
        keys = Keyboard(tab)
        tab.open(f"{fresh}/app")
        keys.choose("input[type=file]", files)
        keys.follow("form button.main")
        done(tab)
        keys.follow('button[value="train"]', "Space")
        done(tab)
        keys.follow('a[href*="promote"]')
        keys.follow("form button.main")
        done(tab)
        until = time.monotonic() + PATIENCE
        while not httpx.get(f"{fresh}/readyz").json()["ready"]:
            assert time.monotonic() < until
            time.sleep(1)
        tab.open(f"{fresh}/app/champion")
        keys.follow('a[href="/app/champion/report"]')
        assert tab.value("document.querySelectorAll('section').length") > 6
        assert keys.unseen == []


def done(tab: Browser) -> None:
    """Wait until the work whose page is open has ended; the page renews itself."""
    until = time.monotonic() + PATIENCE
    while True:
        time.sleep(0.5)
        try:
            if tab.value("document.readyState == 'complete' && !document.querySelector('progress')"):
                return
        except AssertionError:  # between two pages
            continue
        assert time.monotonic() < until
