"""Trees read from tables say what LightGBM says: margins to the last bit, contributions within 1e-9."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.columns import Floats
from serving.scorers.tree_tables import TreeTables
from tests.made.scorers import columns, trees

ODD = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e300, -1e300, -0.5, 0.5, 2.5, 7.9, 1e6])
"""What numbers and codes may be: missing, about zero, far out, between two codes, beyond all of them."""


@dataclass(frozen=True)
class Case:
    """A fitted bag and rows to ask it about."""

    boosters: list[lgb.Booster]
    asked: Floats


def matrix(random: np.random.Generator, rows: int, missing: bool) -> Floats:
    """Two categories and four numbers, of which one is often zero and one has few values."""
    made = np.column_stack(
        [
            random.integers(0, 12, rows),
            random.integers(0, 40, rows),
            random.normal(size=rows),
            random.normal(size=rows) * (random.random(rows) < 0.5),
            random.integers(0, 4, rows),
            random.gamma(1, 3, rows),
        ]
    ).astype(np.float64)
    if missing:
        made[random.random(made.shape) < 0.15] = np.nan
    return made


@st.composite
def cases(draw: st.DrawFn) -> Case:
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    fitted = matrix(random, draw(st.sampled_from([150, 600])), missing=draw(st.booleans()))
    plain = np.nan_to_num(fitted)
    y = random.random(len(fitted)) < 1 / (1 + np.exp(-(plain[:, 2] * plain[:, 4] + plain[:, 0] % 3 - 2)))
    boosters = [
        lgb.train(
            {
                "objective": "binary",
                "num_leaves": draw(st.sampled_from([2, 4, 7, 9, 15])),
                "max_depth": 8,  # eight questions on the way to a leaf fit a table, nine need not
                "min_data_in_leaf": 3,
                "min_data_per_group": 5,
                "max_cat_to_onehot": draw(st.sampled_from([1, 4])),
                "learning_rate": 0.3,
                "bagging_fraction": 0.7,
                "bagging_freq": 1,
                "zero_as_missing": draw(st.booleans()),
                "use_missing": draw(st.booleans()),
                "seed": seed,
                "num_threads": 1,
                "deterministic": True,
                "verbosity": -1,
            },
            lgb.Dataset(fitted, label=y, categorical_feature=[0, 1]),
            num_boost_round=draw(st.integers(1, 8)),
        )
        for seed in range(draw(st.integers(1, 3)))
    ]
    asked = np.vstack([fitted[:40], matrix(random, 120, missing=True)])
    odd = random.random(asked.shape) < 0.1
    asked[odd] = random.choice(ODD, odd.sum())
    return Case(boosters, asked)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_tables_say_what_the_boosters_say(case):
    raw, parts = 0.0, 0.0
    for booster in case.boosters:
        raw = raw + booster.predict(case.asked, raw_score=True, num_threads=1)
        parts = parts + booster.predict(case.asked, pred_contrib=True, num_threads=1)
    tables = TreeTables.of(case.boosters)
    assert tables is not None
    margins, found = tables.explained(case.asked)
    np.testing.assert_array_equal(margins, raw / len(case.boosters))
    np.testing.assert_array_equal(margins, tables.margins(case.asked))
    np.testing.assert_allclose(found, parts[:, :-1] / len(case.boosters), rtol=0, atol=1e-9)
    np.testing.assert_allclose(tables.bias, parts[:, -1] / len(case.boosters), rtol=0, atol=1e-9)


@pytest.fixture(scope="module")
def bag() -> Case:
    random = np.random.default_rng(3)
    fitted = matrix(random, 600, missing=True)
    y = np.nan_to_num(fitted[:, 2]) + random.normal(size=600) > 0.3
    plan = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1}
    data = lgb.Dataset(fitted, label=y, categorical_feature=[0, 1], free_raw_data=False)
    boosters = [lgb.train({**plan, "seed": seed}, data, num_boost_round=12) for seed in (1, 2)]
    return Case(boosters, matrix(random, 9_000, missing=True))


@pytest.mark.parametrize("rows", [0, 1, 2, 127, 128, 129, 512, 513, 4_096, 4_097, 9_000])
def test_a_row_does_not_depend_on_how_many_are_asked(bag: Case, rows: int):
    tables = TreeTables.of(bag.boosters)
    assert tables is not None
    margins, parts = tables.explained(bag.asked)
    some = tables.explained(bag.asked[:rows])
    np.testing.assert_array_equal(some[0], margins[:rows])
    np.testing.assert_array_equal(some[1], parts[:rows])


def test_trees_that_ask_too_much_are_left_to_lightgbm():
    scorer = trees(leaves=60)
    table = columns(scorer.features, 300)
    assert TreeTables.of(scorer.boosters) is None
    rows = scorer.encoder.transform(table)
    margin, parts = scorer.explained(table)
    one, two = (booster.predict(rows, raw_score=True) for booster in scorer.boosters)
    np.testing.assert_array_equal(margin, (one + two) / 2)
    whole = sum(booster.predict(rows, pred_contrib=True) for booster in scorer.boosters) / 2
    np.testing.assert_array_equal(np.column_stack([parts.values, parts.bias]), whole)


@pytest.mark.parametrize("rows", [3, 9_000])
def test_trees_that_ask_nothing_say_their_one_value_and_credit_nothing(rows: int):
    fitted = np.zeros((300, 2))
    plan = {"objective": "binary", "num_leaves": 7, "verbosity": -1, "num_threads": 1}
    booster = lgb.train(plan, lgb.Dataset(fitted, label=np.arange(300) % 3 == 0), num_boost_round=5)
    tables = TreeTables.of([booster])
    assert tables is not None
    margins, parts = tables.explained(np.random.default_rng(1).normal(size=(rows, 2)))
    np.testing.assert_allclose(margins, booster.predict(fitted[:1], raw_score=True)[0], rtol=0, atol=1e-12)
    assert not parts.any()
    assert parts.shape == (rows, 2)
