"""`leadscore plan` on a company's own tables: every open lead once, owners as the playbook says."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from data import simulate
from leadscore.command import main

AS_OF = "2025-09-02T09:12"
OWNERS = """
[[owner]]
name = "Anna"
per_day = 4
[[owner]]
name = "Bob"
left = 2025-09-01
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, 400, 3)
    return folder


def run(company: Path, *words: str, code: int = 0) -> str:
    found = CliRunner().invoke(main, ["plan", str(company / "recipe.toml"), *words], catch_exceptions=False)
    assert found.exit_code == code, found.output
    return found.stdout if code == 0 else found.output


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")


def test_every_open_lead_is_planned_once_and_the_files_say_what_the_object_says(company, tmp_path):
    book = tmp_path / "playbook.toml"
    book.write_text('country = "FR"\n' + OWNERS)
    page, table = tmp_path / "today.html", tmp_path / "plan.csv"
    words = ["--playbook", str(book), "--as-of", AS_OF]
    told = json.loads(run(company, *words, "--json", "--html", str(page), "--csv", str(table)))
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["lead_id"] for row in rows] == [lead["lead_id"] for lead in told["leads"]]
    assert len({row["lead_id"] for row in rows}) == len(rows) > 50
    assert dict(Counter(row["action"] for row in rows)) == told["counts"]
    assert {row["owner"] for row in rows} == {"Anna"}
    calls = [lead for lead in told["leads"] if lead["today"] and lead["what"] in ("call", "write", "book")]
    events = pd.read_parquet(company / "events.parquet").query("kind == 'call_attempt'")
    until = pd.Timestamp(AS_OF, tz="Europe/Paris")
    today = (events["occurred_at"] > until.normalize()) & (events["ingested_at"] <= until)
    planned = {lead["lead_id"] for lead in told["leads"]}
    made = planned & set(events.loc[today & (events["occurred_at"] <= until), "lead_id"])
    assert len(calls) == 4 - len(made) > 0
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "Tuesday 2 September 2025" in html
    assert all(lead["lead_id"] in html for lead in calls)
    assert any("not legal advice" in note for note in told["notes"])


def test_the_list_of_a_day_does_not_depend_on_the_day_it_is_asked_again(company):
    first, second = (run(company, "--as-of", AS_OF, "--json") for _ in range(2))
    assert first == second
    assert json.loads(first)["leads"][0]["owner"] is None


def test_a_playbook_to_start_from_is_printed_and_can_be_used(company, tmp_path):
    text = run(company, "--show")
    (tmp_path / "own.toml").write_text(text)
    run(company, "--playbook", str(tmp_path / "own.toml"), "--as-of", AS_OF)


def test_a_playbook_that_is_wrong_ends_with_its_lines_and_writes_nothing(company, tmp_path):
    book, page = tmp_path / "wrong.toml", tmp_path / "today.html"
    book.write_text('country = "ZZ"\n[routing]\nowner = "seller"\n')
    said = run(company, "--playbook", str(book), "--html", str(page), "--as-of", AS_OF, code=2)
    assert "wrong.toml, line 1" in said
    assert "wrong.toml, line 3" in said
    assert not page.exists()
