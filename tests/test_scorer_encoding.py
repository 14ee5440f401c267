"""Encoders own order and vocabulary: missing, rare and unseen are told apart or pooled on purpose."""

from __future__ import annotations

import numpy as np

from serving.encoding import CategoryColumn, LinearEncoder, NumberColumn, TreeEncoder

LEVELS = np.array(["b", None, "a", "never seen", "A"], dtype=object)
NUMBERS = np.array([1.0, np.nan, 3.0, -1.0, 0.0])


def test_trees_see_codes_with_one_for_other_and_nan_for_missing() -> None:
    encoder = TreeEncoder(features=("n", "c"), vocabularies={"c": ("a", "b")})
    matrix = encoder.transform({"c": LEVELS, "n": NUMBERS})
    np.testing.assert_array_equal(matrix[:, 0], NUMBERS)
    np.testing.assert_array_equal(matrix[:, 1], [1, np.nan, 0, 2, 2])
    assert encoder.categorical == (1,)


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
