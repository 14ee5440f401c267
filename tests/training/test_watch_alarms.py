"""A channel breaks in month 20 and a field is renamed in month 22: what is said, and when."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.recipe import Recipe, load_recipe
from serving.answer import Ladder, Opened
from tests.made.broken import broken_company
from training.watch import WatchResult, watch, watch_page

pytestmark = pytest.mark.slow

REAL = {"mix of origin", "events webinar_attended"}
"""What changes in the simulated world itself: webinars begin in month 10, social leads in month 13."""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return broken_company(tmp_path_factory.mktemp("broken"), 2500, 8)


@pytest.fixture(scope="module")
def recipe(company: Path) -> Recipe:
    return load_recipe(company / "recipe.toml")


def watched(company: Path, recipe: Recipe, day: str) -> WatchResult:
    opened = Opened(Ladder.by_rules(recipe), "rules")
    moment = int(pd.Timestamp(day, tz="UTC").value // 1000)
    return watch(recipe, company, opened, as_of_us=moment)


def about(found: WatchResult) -> set[str]:
    return {alarm.about for alarm in found.alarms}


@pytest.mark.parametrize("day", ["2024-08-01", "2025-06-01", "2025-08-01"])
def test_months_in_which_nothing_broke_are_quiet(company: Path, recipe: Recipe, day: str) -> None:
    found = watched(company, recipe, day)
    assert about(found) <= REAL
    assert len(found.looks) > 40
    words = [look.now for look in found.looks if look.about == "mix of newsletter"]
    assert words
    assert "yes " in words[0]
    assert "1.0" not in words[0]


def test_the_channel_is_named_a_month_after_it_broke_and_still_the_month_after(
    company: Path, recipe: Recipe
) -> None:
    for day in ("2025-09-01", "2025-10-01"):
        found = watched(company, recipe, day)
        alarm = next(one for one in found.alarms if one.about == "origin paid")
        assert "'paid' stopped: 0 where" in alarm.words
        assert "channel or form" in alarm.remedy


def test_the_renamed_field_is_named_with_its_new_name_and_what_to_do(company: Path, recipe: Recipe) -> None:
    found = watched(company, recipe, "2025-11-01")
    alarm = next(one for one in found.alarms if one.about == "filling of job_title")
    assert "filled no more" in alarm.words
    assert '[lead.fields.job_title] column = "title"' in alarm.remedy
    page = watch_page(found)
    assert "job_title is filled no more" in page
    assert "<script" not in page


def test_a_renamed_kind_and_a_renamed_stage_are_each_named_with_the_new_one(
    company: Path, recipe: Recipe, tmp_path: Path
) -> None:
    changed = {"events": ("kind", "call_attempt", "phone_call"), "outcomes": ("stage", "mql", "qualified")}
    for name in ("leads", "events", "outcomes"):
        frame = pd.read_parquet(company / f"{name}.parquet")
        if name in changed:
            column, old, new = changed[name]
            late = frame["occurred_at"] >= pd.Timestamp("2025-06-01", tz="UTC")
            frame.loc[late & (frame[column] == old), column] = new
        frame.to_parquet(tmp_path / f"{name}.parquet")
    found = watched(tmp_path, recipe, "2025-07-02")
    remedies = {alarm.about: alarm.remedy for alarm in found.alarms}
    assert "'phone_call'" in remedies["events call_attempt"]
    assert "'qualified'" in remedies["stage mql"]


def test_a_hole_in_time_is_named_and_is_no_part_of_what_is_compared_with(
    company: Path, recipe: Recipe, tmp_path: Path
) -> None:
    start, end = (pd.Timestamp(day, tz="UTC") for day in ("2025-03-01", "2025-04-10"))
    for name, column in {"leads": "created_at", "events": "occurred_at", "outcomes": "occurred_at"}.items():
        frame = pd.read_parquet(company / f"{name}.parquet")
        gone = (frame[column] >= start) & (frame[column] < end)
        frame[~gone].to_parquet(tmp_path / f"{name}.parquet")
    found = watched(tmp_path, recipe, "2025-07-02")
    assert any("hole in time: nothing came from 2025-03-01 to 2025-04-10" in note for note in found.notes)
    assert about(found) <= REAL


def test_a_company_that_is_too_young_is_told_so(company: Path, recipe: Recipe) -> None:
    found = watched(company, recipe, "2024-03-01")
    assert not found.looks
    assert "too young to watch" in found.notes[0]
