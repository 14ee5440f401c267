"""A search keeps to its budget, goes on where it ended, and gives what it has when interrupted."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from features import LeadscoreError, Recipe
from tests.made.company import small_company
from training.choosing.bench import Bench
from training.choosing.choose import Budget, choose_settings
from training.choosing.search import SEARCHED, search
from training.fitting.boosting import offered
from training.history.history import read_history
from training.history.split import forward_split


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Bench]:
    folder = tmp_path_factory.mktemp("company")
    recipe = small_company(folder, leads=1200)
    history = read_history(recipe, folder)
    split = forward_split(recipe, history.labelled.frame)
    return recipe, Bench.of(recipe, history.excerpt(split.fit))


def searched(bench: Bench, seconds: float, file: Path | None = None, heard: list[str] | None = None):
    say = heard.append if heard is not None else None
    return search(bench, seconds, start=None, name="leads", file=file, say=say)


def test_a_search_keeps_to_its_budget_and_tells_how_far_it_is(company):
    _, bench = company
    heard: list[str] = []
    began = time.monotonic()
    found = searched(bench, 1.0, heard=heard)
    assert time.monotonic() - began < 6
    assert set(found) == set(SEARCHED)
    assert heard
    assert all("lowest log loss" in words for words in heard)


def test_a_search_goes_on_where_it_ended(company, tmp_path):
    _, bench = company
    file = tmp_path / "study.db"
    first: list[str] = []
    second: list[str] = []
    searched(bench, 0.5, file, first)
    searched(bench, 0.5, file, second)
    assert f"trial {len(first) + 1}," in second[0]


def test_the_first_trial_is_the_plan_of_the_recipe(company):
    recipe, bench = company
    found = searched(bench, 0.01)
    usual = {"feature_fraction": offered(recipe.train, len(bench.tree_features))}
    assert found == {name: getattr(recipe.train, name) for name in SEARCHED} | usual


def test_an_interrupted_search_gives_its_best_so_far(company):
    _, bench = company

    def stop(words: str) -> None:
        if "trial 2," in words:
            raise KeyboardInterrupt

    assert set(search(bench, 60.0, start=None, name="leads", file=None, say=stop)) == set(SEARCHED)


def test_a_file_that_cannot_hold_a_search_is_named(company, tmp_path):
    _, bench = company
    with pytest.raises(LeadscoreError, match=r"study\.db: cannot hold a search"):
        searched(bench, 0.1, tmp_path / "absent" / "study.db")


def test_what_was_found_is_used_only_where_it_is_better_on_the_folds(company):
    recipe, bench = company
    rows = np.unique(np.concatenate([np.r_[older, newer] for older, newer in bench.folds]))
    plain = choose_settings(recipe, bench.excerpt.on(rows))
    found = choose_settings(recipe, bench.excerpt.on(rows), Budget(1.0))
    assert min(found.losses.values()) <= min(plain.losses.values())
    assert found.trees.plan(recipe.train) == recipe.train.model_copy(update=found.trees.booster)


def test_no_folds_no_search(company):
    recipe, bench = company
    found = choose_settings(recipe, bench.excerpt.on(np.arange(10)), Budget(60.0))
    assert (found.kind, found.folds) == ("blend", 0)
    assert {one.kind for one in found.members} == {"linear", "bayes"}
