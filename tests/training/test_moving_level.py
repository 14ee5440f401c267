"""A level that follows the newest outcomes is used where it helps on folds more than once, and is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import default_features
from serving.artefact.models import TreeFiles, dump_model, restore_model
from tests.training.test_candidates import ROWS, company, converts
from training.choosing.choose import choose_settings
from training.fitting.fit import fit_model
from training.fitting.moving_level import NEWEST, moved_by
from training.fitting.settings import LinearChoice, Settings, TreeChoice
from training.history.excerpt import Excerpt


def excerpt_of(level: np.ndarray, seed: int = 4, timed: bool = True) -> tuple[Excerpt, Settings]:
    """Rows in time whose log-odds are a line and a `level`, and what is chosen for them."""
    a, b = np.random.default_rng(seed).normal(size=(2, ROWS))
    recipe, labelled, rows = company(a, b, converts(a + level))
    excerpt = Excerpt.of(recipe, replace(labelled, timed=timed), default_features(recipe), rows)
    return excerpt, choose_settings(recipe, excerpt)


@pytest.mark.slow
def test_a_level_that_wanders_is_followed_and_one_that_stays_is_not():
    wandering = np.repeat([-1.0, 0.5, -1.5, 0.0, 1.0, -0.5, 1.5, 0.0, 1.2, -0.2], ROWS // 10)
    assert excerpt_of(np.sort(wandering))[1].follows
    assert not excerpt_of(np.sort(wandering), timed=False)[1].follows, "by lot nothing is the newest"
    for seed in range(3):
        assert not excerpt_of(np.full(ROWS, -1.0), seed)[1].follows


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.integers(0, 10_000))
def test_the_level_is_read_from_the_newest_rows_alone_and_shrunken(level, seed):
    rng = np.random.default_rng(seed)
    newest = np.arange(ROWS) >= int(ROWS * (1 - NEWEST))
    recipe, labelled, rows = company(*np.zeros((2, ROWS)), converts(rng.normal(size=ROWS) + level * newest))
    excerpt = Excerpt.of(recipe, labelled, default_features(recipe), rows)
    margin = rng.normal(size=ROWS)
    found = moved_by(excerpt, margin)
    y = excerpt.y[newest]
    empirical = np.log(y.mean() / (1 - y.mean()))
    assert abs(found) <= abs(empirical) + abs(margin[newest]).max()
    older = margin + np.where(newest, 0.0, 3.0)
    assert moved_by(excerpt, older) == found
    assert moved_by(excerpt, margin - 1) > found


@pytest.mark.parametrize("kind", ["linear", "trees"])
def test_a_model_that_follows_is_shifted_adds_up_and_is_kept(kind):
    excerpt, _ = excerpt_of(np.where(np.arange(ROWS) < ROWS * (1 - NEWEST), -1.5, 0.5))
    recipe, _, _ = company(*np.zeros((2, ROWS)), np.zeros(ROWS))
    still = Settings(kind, LinearChoice(1.0), TreeChoice(40), 1.0)
    plain, moved = (fit_model(excerpt, recipe.train, replace(still, follows=f)) for f in (False, True))
    columns = excerpt.labelled.at(np.arange(100))
    shift = moved.margin(columns) - plain.margin(columns)
    assert shift == pytest.approx(shift[0])
    assert shift[0] > 0.8
    files = TreeFiles("model")
    body = json.loads(json.dumps(dump_model(moved, files)))
    again = restore_model(body, {f.name: f for f in excerpt.features}, files.texts)
    assert (again.margin(columns) == moved.margin(columns)).all()
    margin, parts = again.explained(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(margin, abs=1e-9)
