"""Newer rows count for more where that helps on newer rows still, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features import default_features
from features.columns import Columns
from tests.training.test_candidates import ROWS, company, converts
from training.choosing.choose import choose_settings
from training.figures.newton import fit_logistic
from training.fitting.fit import fit_model
from training.fitting.recency import HALF_LIFE, recency
from training.fitting.settings import LinearChoice, Settings, TreeChoice
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled


def test_a_row_that_counts_twice_is_a_row_given_twice():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 3))
    y = (rng.random(400) < 0.3).astype(float)
    times = rng.integers(1, 4, 400)
    again = np.repeat(np.arange(400), times)
    bias, weights = fit_logistic(X, y, 5.0, importance=times.astype(float))
    other_bias, other = fit_logistic(X[again], y[again], 5.0)
    assert np.r_[bias, weights] == pytest.approx(np.r_[other_bias, other], abs=1e-4)


def test_weights_halve_over_the_half_life_whatever_the_order_of_rows():
    moments = np.array([0, 100, 50], dtype=np.int64)
    frame = pd.DataFrame({"lead_id": list("abc"), "account_id": None, "as_of_us": moments, "label": 0.0})
    excerpt = Excerpt(Labelled(frame, {}), (), np.arange(3))
    weight = recency(excerpt, 0.5)
    assert weight is not None
    assert weight.mean() == pytest.approx(1)
    assert weight[1] == pytest.approx(2 * weight[2]) == pytest.approx(4 * weight[0])
    assert recency(excerpt, None) is None


def test_a_world_that_turned_is_learned_from_its_newer_half():
    a, b = np.random.default_rng(2).normal(size=(2, ROWS))
    turn = np.where(np.arange(ROWS) < ROWS // 3, -1.0, 1.0)
    recipe, labelled, rows = company(a, b, converts(turn * 2 * a + b / 2 - 1))
    found = choose_settings(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows))
    assert found.half_life == HALF_LIFE


def test_a_world_that_stays_is_learned_from_all_of_it():
    a, b = np.random.default_rng(3).normal(size=(2, ROWS))
    recipe, labelled, rows = company(a, b, converts(a + b / 2 - 1))
    assert (
        choose_settings(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows)).half_life
        is None
    )


@pytest.mark.parametrize("kind", ["linear", "offset", "trees", "stacked"])
def test_every_kind_is_fitted_with_the_weights(kind):
    a, b = np.random.default_rng(4).normal(size=(2, ROWS))
    turn = np.where(np.arange(ROWS) < ROWS // 2, -1.0, 1.0)
    recipe, labelled, rows = company(a, b, converts(turn * 2 * a - 1))
    excerpt = Excerpt.of(recipe, labelled, default_features(recipe), rows)
    plain = Settings(kind, LinearChoice(1.0), TreeChoice(40), 1.0)
    aged = replace(plain, half_life=0.1)
    grid: Columns = {"a": np.array([-1.0, 1.0]), "b": np.zeros(2), "record_filled": np.ones(2)}
    rises = [
        float(np.diff(fit_model(excerpt, recipe.train, settings).margin(grid))[0])
        for settings in (plain, aged)
    ]
    assert rises[1] > rises[0] + 1, "the newer half says that `a` is good"
