"""Kinds of model compete on forward folds: lines win where only they go on, trees where lines cannot bend."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features import default_features
from features.catalogue import LeadAge
from features.columns import Columns
from features.recipe.file import parse_recipe
from features.recipe.recipe import Recipe
from serving.artefact.models import TreeFiles, dump_model, restore_model
from training.choosing.bench import Bench
from training.choosing.choose import choose_settings
from training.fitting.calendars import find_calendars
from training.fitting.encode import Reading
from training.fitting.fit import fit_model
from training.fitting.settings import LinearChoice, Settings, TreeChoice
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled

ROWS = 3000
RECIPE = """
[tables]
leads = "leads.csv"

[lead.fields]
a = { type = "number" }
b = { type = "number" }

[outcomes]
column = "outcome"
at_once = true

[snapshots]
at_days = [0]

[train]
bag = 1
rounds = 200
early_stopping = 20
"""


def company(
    a: np.ndarray, b: np.ndarray, y: np.ndarray, text: str = RECIPE
) -> tuple[Recipe, Labelled, np.ndarray]:
    """Rows in the order of time, whose labels are known at once."""
    recipe = parse_recipe(text)
    at = np.arange(len(y), dtype=np.int64)
    frame = pd.DataFrame(
        {
            "lead_id": [f"lead-{i}" for i in at],
            "account_id": None,
            "as_of_us": at,
            "label_known_us": at,
            "label": y.astype(np.float64),
            "order": at,
        }
    )
    columns: Columns = {"a": a, "b": b, "record_filled": np.ones(len(y))}
    return recipe, Labelled(frame, columns, dated=False), np.arange(len(y))


def converts(margin: np.ndarray) -> np.ndarray:
    return np.random.default_rng(5).random(len(margin)) < 1 / (1 + np.exp(-margin))


def chosen(recipe: Recipe, labelled: Labelled, rows: np.ndarray) -> Settings:
    return choose_settings(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows))


def test_a_line_goes_on_where_a_calendar_climbs():
    clock, b = np.linspace(0, 4, ROWS), np.random.default_rng(1).normal(size=ROWS)
    found = chosen(*company(clock, b, converts(clock + b - 3)))
    assert found.trees.calendars == ("a",)
    assert {member.kind for member in found.members} == {"linear", "offset"}
    assert found.linear.left_out == ()


def test_trees_win_where_a_line_cannot_bend():
    a, b = np.random.default_rng(2).uniform(-2, 2, (2, ROWS))
    found = chosen(*company(a, b, converts(4 * ((a > 0) == (b > 0)) - 2.0)))
    assert found.kind != "linear"
    assert found.losses["trees"] < found.losses["linear"] - 0.05


def test_a_long_tail_is_read_as_a_logarithm():
    a, b = np.random.default_rng(3).lognormal(2, 2, (2, ROWS))
    found = chosen(*company(a, b, converts(np.log(a) - np.log(b))))
    assert found.linear.reading.logs


@pytest.mark.parametrize(
    ("newer", "is_calendar"), [([1.0, 2.0], False), ([9.0, 9.5], True), ([1.0, 9.0], False)]
)
def test_a_calendar_is_where_older_rows_never_were(newer, is_calendar):
    a = np.array([0.0, 3.0, np.nan, *newer])
    recipe, labelled, _ = company(a, np.zeros(5), np.zeros(5))
    features = [f for f in default_features(recipe) if f.name == "a"]
    found = find_calendars(labelled, features, [(np.array([0, 1, 2]), np.array([3, 4]))])
    assert found == (("a",) if is_calendar else ())


def test_newer_folds_weigh_more_and_weights_sum_to_one():
    recipe, labelled, rows = company(
        *np.random.default_rng(4).normal(size=(2, ROWS)), converts(np.zeros(ROWS))
    )
    weights = Bench.of(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows)).weights
    assert sum(weights) == pytest.approx(1)
    assert weights == sorted(weights)
    assert weights[-1] == pytest.approx(2 * weights[-3])


@pytest.mark.parametrize("kind", ["linear", "offset", "trees", "stacked"])
@pytest.mark.parametrize("logs", [False, True])
@pytest.mark.parametrize("direction", [-1, 1])
def test_a_declared_direction_holds_whatever_the_rows_say(kind, logs, direction):
    text = RECIPE.replace("a = { type", f"a = {{ direction = {direction}, type")
    a, b = np.random.default_rng(6).normal(size=(2, ROWS))
    recipe, labelled, rows = company(a, b, converts(-direction * a + np.sin(3 * a) + b), text)
    settings = Settings(kind, LinearChoice(1.0, Reading(logs=logs)), TreeChoice(60), 1.0)
    model = fit_model(Excerpt.of(recipe, labelled, default_features(recipe), rows), recipe.train, settings)
    grid = {"a": np.linspace(-3, 3, 200), "b": np.zeros(200), "record_filled": np.ones(200)}
    assert (direction * np.diff(model.margin(grid)) >= -1e-9).all()


def test_trees_from_the_line_add_up_and_are_kept_in_text():
    a, b = np.random.default_rng(7).normal(size=(2, ROWS))
    recipe, labelled, rows = company(a, b, converts(a + 2 * np.abs(b) - 2))
    settings = Settings(
        "offset", LinearChoice(1.0, Reading(logs=True)), TreeChoice(40, calendars=("a",)), 1.0
    )
    model = fit_model(Excerpt.of(recipe, labelled, default_features(recipe), rows), recipe.train, settings)
    columns = labelled.at(rows[:50])
    parts = model.contributions(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(model.margin(columns), abs=1e-9)
    assert set(parts.names) >= {"a", "b"}


def aged(rows: int) -> tuple[Recipe, Labelled, np.ndarray]:
    """Leads looked at in several ages: `a` counts for much when they are young and against them later."""
    rng = np.random.default_rng(8)
    a, b, age = rng.normal(size=rows), rng.normal(size=rows), rng.choice([0.0, 7.0, 30.0, 120.0], rows)
    text = RECIPE.replace("at_days = [0]", "at_days = [0, 7, 30, 120]")
    y = converts(a * (1.5 - np.log1p(age) / 2) + b / 2 - 1)
    recipe, labelled, at = company(a, b, y, text)
    columns: Columns = {**labelled.columns, "lead_age": age}
    return recipe, Labelled(labelled.frame, columns, dated=False), at


def test_weights_change_with_the_age_of_the_lead():
    recipe, labelled, rows = aged(ROWS)
    features = (*default_features(recipe), LeadAge())
    excerpt = Excerpt.of(recipe, labelled, features, rows)
    bench = Bench.of(recipe, excerpt)
    assert bench.linears[0].candidate.linear.reading.crossed
    settings = choose_settings(recipe, excerpt)
    assert settings.linear.reading.crossed
    assert settings.losses["linear"] < 0.6
    model = fit_model(excerpt, recipe.train, replace(settings, kind="linear"))

    def slope(age: float) -> float:
        ends = {"a": np.array([-1.0, 1.0]), "b": np.zeros(2), "record_filled": np.ones(2)}
        return float(np.diff(model.margin({**ends, "lead_age": np.full(2, age)}))[0])

    assert slope(0.0) > 1
    assert slope(120.0) < -1
    assert slope(5000.0) == pytest.approx(slope(120.0)), (
        "nobody knows how weights change beyond the ages seen"
    )


@pytest.mark.parametrize("crossed", [False, True])
def test_trees_that_read_the_line_are_kept_in_text_and_credit_its_features(crossed):
    recipe, labelled, rows = aged(ROWS)
    features = (*default_features(recipe), LeadAge())
    settings = Settings("stacked", LinearChoice(1.0, Reading(crossed=crossed)), TreeChoice(40), 1.0)
    model = fit_model(Excerpt.of(recipe, labelled, features, rows), recipe.train, settings)
    columns = labelled.at(rows[:200])
    files = TreeFiles("model")
    body = json.loads(json.dumps(dump_model(model, files)))
    again = restore_model(body, {f.name: f for f in features}, files.texts)
    assert (again.margin(columns) == model.margin(columns)).all()
    parts = again.contributions(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(model.margin(columns), abs=1e-9)
    assert set(parts.names) <= {f.name for f in features}
    size = dict(zip(parts.names, np.abs(parts.values).mean(axis=0), strict=True))
    assert min(size["a"], size["b"]) > 0.05
