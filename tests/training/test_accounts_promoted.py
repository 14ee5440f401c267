"""A model that counts an account's other leads can be trained and judged, and is never served."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features import LeadscoreError, Recipe, parse_recipe
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
def test_it_is_judged_but_neither_promoted_nor_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    recipe = with_accounts(tmp_path)
    run = train(recipe, tmp_path, out=tmp_path / "out")
    assert {"model", "rules"} <= {row.scorer for row in run.comparison}
    for force in (False, True):
        decision = promote(recipe, force=force, reason="we want it")
        assert not decision.promoted
        assert "the account's other leads (account_leads_ever" in decision.refusals[0]
    assert status(recipe.name).champion is None
    with pytest.raises(LeadscoreError, match="counts the account's other leads") as caught:
        open_ladder(model=tmp_path / "out" / "served")
    assert "accounts = false" in caught.value.remedy
