"""`leadscore conversions`: written once, kept in sent.json, nothing on a dry run."""

from __future__ import annotations

import json

import pandas as pd
from click.testing import CliRunner

from leadscore.command import main
from serving.ledger import Ledger
from tests.vendors.ads import AD_SERVERS, ADDRESS, ENVIRONMENT

RECIPE = """
[recipe]
horizon_days = 30
[tables]
leads = "leads.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[outcomes]
amount = "amount"
"""


def company(folder):
    """Twenty leads of one day, ten of them customers a week later."""
    leads = pd.DataFrame({"lead_id": [f"l{n}" for n in range(20)], "created_at": "2025-11-01T08:00:00Z"})
    leads["gclid"] = [f"click-{n}" for n in range(20)]
    won = pd.DataFrame({"lead_id": [f"l{n}" for n in range(10)], "stage": "won", "occurred_at": "2025-11-08"})
    leads.to_csv(folder / "leads.csv", index=False)
    pd.concat(
        [
            won.assign(amount=100.0),
            pd.DataFrame([("l19", "lost", "2026-01-10", None)], columns=[*won, "amount"]),
        ]
    ).to_csv(folder / "outcomes.csv", index=False)
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")


def called(folder, *words):
    fixed = ["--consent", "granted", "--as-of", "2025-12-01"]
    command = ["conversions", "google", str(folder / "recipe.toml"), "-o", str(folder / "up"), *fixed, *words]
    return CliRunner().invoke(main, command)


def test_an_upload_is_written_once_and_a_dry_run_writes_nothing(tmp_path):
    company(tmp_path)
    dry = called(tmp_path, "--currency", "EUR", "--dry-run", "--json")
    assert dry.exit_code == 0, dry.output
    assert json.loads(dry.stdout)["counts"]["new"] == 10
    assert not (tmp_path / "up").exists()
    first = called(tmp_path, "--currency", "EUR")
    assert first.exit_code == 0, first.output
    files = sorted(path.name for path in (tmp_path / "up").iterdir())
    assert files == ["google-20251201T000000-gclid.csv", "sent.json"]
    assert (tmp_path / "up" / files[0]).read_text(encoding="utf-8").count("click-") == 10
    again = json.loads(called(tmp_path, "--currency", "EUR", "--json").stdout)
    assert again["counts"] == {
        "new": 0,
        "known already": 10,
        "changed or withdrawn": 0,
        "too late to change": 0,
    }
    assert sorted(path.name for path in (tmp_path / "up").iterdir()) == files


def test_amounts_without_a_currency_are_refused(tmp_path):
    company(tmp_path)
    result = called(tmp_path)
    assert result.exit_code == 2
    assert "--currency" in result.output


def test_nothing_is_sent_unless_it_is_said_then_once_and_files_know_of_it(tmp_path, monkeypatch):
    company(tmp_path)
    monkeypatch.setenv("LEADSCORE_LEDGER", str(tmp_path / "ledger.sqlite"))
    Ledger.made()
    named = ["--currency", "EUR", "--name", "customer", "22", "--name", "sql", "11"]
    fixed = ["--consent", "granted", "--as-of", "2025-12-01", *named]
    with AD_SERVERS["google"](poison=["click-3"]) as server:
        for name, text in (ENVIRONMENT["google"] | {ADDRESS["google"]: server.url}).items():
            monkeypatch.setenv(name, text)

        def sent(*words):
            return CliRunner().invoke(
                main, ["conversions", "google", str(tmp_path / "recipe.toml"), *fixed, *words]
            )

        for words in ((), ("--send", "--dry-run")):
            assert sent(*words).exit_code == 0
            assert server.requests == []
        assert "Would send 10" in sent("--send", "--dry-run").stderr
        first = sent("--send", "--json")
        assert first.exit_code == 3, first.output
        assert json.loads(first.stdout)["sent"] == 9
        assert "INVALID_CLICK_ID" in first.stderr
        server.poison.clear()
        assert sent("--send").exit_code == 0
        assert sorted(one["adIdentifiers"]["gclid"] for one in server.counted.values()) == [
            f"click-{n}" for n in range(10)
        ]
        assert json.loads(sent("--json").stdout)["counts"]["known already"] == 10
        assert "nothing new" in called(tmp_path, "--currency", "EUR").stderr
    for name in ENVIRONMENT["google"]:
        monkeypatch.delenv(name)
    result = sent("--send")
    assert result.exit_code == 2
    assert "GOOGLE_ADS_CUSTOMER_ID" in result.output
