"""Intervals hold their probability, widen where little is known, and name what would narrow them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue.fields import FieldValue
from serving.calibration.bounds import Bounds, fields_of
from serving.calibration.maps import FLOOR, MonotoneMap
from serving.scorers.linear import Linear
from serving.scorers.linear_columns import LinearEncoder, NumberColumn
from training.calibration.interval import interval_maps
from training.calibration.spreads import spreads_of

SIZE, REVENUE = FieldValue("size"), FieldValue("revenue")
FEATURES = (SIZE, REVENUE)


def around(width: float, **spreads: float) -> Bounds:
    lower, upper = MonotoneMap.platt(1.0, -width), MonotoneMap.platt(1.0, width)
    return Bounds(lower=lower, upper=upper, spreads=spreads)


def columns(size: list[float], revenue: list[float]) -> dict[str, np.ndarray]:
    return {"size": np.array(size), "revenue": np.array(revenue)}


@given(
    st.lists(st.floats(-30, 30), min_size=1, max_size=8),
    st.floats(0, 5),
    st.floats(0, 3),
    st.booleans(),
)
def test_every_interval_holds_its_probability_and_is_never_0_or_1(margins, width, spread, known):
    margin = np.array(margins)
    shown = np.clip(np.round(MonotoneMap.identity().of(margin), 6), FLOOR, 1 - FLOOR)
    value = [1.0 if known else np.nan] * len(margin)
    found = around(width, size=spread).intervals(FEATURES, columns(value, value), margin, shown)
    for interval, p in zip(found, shown, strict=True):
        assert 0 < interval.low <= p <= interval.high < 1


def test_it_widens_with_each_missing_field_and_names_the_one_that_matters_most():
    bounds = around(0.2, size=0.3, revenue=0.9)
    given = columns([5, np.nan, 5, np.nan], [7, 7, np.nan, np.nan])
    found = bounds.intervals(FEATURES, given, np.zeros(4), np.full(4, 0.5))
    widths = [interval.high - interval.low for interval in found]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4
    assert [interval.narrowed_by for interval in found] == [None, "size", "revenue", "revenue"]


def test_what_is_hidden_widens_every_interval_alike_in_log_odds():
    seen, hidden = around(0.3), around(0.3).model_copy(update={"hidden": 0.4})
    margin = np.array([-4.0, -1.0, 2.0])
    shown = MonotoneMap.identity().of(margin)
    known = columns([5, 5, 5], [7, 7, 7])
    for bounds, half in ((seen, 0.3), (hidden, np.hypot(0.3, 1.2816 * 0.4))):
        for interval, middle in zip(bounds.intervals(FEATURES, known, margin, shown), margin, strict=True):
            low, high = (np.log(p / (1 - p)) for p in (interval.low, interval.high))
            assert [middle - low, high - middle] == pytest.approx([half, half], abs=1e-3)


def test_many_leads_equal_one_by_one():
    bounds = around(0.2, size=0.3)
    given, margin = columns([5, np.nan], [7, 7]), np.array([-1.0, 0.5])
    shown = MonotoneMap.identity().of(margin)
    together = bounds.intervals(FEATURES, given, margin, shown)
    for i, interval in enumerate(together):
        one = {name: column[i : i + 1] for name, column in given.items()}
        assert bounds.intervals(FEATURES, one, margin[i : i + 1], shown[i : i + 1]) == [interval]


def test_few_outcomes_give_wide_maps():
    rng = np.random.default_rng(1)
    widths = []
    for rows in (200, 20_000):
        margin = rng.normal(-2, 1, rows)
        y = (rng.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.float64)
        ends = interval_maps(margin, y, np.arange(rows).astype(object), MonotoneMap.identity())
        low, high = (end.of(np.array([-2.0]))[0] for end in ends)
        widths.append(high - low)
    assert widths[0] > 3 * widths[1]


def test_a_spread_is_the_deviation_of_what_a_field_adds_where_it_is_there():
    specs = tuple(NumberColumn(name=f.name, median=0, mean=0, scale=1, flag=True) for f in FEATURES)
    encoder = LinearEncoder(columns=specs)
    model = Linear(FEATURES, encoder, weights=(2.0, 5.0, 0.0, 0.0), intercept=0.0)
    given = columns([-1.0, 1.0, np.nan, np.nan], [1.0, 2.0, 3.0, np.nan])
    found = spreads_of(model.contributions(given), given, fields_of(FEATURES))
    assert found == {"size": pytest.approx(2.0)}


def test_bounds_are_kept_as_json():
    bounds = around(0.2, size=0.3)
    assert Bounds.model_validate_json(bounds.model_dump_json()) == bounds
