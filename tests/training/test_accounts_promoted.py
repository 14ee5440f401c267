"""A model that counts an account's other leads is promoted if that surely saves something."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features import Recipe, parse_recipe
from serving import open_ladder
from tests.made.company import RECIPE, small_company
from training import promote, status, train

# mlflow 3.17 warns of its own coming changes
pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]


def with_accounts(folder: Path) -> Recipe:
    """The small company, three leads an account."""
    small_company(folder, leads=1000)
    leads = pd.read_csv(folder / "leads.csv")
    leads.assign(account=leads.index % 333).to_csv(folder / "leads.csv", index=False)
    account = RECIPE.replace('created_at = "created_at"', 'created_at = "created_at"\naccount_id = "account"')
    return parse_recipe(f"{account}\n[features]\naccounts = true\n")


@pytest.mark.slow
def test_it_is_promoted_where_it_surely_saves_something_and_opened_without_a_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    recipe = with_accounts(tmp_path)
    run = train(recipe, tmp_path)
    assert run.evidence is not None
    assert run.evidence.accounts_gain is not None
    gain, low, high = run.evidence.accounts_gain
    assert low <= gain <= high
    assert low <= 0  # accounts are drawn by lot here: their other leads tell nothing
    # what the training says is what the promotion does, and why
    assert run.verdict == "refuse"
    assert "not surely any" in run.summary.reasons[0]
    decision = promote(recipe)
    assert not decision.promoted
    assert "not surely any: train with [features] accounts = false" in decision.refusals[0]
    assert status(recipe.name).champion is None
    opened = open_ladder(model=f"models:/{recipe.name}/1")
    lead = opened.ladder.reader.read(
        lead_id="a", fields={"account": "7"}, events=[], as_of_us=1_735_000_000_000_000,
        created_at="2024-12-20",
    )  # fmt: skip
    (score,) = opened.ladder.score([lead])
    assert score.scored_by is not None
    assert score.scored_by.rung == "rules"
    assert any("with a ledger it is asked" in words for words in score.warnings)
