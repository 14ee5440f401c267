"""What a verb prints with --json is what its published schema says, all of it and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from leadscore import main
from leadscore.schemas import SCHEMAS, schema_of
from tests.made.company import RECIPE, small_company

AT = ("--as-of", "2024-12-01T00:00:00+00:00")
ID = 'created_at = "created_at"'


def leadscore(*words: str) -> Any:
    """What the verb prints, held against its schema."""
    done = CliRunner().invoke(main, [*words, "--json"])
    assert done.exit_code in (0, 1), done.stderr
    told = json.loads(done.stdout)
    verb = next(" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in SCHEMAS)
    assert not [error.message for error in Draft202012Validator(schema_of(verb)).iter_errors(told)]
    return told


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=60)
    recipe = RECIPE.replace(ID, f'{ID}\naccount_id = "industry"')
    (tmp_path / "recipe.toml").write_text(recipe, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert CliRunner().invoke(main, ["ledger", "init"]).exit_code == 0
    return tmp_path


def test_verbs_print_what_their_schema_says(company: Path) -> None:
    leadscore("ledger", "import", "recipe.toml")
    leadscore("ledger", "status")
    leadscore("ledger", "score", "--recipe", "recipe.toml", *AT)
    leadscore("open-leads", "recipe.toml", "-o", "open.csv", *AT)
    assert leadscore("accounts", "recipe.toml", *AT)["rows"]
    leadscore("explain-person", "lead-1")
    leadscore("ledger", "delete-person", "lead-1", "--yes")
    leadscore("ledger", "compact", "--keep", "scores=400")
    assert leadscore("ledger", "receipts")["retention"]
    key = leadscore("keys", "new", "agent", "--scope", "read")
    leadscore("keys", "list")
    leadscore("keys", "revoke", key["id"])
    assert leadscore("funnel", "recipe.toml")["all"]
    leadscore("jobs", "list")
    leadscore("status", "small")


def test_every_schema_is_one_of_a_verb_with_json() -> None:
    def verbs(command: click.Command, path: tuple[str, ...]) -> set[str]:
        if isinstance(command, click.Group):
            return set().union(*(verbs(one, (*path, name)) for name, one in command.commands.items()))
        return {" ".join(path)} if any(one.name == "as_json" for one in command.params) else set()

    assert set(SCHEMAS) <= verbs(main, ())
    for verb in SCHEMAS:
        Draft202012Validator.check_schema(schema_of(verb))
    assert set(CliRunner().invoke(main, ["schema"]).stdout.split("\n")) - {""} == set(SCHEMAS)
    assert json.loads(CliRunner().invoke(main, ["schema", "ledger", "status"]).stdout) == schema_of(
        "ledger status"
    )
    done = CliRunner().invoke(main, ["schema", "ledger", "statu"])
    assert done.exit_code == 2
    assert "ledger status" in done.stderr
