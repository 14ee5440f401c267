"""A line reads more levels of a category than as a rule where that surely gains, and outcomes are many."""

from __future__ import annotations

import numpy as np
import pytest

from features import default_features
from serving.scorers.linear_columns import CategoryColumn
from tests.training.test_candidates import RECIPE, ROWS, company, converts
from training.choosing.bench import Bench
from training.fitting.encode import Reading
from training.fitting.fit import fit_model
from training.fitting.settings import LinearChoice, Settings, TreeChoice
from training.history.excerpt import Excerpt

TEXT = RECIPE.replace('a = { type = "number" }', 'a = { type = "category" }')
LEVELS = 150


def bench(strength: float, rows: int = ROWS) -> Bench:
    """Folds of rows whose log-odds a level of 150 moves by `strength`; a recipe that has two of them only."""
    rng = np.random.default_rng(4)
    code = rng.integers(0, LEVELS, ROWS)
    moved = strength * rng.normal(size=LEVELS)[code] + rng.normal(size=ROWS)
    names = np.array([f"level {number}" for number in code], dtype=object)
    recipe, labelled, all_rows = company(names, rng.normal(size=ROWS), converts(moved - 1), TEXT)
    return Bench.of(recipe, Excerpt.of(recipe, labelled, default_features(recipe), all_rows[:rows]))


@pytest.mark.parametrize(
    ("strength", "rows", "wide"), [(2.0, ROWS, True), (0.0, ROWS, False), (2.0, 600, False)]
)
def test_more_levels_are_read_where_they_surely_gain_and_outcomes_are_many(strength, rows, wide):
    assert bench(strength, rows).linears[0].candidate.linear.reading.wide == wide


def test_what_was_chosen_is_fitted_and_told():
    read = bench(2.0)
    for wide, most in ((False, 60), (True, LEVELS)):
        settings = Settings("linear", LinearChoice(3.0, Reading(wide=wide)), TreeChoice(1), 1.0)
        model = fit_model(read.excerpt, read.recipe.train, settings)
        columns = [one for one in model.encoder.columns if isinstance(one, CategoryColumn)]
        assert [len(one.levels) for one in columns] == [most]
        assert settings.as_dict().get("wide", False) == wide
