"""One answer about every step: a champion for each milestone, nearer steps as probable as those behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import Recipe, parse_recipe
from serving import find_champion, open_ladder
from serving.answer import Opened
from serving.score import Score
from tests.made.company import RECIPE, small_company
from training import promote, train

pytestmark = [
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]
STEPS = """
[[milestone]]
name = "sql"
reached = ["sql"]

[[milestone]]
name = "won"
reached = ["won"]
after = ["sql"]
"""


def company(folder: Path) -> Recipe:
    """The small company; winners and some others were an SQL on their third day."""
    small_company(folder, leads=1500)
    leads, outcomes = (pd.read_csv(folder / f"{name}.csv") for name in ("leads", "outcomes"))
    steel = (leads["industry"] == "steel").to_numpy()
    some = np.random.default_rng(1).random(len(leads)) < np.where(steel, 0.5, 0.15)
    came = leads[some | leads["lead_id"].isin(outcomes["lead_id"])]
    at = pd.to_datetime(came["created_at"], format="mixed") + pd.Timedelta(3, "D")
    sql = pd.DataFrame({"lead_id": came["lead_id"], "stage": "sql", "occurred_at": at})
    pd.concat([sql, outcomes]).to_csv(folder / "outcomes.csv", index=False)
    return parse_recipe(RECIPE + STEPS)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        recipe = company(folder)
        for one in (recipe, recipe.of_milestone("sql"), recipe.of_milestone("won")):
            run = train(one, folder)
            assert promote(one, run.run_id, force=True, reason="a test").promoted
        champion = find_champion()  # the only one that is no milestone's
        assert champion is not None
        assert champion.name == "small"
        yield open_ladder()


def asked(opened: Opened, stage: str | None, size: float, industry: str) -> Score:
    fields = {"size": size, "industry": industry, "origin": "paid"}
    lead = opened.ladder.reader.read(
        lead_id="a", fields=fields, events=[], as_of_us=1_735_000_000_000_000,
        created_at="2024-12-20", stage=stage,
    )  # fmt: skip
    return opened.ladder.score([lead])[0]


@pytest.mark.slow
def test_each_step_is_answered_and_nearer_ones_are_as_probable(opened: Opened) -> None:
    for industry in ("steel", "retail"):
        for size in (3.0, 30.0, 300.0):
            score = asked(opened, None, size, industry)
            sql, won = score.milestones
            assert (sql.name, sql.state, won.name, won.state) == ("sql", "ahead", "won", "ahead")
            assert score.probability is not None
            assert sql.probability is not None
            assert won.probability == score.probability <= sql.probability
            assert sql.version == "1"


@pytest.mark.slow
def test_who_has_come_far_is_answered_by_the_model_of_those(opened: Opened) -> None:
    before, after = asked(opened, None, 20.0, "steel"), asked(opened, "SQL", 20.0, "steel")
    alone = asked(open_ladder(model="models:/small-won@champion"), "SQL", 20.0, "steel")
    assert [one.state for one in after.milestones] == ["reached", "ahead"]
    assert after.milestones[1].probability == after.probability == alone.probability
    assert after.probability != before.probability
    assert after.scored_by is not None
    assert after.scored_by.rung == "model"
    assert after.reasons_for


@pytest.mark.slow
def test_a_closed_lead_has_no_steps_and_a_step_without_champion_is_unknown(
    opened: Opened, tmp_path: Path
) -> None:
    assert asked(opened, "won", 20.0, "steel").milestones == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'none.db'}")
        alone = open_ladder(parse_recipe(RECIPE + STEPS))
    score = asked(alone, None, 20.0, "steel")
    assert [one.state for one in score.milestones] == ["unknown", "ahead"]
