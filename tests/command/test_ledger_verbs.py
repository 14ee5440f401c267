"""`leadscore ledger`, and `--data ledger` in place of a folder."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from leadscore import main
from serving.artefact import load_artefact
from serving.ledger import Ledger, LedgerTables, Writer, import_tables
from tests.made.company import RECIPE, small_company
from training import train


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=300)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    return tmp_path


def leadscore(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_a_ledger_is_made_filled_and_read_instead_of_a_folder(company: Path) -> None:
    refused = leadscore("ledger", "import", "recipe.toml")
    assert refused.exit_code == 2
    assert "leadscore ledger init" in refused.stderr
    assert leadscore("ledger", "init").exit_code == 0
    first = leadscore("ledger", "import", "recipe.toml", "--json")
    assert first.exit_code == 0, first.stderr
    assert json.loads(first.stdout)["tables"][0]["new"] == 300
    again = leadscore("ledger", "import", "recipe.toml")
    assert again.stderr.splitlines()[-1].startswith("0 rows are new, 0 changed, ")
    assert json.loads(leadscore("ledger", "status", "--json").stdout)["rows"]["leads"] == 300
    outputs = [
        leadscore("open-leads", "recipe.toml", "-o", f"{name}.csv", "--data", place, "--as-of", "2024-12-01")
        for name, place in (("files", "."), ("ledger", "ledger"))
    ]
    assert [done.exit_code for done in outputs] == [0, 0], outputs[1].stderr
    files, kept = (pd.read_csv(company / f"{name}.csv", dtype=str) for name in ("files", "ledger"))
    assert list(kept.columns)[:2] == ["lead_id", "created_at"]
    pd.testing.assert_frame_equal(kept[files.columns], files)


def test_a_folder_that_is_called_ledger_is_still_a_folder(company: Path) -> None:
    done = leadscore("open-leads", "recipe.toml", "-o", "open.csv", "--data", "./ledger")
    assert done.exit_code == 2
    assert "leads.csv: no such file" in done.stderr


def test_rows_that_were_left_out_are_told_by_the_exit_code_and_no_value_is(company: Path) -> None:
    leadscore("ledger", "init")
    with (company / "events.csv").open("a") as events:
        events.write("secret-lead,never-ever,visit\n")
    done = leadscore("ledger", "import", "recipe.toml")
    assert done.exit_code == 3
    assert "1 left out" in done.stderr
    assert "secret" not in done.output
    assert "never-ever" not in done.output


def test_who_writes_is_named_to_a_second_writer(company: Path) -> None:
    leadscore("ledger", "init")
    ledger = Ledger.opened()
    with Writer(ledger):
        done = leadscore("ledger", "import", "recipe.toml")
        assert leadscore("ledger", "status").exit_code == 0
    ledger.close()
    assert done.exit_code == 2
    assert "one writer" in done.stderr


def test_a_ledger_of_a_newer_leadscore_is_refused(company: Path) -> None:
    leadscore("ledger", "init")
    connection = sqlite3.connect("ledger.sqlite")
    connection.execute("UPDATE alembic_version SET version_num = 'later'")
    connection.commit()
    connection.close()
    for words in (("ledger", "init"), ("ledger", "status"), ("inspect", "recipe.toml", "--data", "ledger")):
        done = leadscore(*words)
        assert done.exit_code == 2
        assert "newer than this leadscore" in done.stderr


@pytest.mark.slow
def test_a_model_of_the_ledger_is_the_model_of_the_files(tmp_path: Path) -> None:
    recipe = small_company(tmp_path, leads=2000)
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    with Writer(ledger) as writer:
        import_tables(writer, recipe, tmp_path)
    places = {"files": tmp_path, "kept": LedgerTables(ledger, tmp_path)}
    runs = {name: train(recipe, place, tracking=False, out=tmp_path / name) for name, place in places.items()}
    assert runs["kept"].verdict == runs["files"].verdict
    assert runs["kept"].comparison == runs["files"].comparison
    one, other = (Path(str(runs[name].artefact)) for name in places)
    manifests = [load_artefact(folder).manifest for folder in (one, other)]
    assert manifests[0].data_hash == manifests[1].data_hash
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    assert [n for n in names if (one / n).read_bytes() != (other / n).read_bytes()] == []
    ledger.close()
