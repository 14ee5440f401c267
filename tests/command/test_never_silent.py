"""Nobody waits in the dark: a service says when it is ready and who answers; recording keeps turning."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from leadscore.terminal import bar, spinner
from serving.artefact.folder import artefact_id, save_artefact
from serving.edge.ready_line import address_of
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.service import ROOT, free_port
from training.store.tracking import quiet

PATIENCE = 90.0


class Terminal(io.StringIO):
    """A terminal that remembers what was shown on it."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("shown", [spinner, bar])
def test_a_step_that_hushes_its_libraries_keeps_turning(shown, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", screen)
    with shown("recording the run"), quiet():
        before = len(screen.getvalue())
        time.sleep(1.0)
        print("a library talks", file=sys.stderr)
        assert len(screen.getvalue()) > before
    assert "recording the run" in screen.getvalue()
    assert "a library talks" not in screen.getvalue()


@pytest.mark.slow
def test_serve_says_when_it_is_ready_where_and_who_answers(tmp_path: Path) -> None:
    save_artefact(
        tmp_path / "model", scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe())
    )
    (tmp_path / "model" / "model_0.txt").write_text("cut")
    port, log = free_port(), tmp_path / "log.txt"
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    words = ["serve", "--model", str(tmp_path / "model"), "--port", str(port)]
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "leadscore", *words], cwd=tmp_path, stdout=out, stderr=out,
            env={**os.environ, "PYTHONPATH": path}, start_new_session=True,
        )  # fmt: skip
    try:
        ready = f"Ready at http://127.0.0.1:{port}: 'acme' is answered by rules "
        until = time.monotonic() + PATIENCE
        while ready not in log.read_text() and time.monotonic() < until:
            time.sleep(0.2)
        text = log.read_text()
        assert ready + artefact_version(tmp_path / "model") in text
        assert (
            text.index("Loading")
            < text.index("Warning: the model cannot be loaded")
            < text.index("Starting: rules")
        )
        assert text.index("Starting: rules") < text.index(ready)
        said = httpx.get(f"http://127.0.0.1:{port}/readyz").json()
        assert "model_0.txt is changed" in said["warning"]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def artefact_version(folder: Path) -> str:
    """The id that the whole artefact had: what was changed since does not rename it."""
    save_artefact(
        folder.parent / "again", scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe())
    )
    return artefact_id(folder.parent / "again")


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::", "http://[::1]:80")],
)
def test_the_address_is_one_that_can_be_opened(host: str, address: str) -> None:
    assert address_of(host, 80) == address


def test_the_prompt_comes_back_without_a_last_look_through_all_that_was_loaded():
    """At its end Python collects garbage among all objects; those that are frozen are passed over."""
    code = (
        "import atexit, gc; atexit.register(lambda: print('frozen', gc.get_freeze_count() > 1000)); "
        "from leadscore import main; main(['status', '--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.endswith("frozen True\n"), done.stderr
