"""`leadscore watch` for a scheduler: exit codes, JSON, the page; of a ledger the result is kept there."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from leadscore.command import main
from serving.ledger import LeadSent, Ledger, OutcomeSent, ScoreGiven, Writer
from serving.ledger.sent import Sent
from serving.watched import last_noted
from tests.made.company import RECIPE, small_company

pytestmark = pytest.mark.slow


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


def test_what_a_ledger_alone_knows_is_said_by_name(company: Path) -> None:
    """Outcomes a year late, two champions in a week, a history that contradicts itself."""
    assert called("ledger", "init").exit_code == 0
    assert called("ledger", "import", company / "recipe.toml").exit_code == 0
    ledger = Ledger.opened()
    end = pd.Timestamp("2025-01-01", tz="UTC")
    leads = [f"late{at}" for at in range(30)]
    now = int(end.value // 1000)
    sent = list[Sent]()
    for at, lead in enumerate(leads):
        since = now - 20 * 86_400_000_000
        sent += [
            LeadSent("crm", lead, {"created_at": "2024-12-12", "industry": level}, since) for level in "ab"
        ]
        answer = ScoreGiven(lead, since + at, "model", "1" if at % 2 else "2", "hash", "{}")
        sent += [answer, OutcomeSent("crm", lead, "won", now - 500 * 86_400_000_000)]
    with Writer(ledger) as writer:
        writer.submit(sent).result(30)
    day = 86_400_000_000
    with ledger.transaction() as connection:  # as if all of it had come in its time
        for source, at in {"import": now - 300 * day, "crm": now - day}.items():
            connection.exec_driver_sql(f"UPDATE outcomes SET recorded_us = {at} WHERE source = '{source}'")
    ledger.close()
    result = called("watch", company / "recipe.toml", "--data", "ledger", "--as-of", "2025-01-01", "--json")
    notes = " ".join(json.loads(result.stdout)["notes"])
    assert "the history of 'industry' contradicts itself: 30 moments" in notes
    assert "outcomes come late: 30 of" in notes
    assert "several champions in the week of 2024-12-09: model 1, model 2" in notes
