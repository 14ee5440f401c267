"""The watch of a milestone looks at the leads that training asked about, at the same ages."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from features import Recipe, parse_recipe, read_tables
from features.clock import DAY_US
from features.snapshots import stages_at
from leadscore.command import main
from serving.answer import Ladder, Opened
from tests.made.company import RECIPE, small_company
from training.watch.answers import answers_of
from training.watch.periods import Periods

STEPS = """
[[milestone]]
name = "won"
reached = ["won"]
after = ["sql"]
"""
DAYS_TO_SQL = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company; every second lead is an SQL ten days after it came."""
    made = tmp_path_factory.mktemp("watched")
    small_company(made, leads=600)
    leads, outcomes = (pd.read_csv(made / f"{name}.csv") for name in ("leads", "outcomes"))
    came = leads[::2]
    at = pd.to_datetime(came["created_at"], format="mixed") + pd.Timedelta(DAYS_TO_SQL, "D")
    sql = pd.DataFrame({"lead_id": came["lead_id"], "stage": "sql", "occurred_at": at})
    pd.concat([sql, outcomes]).to_csv(made / "outcomes.csv", index=False)
    (made / "recipe.toml").write_text(RECIPE + STEPS, encoding="utf-8")
    return made


@pytest.fixture
def won() -> Recipe:
    return parse_recipe(RECIPE + STEPS).of_milestone("won")


def test_the_verb_watches_a_milestone_asked_of_some_leads(folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'none.db'}")
    words = ["watch", str(folder / "recipe.toml"), "--data", str(folder), "--milestone", "won", "--json"]
    told = CliRunner().invoke(main, words)
    assert told.exit_code in (0, 1), told.output
    assert json.loads(told.stdout)["name"] == "small-won"


def test_ages_count_from_when_the_lead_came_to_the_stage(folder: Path, won: Recipe) -> None:
    tables = read_tables(won, folder)
    periods = Periods.of(won, tables, tables.end_us, 30.0)
    answers = answers_of(periods, Opened(Ladder.by_rules(won), "rules"))
    created = periods.leads.set_index("lead_id")["created_us"].loc[list(answers.leads)].to_numpy(np.int64)
    assert len(answers.leads) > 100
    # the last of the recipe's ages, 5 days, after the tenth day
    assert set(answers.as_of_us - created) == {(DAYS_TO_SQL + 5) * DAY_US}
    assert not {int(lead.removeprefix("lead-")) % 2 for lead in answers.leads} - {0}


def test_the_stage_at_a_moment_is_the_last_that_was_known(folder: Path, won: Recipe) -> None:
    tables = read_tables(won, folder)
    rng = np.random.default_rng(2)
    leads = Periods.of(won, tables, tables.end_us, 30.0).leads.sample(frac=1, random_state=1)
    as_of = leads["created_us"].to_numpy(np.int64) + (rng.integers(0, 30, len(leads)) * DAY_US)
    outcomes = pd.read_csv(folder / "outcomes.csv")
    outcomes["us"] = (
        pd.to_datetime(outcomes["occurred_at"], format="mixed").astype("datetime64[us]").astype("int64")
    )
    by_lead = {str(lead): part.sort_values("us") for lead, part in outcomes.groupby("lead_id")}
    expected = []
    for lead, moment in zip(leads["lead_id"], as_of, strict=True):
        known = by_lead.get(lead, outcomes[:0])
        known = known[known["us"] <= moment]
        expected.append(known["stage"].iloc[-1] if len(known) else None)
    assert stages_at(tables, leads, as_of).tolist() == expected
    assert {None, "sql", "won"} == set(expected)
