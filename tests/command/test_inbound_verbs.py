"""`leadscore inbound` and `leadscore pull` as an administrator calls them, against a local HubSpot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.made import inbound
from tests.made.vendor_api import hubspot_journal, serving
from tests.serving.test_pull_journal import ENTRIES

ROOT = Path(__file__).parents[2]


def leadscore(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    for name in ("LEADSCORE_LEDGER", "LEADSCORE_SENDERS"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "leadscore", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recipe.toml").write_text(inbound.RECIPE)
    return tmp_path


@pytest.mark.slow
def test_a_journal_is_pulled_and_said_in_numbers(folder: Path) -> None:
    assert leadscore(folder, "ledger", "init").returncode == 0
    with serving(hubspot_journal(ENTRIES)) as api:
        keys = {
            "HUBSPOT_CLIENT_ID": "id",
            "HUBSPOT_CLIENT_SECRET": "secret",
            "LEADSCORE_HUBSPOT_API": api.url,
        }
        words = ("pull", "hubspot", "recipe.toml", "--portal", "62515")
        done = leadscore(folder, *words, **keys)
        assert done.returncode == 0, done.stderr
        assert "5 entries with 15 changes: 15 rows stored, 0 known, 0 left out" in done.stderr
        again = leadscore(folder, *words, "--json", **keys)
        found: dict[str, Any] = json.loads(again.stdout)
        assert (found["entries"], found["position"]) == (0, "062515-0004")
        refused = leadscore(folder, *words, **(keys | {"HUBSPOT_CLIENT_SECRET": "hunter2"}))
        assert refused.returncode == 2
        assert "gives no token" in refused.stderr
        assert "hunter2" not in refused.stderr
    unset = leadscore(folder, *words, HUBSPOT_CLIENT_ID="")
    assert unset.returncode == 2
    assert "HUBSPOT_CLIENT_ID is not set" in unset.stderr


def test_a_body_is_tried_without_a_value_and_without_a_row(folder: Path) -> None:
    (folder / "body.json").write_text(json.dumps(inbound.golden("hubspot")[1]["body"]))
    found = leadscore(folder, "inbound", "try", "hubspot", "recipe.toml", "body.json")
    assert found.returncode == 0
    assert "Email, Job Title, Number of Employees, Create Date" in found.stdout
    assert "acme.example" not in found.stdout + found.stderr
    assert not (folder / "ledger.sqlite").exists()
    (folder / "body.json").write_text('[{"subscriptionType": "contact.creation", "occurredAt": "soon"}, 3]')
    wrong = leadscore(folder, "inbound", "try", "hubspot", "recipe.toml", "body.json")
    assert wrong.returncode == 3
    assert "item 1 occurredAt: is no date" in wrong.stderr
    assert "item 2: is not an object" in wrong.stderr


@pytest.mark.slow
def test_a_mapping_of_ones_own_begins_with_the_vendors(folder: Path) -> None:
    shown = leadscore(folder, "inbound", "show", "marketo")
    own = folder / "own.toml"
    own.write_text(shown.stdout.replace('emailAddress = "email"', 'Mail = "email"'))
    (folder / "body.json").write_text(
        '{"lead_id": "1", "Mail": "a@b.example", "occurred_at": "2025-01-01T10:00Z"}'
    )
    words = ("inbound", "try", "marketo", "recipe.toml", "body.json", "--mapping", "own.toml")
    assert "Email" in leadscore(folder, *words).stdout
    own.write_text(shown.stdout.replace("[proof]", "[prof]"))
    wrong = leadscore(folder, *words)
    assert wrong.returncode == 2
    assert "own.toml: prof: is not known. Did you mean 'proof'?" in wrong.stderr
