"""The leads that a ledger knows are scored as an export of them is, and the scores are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from leadscore import main
from serving.ledger import LeadSent, Ledger, Writer, scores_of
from tests.made.company import RECIPE, small_company

AS_OF = "2024-12-01T00:00:00+00:00"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=300)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert leadscore("ledger", "init").exit_code == 0
    assert leadscore("ledger", "import", "recipe.toml").exit_code == 0
    return tmp_path


def leadscore(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_every_open_lead_is_scored_as_in_an_export(company: Path) -> None:
    done = leadscore("score", "--data", "ledger", "--recipe", "recipe.toml", "--as-of", AS_OF, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    out = ("-o", "open.csv", "--events", "open_events.csv")
    assert leadscore("open-leads", "recipe.toml", *out, "--as-of", AS_OF).exit_code == 0
    scored = leadscore(
        "score", "open.csv", "-o", "scored.csv", "--events", "open_events.csv", "--recipe", "recipe.toml",
        "--as-of", AS_OF,
    )  # fmt: skip
    assert scored.exit_code == 0, scored.stderr
    import pandas as pd

    rows = pd.read_csv(company / "scored.csv").set_index("lead_id")
    assert told["scored"] == len(rows) > 50
    assert told["closed"] > 0
    ledger = Ledger.opened()
    for lead in rows.index[:20]:
        (kept,) = scores_of(ledger, lead)
        answer = json.loads(kept.answer)
        assert answer["score"] == rows.loc[lead, "ls_score"]
        assert answer["grade"] == rows.loc[lead, "ls_grade"]
        assert kept.features is not None


def test_a_lead_that_cannot_be_read_spoils_no_other(company: Path) -> None:
    with Writer(Ledger.opened()) as writer:
        writer.submit(
            [LeadSent("crm", "broken", {"created_at": "2024-01-05", "size": "many"}, 1_700_000_000_000_000)]
        )
    done = leadscore("ledger", "score", "--recipe", "recipe.toml", "--as-of", AS_OF)
    assert done.exit_code == 3
    assert "size: " in done.stdout
    assert "many" not in done.stdout
    assert "1 not scored" in done.stderr
