"""`retrain --if-needed` from cron: trained where it pays, decided by the gate, once for the same data."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from features.errors import LeadscoreError
from features.recipe import load_recipe
from leadscore.command import main
from serving.answer import open_ladder
from tests.made.company import RECIPE, small_company
from training.history.history import read_history
from training.run import retrain as module_retrain
from training.run.gain import gain_of_refit


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path)
    (tmp_path / "recipe.toml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


def called(*words: object) -> Result:
    return CliRunner().invoke(main, ["retrain", *[str(word) for word in words], "--json"])


def test_without_a_model_it_is_trained_and_decided_and_the_second_time_nothing_is_done(company: Path) -> None:
    first = called(company / "recipe.toml", "--if-needed")
    assert first.exit_code in (0, 1), first.output
    done = json.loads(first.stdout)
    assert "no model answers" in done["why"]
    assert (done["outcome"] == "promoted") == (first.exit_code == 0)
    again = called(company / "recipe.toml", "--if-needed")
    assert again.exit_code == 0
    told = json.loads(again.stdout)
    assert (told["outcome"], told["data_hash"]) == ("not_needed", done["data_hash"])
    assert "nothing is new" in told["why"][0]


def test_two_at_once_do_not_run(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(company))
    monkeypatch.setattr("tempfile.tempdir", None)
    recipe = load_recipe(company / "recipe.toml")
    with pytest.raises(LeadscoreError, match="no such file"):
        module_retrain(recipe, company / "nowhere", open_ladder(recipe))
    lock = next(company.glob("leadscore-retrain-*.lock"))
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = called(company / "recipe.toml")
    assert second.exit_code == 2
    assert "is being trained by another process" in second.stderr


def test_what_newer_rows_are_worth_is_measured_and_not_before_they_can_be(company: Path) -> None:
    recipe = load_recipe(company / "recipe.toml")
    history = read_history(recipe, company)
    early = gain_of_refit(history, history.end_us)
    assert early.gain is None
    assert "nothing newer can be judged before 2025-02-" in early.words
    began = int(np.quantile(history.labelled.frame["as_of_us"], 0.25))
    found = gain_of_refit(history, began)
    assert found.ends is not None
    assert found.gain is not None
    assert found.ends[0] <= found.gain <= found.ends[1]
    assert -0.05 < found.gain < 0.05
