"""Two features that matter only together are found on the folds, read by trees, credited and kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import default_features
from features.catalogue.fields import FieldValue
from features.columns import Columns
from features.recipe.recipe import Recipe
from serving.artefact.models import TreeFiles, dump_model, restore_model
from serving.scorers.pairs import Cut, PairRates
from tests.training.test_candidates import RECIPE, ROWS, company, converts
from training.choosing.choose import choose_settings
from training.fitting.fit import fit_model
from training.fitting.pairs import cross_fitted, find_pairs, fit_pair
from training.fitting.settings import Settings
from training.history.excerpt import Excerpt

pytestmark = pytest.mark.slow

NUMBERS = {name: FieldValue(name, "number") for name in ("a", "b")}


NAMES = [f"f{number:02}" for number in range(12)]
TABLE = RECIPE.replace('a = { type = "number" }\nb = { type = "number" }', "\n".join(
    f'{name} = {{ type = "number" }}' for name in NAMES
))  # fmt: skip


def world(seed: int, together: float, text: str = TABLE) -> tuple[Recipe, Excerpt, Settings]:
    """Rows whose outcome depends on whether two fields are on the same side, and what is chosen for them."""
    X = np.random.default_rng(seed).normal(size=(len(NAMES), ROWS))
    y = converts(together * np.sign(X[3] - 0.3) * np.sign(X[7]) - 1)
    recipe, labelled, rows = company(X[0], X[1], y, text)
    columns = Columns(dict(zip(NAMES, X, strict=True)) | {"record_filled": np.ones(ROWS)}, ROWS)
    excerpt = Excerpt.of(recipe, replace(labelled, columns=columns), default_features(recipe), rows)
    return recipe, excerpt, choose_settings(recipe, excerpt)


def test_a_pair_is_found_where_it_matters_and_its_model_is_kept_and_adds_up():
    recipe, excerpt, found = world(1, 1.2)
    assert found.trees.pairs == (("f03", "f07"),)
    assert found.as_dict()["pairs"] == [["f03", "f07"]]
    model = fit_model(excerpt, recipe.train, found)
    columns = excerpt.labelled.at(np.arange(300))
    files = TreeFiles("model")
    body = json.loads(json.dumps(dump_model(model, files)))
    again = restore_model(body, {f.name: f for f in excerpt.features}, files.texts)
    assert (again.margin(columns) == model.margin(columns)).all()
    margin, parts = again.explained(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(margin, abs=1e-9)
    side = np.sign(columns["f03"] - 0.3) * np.sign(columns["f07"])
    assert margin[side > 0].mean() > margin[side < 0].mean() + 1.5
    assert model.margin(columns.take(slice(7, 8)))[0] == pytest.approx(margin[7], abs=1e-12)
    size = dict(zip(parts.names, np.abs(parts.values).mean(axis=0).tolist(), strict=True))
    assert sorted(size, key=lambda name: -size[name])[:2] in (["f03", "f07"], ["f07", "f03"])


@pytest.mark.parametrize("seed", range(3))
def test_no_pair_is_found_where_none_matters(seed: int):
    assert world(seed, 0.0)[2].trees.pairs == ()


def test_a_feature_of_a_declared_sign_is_in_no_pair():
    text = TABLE.replace("f03 = { type", "f03 = { direction = 1, type")
    assert world(1, 1.2, text)[2].trees.pairs == ()


def test_chance_gives_a_pair_in_hardly_any_of_many_tables():
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(60):
        a, b = rng.normal(size=(2, 1500))
        recipe, labelled, rows = company(a, b, rng.random(1500) < 0.2)
        excerpt = Excerpt.of(recipe, labelled, default_features(recipe), rows)
        found += bool(find_pairs(excerpt, np.full(1500, np.log(0.2 / 0.8))))
    assert found == 0


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(20, 400))
def test_every_lead_is_in_the_cell_of_its_two_parts(seed: int, rows: int):
    rng = np.random.default_rng(seed)
    size = np.where(rng.random(rows) < 0.2, np.nan, rng.integers(-3, 4, rows).astype(float))
    page = rng.choice(np.array(["x", "y", "z", None], dtype=object), rows)
    cuts = Cut(feature="size", edges=(-1.0, 1.0)), Cut(feature="page", levels=("x", "y"))
    rates = np.arange(16.0)
    pair = PairRates(first=cuts[0], second=cuts[1], rates=tuple(rates.tolist()))
    read = pair.read(Columns({"size": size, "page": page}, rows))
    for row in range(rows):
        part = 3 if np.isnan(size[row]) else int(size[row] > -1) + int(size[row] > 1)
        level = {"x": 0, "y": 1, None: 3}.get(page[row], 2)
        assert read[row] == 4 * part + level


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_a_row_is_not_read_by_its_own_outcome(seed: int):
    rng = np.random.default_rng(seed)
    columns = Columns({"a": rng.normal(size=300), "b": rng.normal(size=300)}, 300)
    y, part = (rng.random(300) < 0.4).astype(float), np.arange(300) % 5
    pair = fit_pair(("a", "b"), NUMBERS, columns, y, 1.0)
    turned = np.where(part == 2, 1 - y, y)
    before, after = (cross_fitted(pair, columns, of, part, 1.0) for of in (y, turned))
    assert (before[part == 2] == after[part == 2]).all()


def test_two_numbers_are_cut_where_their_quarters_differ_most():
    rng = np.random.default_rng(3)
    columns = Columns({"a": rng.normal(size=4000), "b": rng.normal(size=4000)}, 4000)
    same = (columns["a"] > 0.8) == (columns["b"] > -0.5)
    pair = fit_pair(("a", "b"), NUMBERS, columns, (rng.random(4000) < 0.1 + 0.4 * same).astype(float), 1.0)
    assert pair.first.edges == pytest.approx([0.8], abs=0.2)
    assert pair.second.edges == pytest.approx([-0.5], abs=0.2)
