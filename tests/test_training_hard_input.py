"""Exports that are hard to learn from: each has a sensible end, and none takes long."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import Recipe
from features.recipe_file import parse_recipe
from training import TrainingRun, train

LEADS = 1500
HEAD = """
[tables]
leads = "leads.csv"

[outcomes]
column = "outcome"
won = ["yes"]
lost = ["no"]
at_once = true

[snapshots]
at_days = [0]

[train]
bag = 1
rounds = 60
early_stopping = 10
folds = 2

[gate]
min_positives = 30
"""


def export(folder: Path, columns: dict[str, np.ndarray], outcome: np.ndarray, fields: str) -> Recipe:
    frame = pd.DataFrame(columns | {"outcome": np.where(outcome, "yes", "no")})
    frame.to_csv(folder / "leads.csv", index=False)
    return parse_recipe(HEAD + "\n[lead.fields]\n" + fields)


def buyers(signal: np.ndarray, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random(len(signal)) < 1 / (1 + np.exp(1.5 - 1.2 * signal))


def run(folder: Path, recipe: Recipe) -> TrainingRun:
    return train(recipe, folder, tracking=False, out=folder / "out")


def figure(found: TrainingRun, name: str) -> float:
    return float(next(row[name] for row in found.comparison if row["scorer"] == "model"))


def chosen(found: TrainingRun) -> dict[str, object]:
    return dict(found.summary["settings"]["model"])


def test_fields_that_never_vary_teach_nothing(tmp_path):
    columns = {"a": np.full(LEADS, 7), "b": np.full(LEADS, "same")}
    outcome = np.random.default_rng(2).random(LEADS) < 0.2
    fields = 'a = { type = "number" }\nb = { type = "category" }\n'
    assert run(tmp_path, export(tmp_path, columns, outcome, fields)).verdict == "nothing_to_learn"


def test_one_field_is_enough_when_it_tells(tmp_path):
    signal = np.random.default_rng(3).normal(size=LEADS)
    recipe = export(tmp_path, {"a": signal.round(3)}, buyers(signal), 'a = { type = "number" }\n')
    found = run(tmp_path, recipe)
    assert found.verdict != "nothing_to_learn"
    assert figure(found, "auc") > 0.65


@pytest.mark.slow
def test_two_thousand_columns_of_noise_do_not_drown_one_that_tells(tmp_path):
    rng = np.random.default_rng(4)
    signal = rng.normal(size=LEADS)
    noise = {f"n{i}": rng.normal(size=LEADS).round(2) for i in range(1999)}
    fields = "".join(f'{name} = {{ type = "number" }}\n' for name in ["a", *noise])
    found = run(tmp_path, export(tmp_path, {"a": signal.round(3)} | noise, buyers(2 * signal), fields))
    assert figure(found, "auc") > 0.6


def test_a_category_with_a_level_for_each_lead_is_a_calendar_to_trees(tmp_path):
    signal = np.random.default_rng(5).normal(size=LEADS)
    columns = {"a": signal.round(3), "id": np.array([f"id-{i}" for i in range(LEADS)])}
    fields = 'a = { type = "number" }\nid = { type = "category" }\n'
    found = run(tmp_path, export(tmp_path, columns, buyers(signal), fields))
    assert figure(found, "auc") > 0.65
    assert chosen(found)["calendars"] == ["id"]


def test_a_clock_among_the_fields_is_found_and_trees_do_not_split_on_it(tmp_path):
    rng = np.random.default_rng(6)
    signal, clock = rng.normal(size=LEADS), np.arange(LEADS) / 100
    fields = 'a = { type = "number" }\nclock = { type = "number" }\n'
    found = run(tmp_path, export(tmp_path, {"a": signal.round(3), "clock": clock}, buyers(signal), fields))
    assert chosen(found)["calendars"] == ["clock"]


@pytest.mark.slow
def test_a_hundred_thousand_levels_take_neither_minutes_nor_the_memory(tmp_path):
    rng = np.random.default_rng(8)
    leads = 120_000
    signal = rng.normal(size=leads)
    columns = {"a": signal.round(3), "town": rng.permutation(leads) % 100_000}
    columns["town"] = np.char.add("t", columns["town"].astype(str))
    fields = 'a = { type = "number" }\ntown = { type = "category" }\n'
    found = run(tmp_path, export(tmp_path, columns, buyers(signal), fields))
    assert figure(found, "auc") > 0.65
