"""From an empty folder to a model that answers, in a real browser without script; axe finds nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from tests.made.browser import Browser, browser, find_browser
from tests.made.company import small_company
from tests.serving.test_service_http import free_port

EXECUTABLE = find_browser()
NOBODY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
ROOT = Path(__file__).parents[2]
PATIENCE = 250.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium on this machine"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[str]:
    """The address of `leadscore serve` in an empty folder."""
    port, kept = free_port(), ("LEADSCORE_LEDGER", "LEADSCORE_JOBS", "LEADSCORE_MODEL", "MLFLOW_TRACKING_URI")
    environment = {k: v for k, v in os.environ.items() if k not in kept} | {"PYTHONPATH": str(ROOT)}
    log = (tmp_path / "log").open("w")
    service = subprocess.Popen(
        [sys.executable, "-m", "leadscore", "serve", "--port", str(port)],
        cwd=tmp_path, env=environment, stdout=log, stderr=log,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + PATIENCE
    while True:
        try:
            assert httpx.get(f"{url}/readyz").json()["ready"] is False
            break
        except httpx.TransportError:
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.5)
    yield url
    service.terminate()
    service.wait(60)
    log.close()


def violations(tab: Browser) -> object:
    """What axe finds on the page; nothing where it is not installed."""
    if find_spec("axe_playwright_python") is None:
        return []
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    tab.ask("Runtime.evaluate", expression=axe)
    what = "axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))"
    return tab.ask("Runtime.evaluate", expression=what, awaitPromise=True, returnByValue=True)["result"][
        "value"
    ]


def press(tab: Browser, button: str) -> None:
    """Press a button or follow a link, and wait until the work that it begins has ended."""
    before = tab.value("location.href + document.title")
    tab.value(f"document.querySelector({json.dumps(button)}).click()")
    until = time.monotonic() + PATIENCE
    while True:
        time.sleep(0.5)
        try:
            still = tab.value("document.readyState != 'complete' || !!document.querySelector('progress')")
            if not still and tab.value("location.href + document.title") != before:
                return
        except AssertionError:  # between two pages
            continue
        assert time.monotonic() < until


def test_from_an_empty_folder_to_a_model_that_answers(fresh: str, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    small_company(given, leads=400)
    assert EXECUTABLE
    with browser(EXECUTABLE, NOBODY) as tab:
        tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        tab.open(f"{fresh}/app", 400, 900)
        assert tab.value("location.pathname") == "/app/start"
        root = tab.ask("DOM.getDocument")["root"]["nodeId"]
        node = tab.ask("DOM.querySelector", nodeId=root, selector="input[type=file]")["nodeId"]
        paths = [str(given / name) for name in ("leads.csv", "events.csv", "outcomes.csv")]
        tab.ask("DOM.setFileInputFiles", nodeId=node, files=paths)
        press(tab, "form button.main")
        seen = [f"{fresh}/app/start", tab.value("location.href")]
        press(tab, 'button[value="train"]')
        seen.append(tab.value("location.href"))
        press(tab, 'a[href*="promote"]')
        press(tab, "form button.main")
        seen.append(tab.value("location.href"))
        assert tab.value("document.querySelectorAll('td').length") > 10  # the gate's words
        until = time.monotonic() + PATIENCE
        while not httpx.get(f"{fresh}/readyz").json()["ready"]:
            assert time.monotonic() < until
            time.sleep(1)
        tab.ask("Emulation.setScriptExecutionDisabled", value=False)
        for address in (*seen, f"{fresh}/app/champion", f"{fresh}/app/funnel", f"{fresh}/app/today"):
            tab.open(address, 400, 900)
            assert violations(tab) == [], address
            assert not tab.value("document.documentElement.scrollWidth > innerWidth"), address
            assert tab.complaints() == []
            assert all(one.startswith((fresh, "data:")) for one in tab.requests())
        tab.open(f"{fresh}/app/champion/report")
        assert tab.complaints() == []
    scored = httpx.post(f"{fresh}/v1/score", json={"lead_id": "a", "fields": {"size": 3}, "events": []})
    assert scored.json()["scored_by"]["rung"] != "rules"
