"""Log-odds and probabilities are those of the textbook, in double precision, whatever is handed in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.calibration.maps import FLOOR, MonotoneMap, log_odds
from tests.serving.test_scorer_maps import monotone_maps

FURTHEST = math.log((1 - FLOOR) / FLOOR)


@given(st.floats(FLOOR, 1 - FLOOR))
def test_log_odds_are_the_logarithm_of_the_odds(p: float) -> None:
    assert float(log_odds(p)) == pytest.approx(math.log(p / (1 - p)), abs=1e-9)
    assert log_odds(np.array([p]))[0] == log_odds(p)


def test_certainties_count_as_the_floor() -> None:
    np.testing.assert_allclose(log_odds(np.array([0.0, FLOOR / 2])), -FURTHEST, rtol=1e-9)
    np.testing.assert_allclose(log_odds(np.array([1.0, 1 - FLOOR / 2])), FURTHEST, rtol=1e-9)


def test_single_precision_is_read_in_double() -> None:
    p = np.array([0.1, 1e-5, 0.9], dtype=np.float32)
    assert log_odds(p).dtype == np.float64
    np.testing.assert_array_equal(log_odds(p), log_odds(p.astype(np.float64)))


@given(st.lists(st.floats(-60, 60), min_size=1, max_size=20))
def test_a_probability_is_the_logistic_of_its_log_odds_inside_the_floor(margins: list[float]) -> None:
    logistic = [1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x)) for x in margins]
    expected = [min(max(p, FLOOR), 1 - FLOOR) for p in logistic]
    np.testing.assert_allclose(MonotoneMap.identity().of(np.array(margins)), expected, rtol=1e-12)


@given(monotone_maps())
def test_a_piece_begins_exactly_at_its_knot(curve: MonotoneMap) -> None:
    assert curve.logits(np.array(curve.margins[:-1])).tolist() == list(curve.log_odds[:-1])


@given(monotone_maps(), st.floats(0, 1), st.integers(0, 7))
def test_between_two_knots_a_map_is_their_straight_line(curve: MonotoneMap, at: float, piece: int) -> None:
    i = piece % (len(curve.margins) - 1)
    (low, high), (start, end) = curve.margins[i : i + 2], curve.log_odds[i : i + 2]
    (found,) = curve.logits(np.array([low + at * (high - low)]))
    assert found == pytest.approx(start + at * (end - start), abs=1e-9)


@given(monotone_maps(), st.floats(0, 20))
def test_the_outer_pieces_go_on_beyond_the_knots(curve: MonotoneMap, beyond: float) -> None:
    (a, b), (u, v) = curve.margins[:2], curve.log_odds[:2]
    (y, z), (w, x) = curve.margins[-2:], curve.log_odds[-2:]
    below, above = curve.logits(np.array([a - beyond, z + beyond]))
    assert below == pytest.approx(u - beyond * (v - u) / (b - a), rel=1e-9, abs=1e-9)
    assert above == pytest.approx(x + beyond * (x - w) / (z - y), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("margins", "log_odds", "wrong"),
    [
        ((0.0, 1.0, 2.0), (0.0, 1.0), "as many log-odds as margins"),
        ((0.0, 0.0), (0.0, 1.0), "margins of a map must rise strictly"),
        ((0.0, 1.0), (0.0, -1.0), "log-odds of a map must not fall"),
    ],
)
def test_a_map_that_is_none_is_refused_with_what_is_wrong(margins, log_odds, wrong):
    with pytest.raises(ValueError, match=wrong):
        MonotoneMap(margins=margins, log_odds=log_odds)
