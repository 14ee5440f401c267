"""Maps never fall, never reach 0 or 1, and the identity is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from serving.calibration.maps import FLOOR, MonotoneMap, log_odds

NUMBERS = st.floats(-30, 30, allow_nan=False)


@st.composite
def monotone_maps(draw: st.DrawFn) -> MonotoneMap:
    margins = sorted(draw(st.sets(st.integers(-300, 300), min_size=2, max_size=8)))
    log_odds_ = sorted(draw(st.lists(NUMBERS, min_size=len(margins), max_size=len(margins))))
    return MonotoneMap(margins=tuple(m / 10 for m in margins), log_odds=tuple(log_odds_))


@given(monotone_maps(), st.lists(NUMBERS, min_size=2, max_size=50))
def test_a_higher_margin_never_has_a_lower_probability(curve: MonotoneMap, margins: list[float]) -> None:
    ordered = np.sort(np.array([*margins, *curve.margins, -1e9, 1e9]))
    assert np.all(np.diff(curve.logits(ordered)) >= 0)
    probabilities = curve.of(ordered)
    assert np.all(np.diff(probabilities) >= 0)
    assert probabilities.min() >= FLOOR
    assert probabilities.max() <= 1 - FLOOR


@given(monotone_maps())
def test_a_map_goes_through_its_knots(curve: MonotoneMap) -> None:
    np.testing.assert_allclose(curve.logits(np.array(curve.margins)), curve.log_odds, atol=1e-9)


@given(monotone_maps())
def test_a_map_survives_json(curve: MonotoneMap) -> None:
    assert MonotoneMap.model_validate_json(curve.model_dump_json()) == curve


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_the_identity_changes_nothing(margins: list[float]) -> None:
    given_margins = np.array(margins)
    np.testing.assert_allclose(MonotoneMap.identity().logits(given_margins), given_margins, atol=1e-12)


@given(st.floats(0, 5), NUMBERS, st.lists(NUMBERS, min_size=1, max_size=20))
def test_platt_is_two_numbers(slope: float, intercept: float, margins: list[float]) -> None:
    curve = MonotoneMap.platt(slope, intercept)
    np.testing.assert_allclose(
        curve.logits(np.array(margins)), slope * np.array(margins) + intercept, atol=1e-9
    )


@pytest.mark.parametrize(
    ("margins", "images"),
    [((0.0,), (0.0,)), ((0.0, 0.0), (0.0, 1.0)), ((0.0, 1.0), (1.0, 0.0)), ((0.0, 1.0), (0.0, 1.0, 2.0))],
)
def test_what_is_no_monotone_map_is_refused(margins: tuple[float, ...], images: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError):
        MonotoneMap(margins=margins, log_odds=images)


def test_certainty_has_finite_log_odds() -> None:
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
