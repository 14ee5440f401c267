"""When a column was known is told from names, dates, values and fill; innocents are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.discovery import discover
from features.leaks import LeakInput, judge_columns
from features.leaks.certain import implication
from features.leaks.evidence import lateness
from features.leaks.words import hint_of
from features.profiles import plain
from features.recipe.file import parse_recipe
from tests.made.leak_scores import leak_scores
from tests.made.leak_worlds import LeakWorld, make_leak_world


@pytest.mark.slow
@pytest.mark.parametrize("held", [False, True])
def test_nine_in_ten_of_the_kinds_are_named_and_at_most_one_innocent_a_table_is_dropped(held: bool) -> None:
    score = leak_scores(held=held)
    for kind, there in score.there.items():
        assert score.left_out[kind] + score.marked[kind] >= 0.9 * there, (kind, score.missed)
    assert max(len(names) for names in score.dropped) <= 1, score.dropped


@pytest.mark.slow
def test_under_names_that_say_nothing_certainty_and_missingness_are_what_is_left() -> None:
    score = leak_scores(held=True, speaking=False)
    assert score.left_out["other outcome"] == score.there["other outcome"]
    assert score.recall >= 0.45
    assert max(len(names) for names in score.dropped) <= 1, score.dropped


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> LeakWorld:
    return make_leak_world(3, tmp_path_factory.mktemp("world"), held=False)


def test_what_is_left_out_and_what_is_marked_says_why_in_the_recipe(world: LeakWorld) -> None:
    found = discover([world.file], folder=world.file.parent)
    recipe = parse_recipe(found.recipe_toml)
    used = {field.column or name: field for name, field in recipe.lead.fields.items()}
    assert world.leaks["duration"] not in used
    assert used[world.leaks["changes"]].known == "current"
    assert used[world.innocents["source"]].known == "creation"
    assert "# May be known only later: its name reads as a count of changes" in found.recipe_toml
    assert "# makes the outcome certain: where it is yes, 100% of" in found.recipe_toml
    when = found.as_dict()["when"]
    assert when[world.leaks["other outcome"]] == "written at the end"
    assert when[world.leaks["ratings"]] == "grows with the process"
    assert when[world.innocents["earlier date"]] == "at creation"


@given(st.integers(0, 10_000), st.floats(0.05, 0.5), st.integers(2, 30))
def test_a_category_that_knows_nothing_makes_nothing_certain(seed: int, rate: float, levels: int) -> None:
    rng = np.random.default_rng(seed)
    y = (rng.random(2000) < rate).astype(np.float64)
    column = rng.integers(0, levels, 2000).astype(str).astype(object)
    assert implication(column, y) is None
    assert implication(rng.normal(size=2000), y) is None


@given(st.integers(0, 1000), st.booleans())
def test_the_rarer_outcome_made_certain_is_found_on_either_side(seed: int, won_is_rare: bool) -> None:
    rng = np.random.default_rng(seed)
    y = (rng.random(3000) < (0.2 if won_is_rare else 0.8)).astype(np.float64)
    rare = y == (1.0 if won_is_rare else 0.0)
    column = np.where(rare & (rng.random(3000) < 0.2), "a", "b").astype(object)
    found = implication(column, y)
    assert found is not None
    assert (found.value, found.won, found.rate) == ("'a'", won_is_rare, 1.0)
    assert found.bound < 1


def test_a_plan_lies_as_far_ahead_for_the_newest_leads_and_what_happened_does_not() -> None:
    ahead = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        created = np.sort(rng.uniform(0, 400, 3000))
        gap = rng.gamma(3, 10, 3000)
        plan, happened = lateness(gap, created), lateness(np.minimum(gap, 401 - created), created)
        assert plan is not None
        assert happened is not None
        assert not happened.ahead
        ahead += plan.ahead
    assert ahead >= 39  # by chance one in a thousand plans looks like what happened


def test_a_deadline_is_a_field_and_no_calendar(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 300, 1500)), "D")
    frame = pd.DataFrame(
        {
            "Lead ID": [f"K-{n * 3}" for n in range(1500)],
            "Created": created.strftime("%Y-%m-%d %H:%M"),
            "Deadline": (created + pd.to_timedelta(rng.integers(3, 12, 1500), "D")).strftime("%Y-%m-%d"),
            "Title": rng.choice(["Mr", "Ms", "Dr"], 1500),
            "Size": rng.integers(1, 300, 1500),
            "Won": rng.choice(["yes", "no"], 1500, p=[0.3, 0.7]),
        }
    )
    frame.to_csv(tmp_path / "leads.csv", index=False)
    found = discover([tmp_path / "leads.csv"], folder=tmp_path)
    assert found.suspects == ()
    fields = parse_recipe(found.recipe_toml).lead.fields
    assert {"Deadline", "Title", "Size"} == {field.column or name for name, field in fields.items()}


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("Total Days Identified Through Closing", "written at the end"),
        ("Lost reason", "written at the end"),
        ("Motif de perte", "written at the end"),
        ("Verlustgrund", "written at the end"),
        ("Ratio Days Qualified To Total Days", "written at the end"),
        ("Numéro de contrat", "written at the end"),
        ("Last Notable Activity", "grows with the process"),
        ("Nombre de changements d'étape", "grows with the process"),
        ("Expected close date", "at creation"),
        ("Durée de contrat souhaitée", "at creation"),
        ("Gewünschte Laufzeit", "at creation"),
        ("Industry", None),
        ("Contract type", None),
        ("Credit score", None),
        ("Market share", None),
        ("Region code", None),
        ("Number of employees", None),
        ("Total visits", "grows with the process"),
    ],
)
def test_names_are_read_as_people_mean_them(name: str, when: str | None) -> None:
    hint = hint_of(plain(name))
    assert (hint.when if hint else None) == when


def test_a_column_filled_with_what_is_written_at_the_end_goes_with_it() -> None:
    rng = np.random.default_rng(5)
    y = (rng.random(2000) < 0.3).astype(np.float64)
    over = rng.random(2000) < 0.6
    columns = {
        "cause": np.where(over, np.where(y == 1, rng.choice(["a", "b"], 2000), "c"), None).astype(object),
        "clerk": np.where(over, rng.choice(["x", "y", "z"], 2000), None).astype(object),
        "size": rng.normal(size=2000),
    }
    names = {"cause": "lost reason", "clerk": "k3", "size": "size"}
    judged = {
        one.column: one for one in judge_columns(LeakInput(columns, names, y, np.arange(2000), dated=False))
    }
    assert judged["clerk"].kind == "filled with another"
    assert judged["size"].treatment == "used"


def test_days_until_the_outcome_are_recognised_under_any_name() -> None:
    rng = np.random.default_rng(6)
    y = (rng.random(2000) < 0.3).astype(np.float64)
    days = np.where(y == 1, rng.gamma(2, 20, 2000), np.nan)
    lasted = np.where(y == 1, np.round(days), np.round(rng.gamma(2, 20, 2000)))
    given_ = LeakInput({"k7": lasted}, {"k7": "k7"}, y, np.arange(2000), end_days=days)
    judged = judge_columns(given_)[0]
    assert (judged.treatment, judged.when) == ("left out", "written at the end")
    assert "follows the days until the outcome" in judged.reason
