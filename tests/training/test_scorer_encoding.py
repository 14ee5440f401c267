"""Encoders own order and vocabulary: missing, rare and unseen are told apart or pooled on purpose."""

from __future__ import annotations

import lightgbm
import numpy as np

from features.catalogue import FieldValue, LeadAge, WallClock
from serving.scorers.linear_columns import CategoryColumn, LinearEncoder, NumberColumn
from serving.scorers.tree_columns import TreeEncoder
from training.fitting.encode import fit_tree_encoder

LEVELS = np.array(["b", None, "a", "never seen", "A"], dtype=object)
NUMBERS = np.array([1.0, np.nan, 3.0, -1.0, 0.0])


def test_trees_see_codes_with_one_for_other_and_nan_for_missing() -> None:
    encoder = TreeEncoder(features=("n", "c"), vocabularies={"c": ("a", "b")})
    matrix = encoder.transform({"c": LEVELS, "n": NUMBERS})
    np.testing.assert_array_equal(matrix[:, 0], NUMBERS)
    np.testing.assert_array_equal(matrix[:, 1], [1, np.nan, 0, 2, 2])
    assert encoder.categorical == (1,)


def test_a_number_that_was_never_missing_in_training_is_its_median_where_it_is() -> None:
    """LightGBM reads such a missing value as 0: a lead of unknown age would be a lead of this minute."""
    random = np.random.default_rng(3)
    days, hour = random.uniform(1, 300, 600), random.uniform(8, 18, 600)
    label = (random.random(600) < np.where(days < 30, 0.8, 0.1)).astype(float)
    gaps = np.where(random.random(600) < 0.3, np.nan, hour)
    features = (LeadAge(), WallClock("creation", "hour"), FieldValue("size"))
    columns = {"lead_age": days, "creation_hour": hour, "size": gaps}
    encoder = fit_tree_encoder(features, columns, rare_level=1)
    assert encoder.typical == {"lead_age": np.median(days), "creation_hour": np.median(hour)}
    settings = {"objective": "binary", "verbose": -1, "num_threads": 1, "seed": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(encoder.transform(columns), label), 20)

    def answer(age: float) -> float:
        row = {"lead_age": [age], "creation_hour": [12.0], "size": [1.0]}
        matrix = encoder.transform({name: np.array(cells) for name, cells in row.items()})
        return float(booster.predict(matrix)[0])

    assert answer(np.nan) == answer(float(np.median(days)))
    assert answer(np.nan) < 0.3 < 0.6 < answer(0.0)


def test_linear_models_see_medians_flags_and_one_column_a_level() -> None:
    encoder = LinearEncoder(
        columns=(
            NumberColumn(name="n", median=2.0, mean=1.0, scale=2.0, flag=True),
            CategoryColumn(name="c", levels=("a", "b")),
        )
    )
    assert encoder.names == ("n", "n=(missing)", "c=a", "c=b", "c=(other)", "c=(missing)")
    assert encoder.owner == (0, 0, 1, 1, 1, 1)
    expected = [
        [0.0, 0, 0, 1, 0, 0],
        [0.5, 1, 0, 0, 0, 1],
        [1.0, 0, 1, 0, 0, 0],
        [-1.0, 0, 0, 0, 1, 0],
        [-0.5, 0, 0, 0, 1, 0],
    ]
    np.testing.assert_array_equal(encoder.transform({"n": NUMBERS, "c": LEVELS}), expected)


def test_names_for_boosters_are_plain_and_told_apart() -> None:
    encoder = TreeEncoder(features=("a b", "a-b", "c.30d"))
    assert encoder.booster_names == ("a_b_0", "a_b_1", "c_30d")
