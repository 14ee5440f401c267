"""`inspect` names what `init` names, in its words and order, and shows the run without it beside."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features import parse_recipe
from features.discovery import Discovery, discover
from tests.made.leak_worlds import LeakWorld, make_leak_world
from training.inspection.found import Inspection
from training.inspection.inspect import inspect
from training.inspection.looks import Looks
from training.inspection.page import inspect_page
from training.inspection.without import field_runs


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> LeakWorld:
    return make_leak_world(3, tmp_path_factory.mktemp("world"), held=False)


@pytest.fixture(scope="module")
def found(world: LeakWorld) -> Discovery:
    return discover([world.file], folder=world.file.parent)


@pytest.fixture(scope="module")
def inspected(world: LeakWorld, found: Discovery) -> Inspection:
    return inspect(parse_recipe(found.recipe_toml), world.file.parent)


def test_inspect_names_at_least_what_init_names_in_its_order_and_words(
    found: Discovery, inspected: Inspection
) -> None:
    fields = parse_recipe(found.recipe_toml).lead.fields
    called = {field.column or name: name for name, field in fields.items()}
    init = [(called.get(s.column, s.column), s.kind) for s in (*found.suspects, *found.marked)]
    seen = [(s.column, s.kind) for s in inspected.suspects]
    assert [one for one in seen if one in init] == init
    assert [row[0] for row in inspected.rows()[: len(init)]] == [name for name, _ in init]


def test_the_run_without_the_marked_is_shown_beside_and_is_worse_by_what_they_knew(
    found: Discovery, inspected: Inspection
) -> None:
    runs = inspected.runs
    assert runs.all is not None
    assert runs.without_marked is not None
    assert len(runs.without_marked.without) == len(found.marked)
    assert runs.all.auc > runs.without_marked.auc + 0.1
    assert runs.all.log_loss < runs.without_marked.log_loss
    assert len(runs.rows()) == 2 + len(found.marked)
    assert "without the marked:" in inspect_page(inspected)
    assert len(inspected.as_dict()["runs"]) == len(runs.rows())


def test_what_a_column_adds_last_is_small_where_another_says_the_same() -> None:
    rng = np.random.default_rng(1)
    n = 3000
    signal = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-1.5 * signal))).astype(np.float64)
    frame = pd.DataFrame({"label": y, "order": np.arange(n)})
    looks = Looks(frame, np.arange(2000), np.arange(2000, n))
    alone = field_runs({"a": signal, "noise": rng.normal(size=n)}, looks, ["a", "noise"], [])
    twice = field_runs({"a": signal, "b": signal * 2, "noise": rng.normal(size=n)}, looks, ["a"], [])
    assert alone.adds_last("a") > 0.2
    assert abs(twice.adds_last("a")) < 0.01
    assert abs(alone.adds_last("noise")) < 0.02
    assert np.isnan(alone.adds_last("unknown"))


def test_no_outcome_of_the_newer_half_teaches_a_run() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    column = rng.integers(0, 40, n).astype(str).astype(object)
    y = (rng.random(n) < 0.3).astype(np.float64)
    looks = Looks(pd.DataFrame({"label": y, "order": np.arange(n)}), np.arange(1000), np.arange(1000, n))
    runs = field_runs({"k": column, "z": rng.normal(size=n)}, looks, ["k"], ["k"])
    assert runs.all is not None
    assert abs(runs.all.auc - 0.5) < 0.06
