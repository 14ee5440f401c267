"""What is computed of one lead alone is to the last bit what is computed of it among others."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import EventCount, Feature, FieldValue
from features.columns import Columns, Layout
from serving.rules.section import Band, BandTable
from serving.scorer import Contributions
from serving.scorers.encoding import levels_of
from serving.scorers.line import columns_of
from serving.scorers.linear import Linear
from serving.scorers.linear_columns import LinearEncoder, NumberColumn
from serving.words.facts import Moments

AGES = st.one_of(st.just(math.nan), st.floats(0, 40_000))
NUMBERS = st.one_of(st.just(math.nan), st.sampled_from([0.0, 1.0, 2.0, 3.0]), st.floats(-1e6, 1e6))


@given(
    st.lists(st.tuples(AGES, st.integers(0, 2_000_000_000_000_000)), min_size=2, max_size=20),
    st.sampled_from(["UTC", "Europe/Paris", "Asia/Kolkata"]),
)
def test_days_ago_by_the_calendar(met: list[tuple[float, int]], zone: str) -> None:
    ages = np.array([age for age, _ in met])
    moments = Moments(np.array([us for _, us in met], dtype=np.int64), zone)
    together = moments.days(ages)
    for row in range(len(met)):
        alone = moments.take(np.array([row])).days(ages[row : row + 1])
        np.testing.assert_array_equal(alone, together[row : row + 1])


@given(st.integers(0, 2**32 - 1), st.integers(2, 40))
def test_what_a_line_says_to_trees(seed: int, rows: int) -> None:
    """Its sums of a hundred numbers, whose last bit depends on the order in which they are added."""
    random = np.random.default_rng(seed)
    features: tuple[Feature, ...] = (
        *(FieldValue(f"n{i}", "number") for i in range(60)),
        *(EventCount((f"k{i}",)) for i in range(40)),
    )
    columns = tuple(NumberColumn(name=f.name, median=0, mean=0, scale=1) for f in features)
    line = Linear(features, LinearEncoder(columns=columns), tuple(random.normal(size=100)), 0.1)
    parts = Contributions(line.encoder.features, random.normal(size=(rows, 100)), random.normal(size=rows))
    together = columns_of(line, parts)
    assert together.shape == (rows, 3)
    for row in range(rows):
        own = Contributions(parts.names, parts.values[row : row + 1], parts.bias[row : row + 1])
        np.testing.assert_array_equal(columns_of(line, own), together[row : row + 1])
    np.testing.assert_allclose(together[:, 0], parts.values.sum(axis=1) + parts.bias)
    np.testing.assert_allclose(together[:, 2], parts.values[:, 60:].sum(axis=1))


@given(st.lists(st.sampled_from(["a", "b", "c", "", None]), min_size=1, max_size=20), st.integers(0, 9))
def test_places_of_levels(cells: list[str | None], start: int) -> None:
    codes = {"a": 0, "": 1}
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    few = levels_of(column, codes, start)
    assert few == [start + {"a": 0, "": 1, None: 3}.get(cell, 2) for cell in cells]
    assert levels_of(np.tile(column, 3_000), codes, start) == few * 3_000


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_the_first_band_that_holds_a_number_counts(numbers: list[float]) -> None:
    said = [{"from": 2, "to": 3, "points": 7}, {"to": 2, "points": -4}, {"from": 1, "points": 5}]
    bands = tuple(Band.model_validate(one) for one in said)
    found = BandTable(bands).of(np.array(numbers), np.full(len(numbers), 9.0)).tolist()
    for number, points in zip(numbers, found, strict=True):
        holding = [band.points for band in bands if band.ends[0] <= number < band.ends[1]]
        assert points == (holding[0] if holding else 9.0)


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["a", None]), NUMBERS), min_size=1, max_size=5))
def test_a_row_of_columns_is_what_they_were_made_of(rows: list[tuple[float, str | None, float]]) -> None:
    named = [dict(zip(("x", "level", "y"), row, strict=True)) for row in rows]
    layout = Layout({"x": True, "level": False, "y": True})
    plain = {name: np.array([row[name] for row in named]) for name in ("x", "y")}
    levels = np.array([row["level"] for row in named], dtype=object)
    for columns in (
        layout.columns(named),
        layout.columns_of(rows),
        Columns({"x": plain["x"], "level": levels, "y": plain["y"]}, len(rows)),
    ):
        for at, row in enumerate(named):
            assert str(columns.row(at)) == str(row)
