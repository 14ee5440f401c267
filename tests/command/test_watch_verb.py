"""`leadscore watch` for a scheduler: exit codes, JSON, the page; of a ledger the result is kept there."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from leadscore.command import main
from serving.ledger import Ledger
from serving.watched import last_noted
from tests.made.company import RECIPE, small_company


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "small"
    folder.mkdir()
    small_company(folder)
    (folder / "recipe.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADSCORE_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return folder


def called(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def silence(company: Path, kind: str) -> None:
    """No event of `kind` in the last month."""
    events = pd.read_csv(company / "events.csv")
    late = pd.to_datetime(events["occurred_at"], format="mixed", utc=True) >= "2024-12-02"
    events[~(late & (events["kind"] == kind))].to_csv(company / "events.csv", index=False)


def test_a_quiet_company_ends_with_0_and_a_kind_that_stopped_with_1(company: Path) -> None:
    quiet = called("watch", company / "recipe.toml", "--json")
    assert quiet.exit_code == 0, quiet.output
    found = json.loads(quiet.stdout)
    assert found["alarms"] == []
    assert len(found["looks"]) > 5
    silence(company, "visit")
    loud = called("watch", company / "recipe.toml", "--html", "watch.html")
    assert loud.exit_code == 1
    assert "events visit stopped: 0 rows where" in loud.stderr
    assert "events visit stopped" in Path("watch.html").read_text()


def test_what_cannot_be_watched_ends_with_2_and_says_what_to_do(company: Path) -> None:
    absent = called("watch", company / "nothing.toml")
    assert absent.exit_code == 2
    assert "no such recipe" in absent.stderr
    (company / "events.csv").unlink()
    assert called("watch", company / "recipe.toml").exit_code == 2


def test_a_ledger_is_watched_like_files_and_keeps_the_result(company: Path) -> None:
    silence(company, "visit")
    assert called("ledger", "init").exit_code == 0
    taken = called("ledger", "import", company / "recipe.toml", "--source", "crm")
    assert taken.exit_code == 0, taken.output
    result = called("watch", company / "recipe.toml", "--data", "ledger", "--json")
    assert result.exit_code == 1, result.output
    about = {alarm["about"] for alarm in json.loads(result.stdout)["alarms"]}
    assert "events visit" in about
    ledger = Ledger.opened()
    kept = last_noted(ledger, "watch", "small")
    ledger.close()
    assert kept is not None
    assert {alarm["about"] for alarm in kept.content["alarms"]} == about
