"""`retrain --if-needed` from cron: trained where it pays, decided by the gate, once for the same data."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from features.errors import LeadscoreError
from features.recipe import load_recipe
from leadscore.command import main
from serving.answer import open_ladder
from tests.made.company import RECIPE, small_company
from tests.training.test_split_by_lot import RECIPE as BY_LOT
from tests.training.test_split_by_lot import leads
from training.history.history import read_history
from training.run import retrain as module_retrain
from training.run.gain import RefitParts, gain_of_refit
from training.store import promote

pytestmark = pytest.mark.slow


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


def told(*words: object) -> tuple[str, str, int]:
    """Outcome, reasons and exit code of `retrain --if-needed`."""
    done = called(*words, "--if-needed")
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    return found["outcome"], "; ".join(found["why"]), done.exit_code


@pytest.mark.slow
def test_a_list_without_dates_is_trained_again_when_it_has_grown(company: Path) -> None:
    (company / "lot.toml").write_text('[recipe]\nname = "lot"\n' + BY_LOT.format(account=""))
    all_ = leads(5, 1500, sizes=1200)
    all_.iloc[:1200].to_csv(company / "list.csv", index=False)
    assert "no model answers" in told(company / "lot.toml")[1]
    promote(load_recipe(company / "lot.toml"), force=True, reason="test")
    all_.to_csv(company / "list.csv", index=False)
    why = told(company / "lot.toml")[1]
    assert "without dates nothing can be measured" in why
    assert told(company / "lot.toml")[::2] == ("not_needed", 0)


@pytest.mark.slow
def test_a_renamed_column_is_a_reason_to_train_and_no_obstacle(company: Path) -> None:
    assert told(company / "recipe.toml")[0] == "promoted"
    frame = pd.read_csv(company / "leads.csv").rename(columns={"industry": "branch"})
    frame.to_csv(company / "leads.csv", index=False)
    text = RECIPE.replace("industry = {", 'industry = { column = "branch",')
    assert text != RECIPE
    (company / "recipe.toml").write_text(text)
    _, why, exit_code = told(company / "recipe.toml")
    assert exit_code in (0, 1)
    assert "the champion's recipe no longer reads these tables" in why


def test_where_nothing_can_be_learned_it_is_tried_once(company: Path) -> None:
    outcomes = pd.read_csv(company / "outcomes.csv")
    outcomes.head(3).to_csv(company / "outcomes.csv", index=False)
    assert told(company / "recipe.toml")[::2] == ("refused", 1)
    outcome, why, exit_code = told(company / "recipe.toml")
    assert (outcome, exit_code) == ("not_needed", 0)
    assert "learned nothing" in why


def test_no_lead_is_judged_by_what_learned_from_it() -> None:
    rng = np.random.default_rng(6)
    as_of = rng.integers(0, 1000, 400)
    frame = pd.DataFrame(
        {"lead_id": rng.integers(0, 150, 400).astype(str), "as_of_us": as_of, "label_known_us": as_of + 20}
    )
    parts = RefitParts.of(frame, 300, 700)
    old, new, test = (set(frame["lead_id"].iloc[rows]) for rows in (parts.old, parts.new, parts.test))
    assert old <= new
    assert not test & new
    assert test == set(frame["lead_id"][as_of > 700]) - new
    assert len(test) > 5
