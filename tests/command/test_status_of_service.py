"""`leadscore status` asks the service that runs: the one whose ledger is here, or the one at --url."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadscore import main
from serving.artefact.folder import artefact_id
from serving.ledger import Ledger
from tests.made.service import Server, free_port, started
from tests.training.test_promotion_moves import pytestmark as quiet

pytestmark = quiet


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Server]:
    Ledger.made(tmp_path / "ledger.sqlite").close()
    port = free_port()
    code = f"from serving.edge import run; run(port={port})"
    yield from started(tmp_path, [sys.executable, "-c", code], port)


@pytest.mark.slow
def test_the_service_that_runs_here_is_asked_and_so_is_the_one_at_an_address(
    service: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    runner, version = CliRunner(), artefact_id(service.model)
    told = runner.invoke(main, ["status", "acme", "--json"])
    running = json.loads(told.stdout)["running"]
    assert (running["url"], running["problem"]) == (service.url, None)
    assert (running["said"]["rung"], running["said"]["version"]) == ("model", version)
    assert f"The service at {service.url} answers 'acme' by model {version}" in told.stderr
    there = json.loads(runner.invoke(main, ["status", "acme", "--url", f"{service.url}/", "--json"]).stdout)
    assert there["running"] == running
    service.stop()
    gone = runner.invoke(main, ["status", "acme", "--url", service.url])
    assert gone.exit_code == 0
    assert "cannot be reached (ConnectError)" in gone.stderr
    assert "running" not in json.loads(runner.invoke(main, ["status", "acme", "--json"]).stdout)


def test_what_is_no_leadscore_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    told = CliRunner().invoke(main, ["status", "acme", "--url", "no address"])
    assert (told.exit_code, told.exception) == (0, None)
    assert "The service at no address cannot be reached" in told.stderr
