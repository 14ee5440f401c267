"""Calibration candidates rise, stay inside 0 and 1, mend what is bent, and leave alone what is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.columns import Floats
from serving.calibration.maps import FLOOR, MonotoneMap
from training.calibration.calibrators import CALIBRATORS, Calibrator
from training.calibration.choice import choose
from training.calibration.interval import interval_maps
from training.figures.isotonic import grouped, pooled
from training.figures.reliability import calibration_line

EVERY = pytest.mark.parametrize("calibrate", CALIBRATORS.values(), ids=CALIBRATORS.keys())


def outcomes(rows: int, seed: int, slope: float = 1.0, shift: float = 0.0) -> tuple[Floats, Floats]:
    """Margins around −1.5, and outcomes whose true log-odds are slope × margin + shift."""
    random = np.random.default_rng(seed)
    margin = random.normal(-1.5, 1.3, rows)
    rate = 1 / (1 + np.exp(-(slope * margin + shift)))
    return margin, (random.random(rows) < rate).astype(np.float64)


def alone(rows: int) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Each row a cluster of its own, in the order of time."""
    return np.arange(rows).astype(object), np.arange(rows, dtype=np.int64)


pairs = st.lists(
    st.tuples(st.floats(-30, 30), st.sampled_from([0.0, 1.0])),
    min_size=1,
    max_size=60,
    unique_by=lambda p: p[0],
)


@EVERY
@settings(max_examples=25, deadline=None)
@given(rows=pairs)
def test_every_map_rises_and_never_reaches_0_or_1(
    calibrate: Calibrator, rows: list[tuple[float, float]]
) -> None:
    margin, y = np.array(rows).T
    found = calibrate(margin, y).of(np.sort(np.r_[margin, np.linspace(-60, 60, 400)]))
    assert np.all(np.diff(found) >= 0)
    assert found.min() >= FLOOR
    assert found.max() <= 1 - FLOOR


@EVERY
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(calibrate: Calibrator, seed: int) -> None:
    margin, y = outcomes(200, seed)
    turned = np.random.default_rng(seed).permutation(200)
    found, again = calibrate(margin, y), calibrate(margin[turned], y[turned])
    np.testing.assert_allclose(again.of(margin), found.of(margin), atol=1e-4)


@EVERY
def test_equal_margins_and_few_rows_are_no_obstacle(calibrate: Calibrator) -> None:
    same = calibrate(np.full(40, -2.0), np.r_[np.ones(8), np.zeros(32)])
    rate = same.of(np.array([-2.0]))[0]
    assert rate == pytest.approx(0.2, abs=0.05) or same == MonotoneMap.identity()
    for y in ([0.0], [1.0]):
        assert np.isfinite(calibrate(np.array([0.3]), np.array(y)).logits(np.array([-5.0, 5.0]))).all()


@pytest.mark.parametrize("name", ["platt", "beta", "isotonic", "venn_abers"])
@pytest.mark.parametrize("slope", [0.5, 1.6])
def test_a_distorted_slope_is_restored(name: str, slope: float) -> None:
    margin, y = outcomes(6000, seed=1, slope=slope, shift=-0.4)
    asked, truth = outcomes(6000, seed=2, slope=slope, shift=-0.4)
    found, _ = calibration_line(truth, CALIBRATORS[name](margin, y).of(asked))
    assert found == pytest.approx(1.0, abs=0.12)
    assert calibration_line(truth, MonotoneMap.identity().of(asked))[0] == pytest.approx(slope, abs=0.1)


def test_beta_bends_where_a_line_cannot() -> None:
    margin, _ = outcomes(20_000, seed=3)
    bent = np.where(margin < 0, 0.4 * margin, 1.8 * margin)
    y = (np.random.default_rng(4).random(len(bent)) < 1 / (1 + np.exp(-bent))).astype(np.float64)
    grid = np.linspace(-4, 2, 50)
    truth = np.where(grid < 0, 0.4 * grid, 1.8 * grid)
    line, curve = (
        np.abs(CALIBRATORS[name](margin, y).logits(grid) - truth).max() for name in ("platt", "beta")
    )
    assert curve < 0.6 * line


def test_pooled_rates_are_those_of_scikit_learn() -> None:
    from sklearn.isotonic import isotonic_regression

    random = np.random.default_rng(5)
    values, weights = random.random(200), random.uniform(0.5, 3, 200)
    np.testing.assert_allclose(pooled(values, weights), isotonic_regression(values, sample_weight=weights))


def test_a_venn_abers_pair_is_that_of_its_definition() -> None:
    from sklearn.isotonic import IsotonicRegression

    margin, y = outcomes(150, seed=6)
    groups = grouped(margin, y)
    for x in (-4.0, float(np.round(margin[7], 9)), -1.0, 3.0):
        for won in (0.0, 1.0):
            plain = IsotonicRegression().fit(np.r_[np.round(margin, 9), x], np.r_[y, won])
            assert groups.with_row(x, won, 1.0).rate_at(x)[0] == pytest.approx(plain.predict([x])[0])


@pytest.mark.parametrize("seed", range(4))
def test_what_is_calibrated_keeps_the_identity(seed: int) -> None:
    margin, y = outcomes(1200, seed)
    assert choose(margin, y, *alone(1200), seed=seed).calibration == MonotoneMap.identity()


def test_what_is_distorted_is_mended_and_the_trials_say_by_how_much() -> None:
    margin, y = outcomes(4000, seed=7, slope=0.4, shift=-0.8)
    found = choose(margin, y, *alone(4000), seed=7)
    assert found.name == "platt"
    assert [trial.name for trial in found.trials] == ["platt", "beta", "isotonic", "venn_abers"]
    assert [fold.interval.low > 0 for fold in found.trials[0].folds] == [True] * 3
    assert {trial.against for trial in found.trials[1:]} == {"platt"}
    assert calibration_line(y, found.calibration.of(margin))[0] == pytest.approx(1.0, abs=0.05)


def test_the_choice_is_made_out_of_time_not_by_the_order_of_rows() -> None:
    margin, y = outcomes(2000, seed=8, slope=0.5)
    clusters, order = alone(2000)
    turned = np.random.default_rng(8).permutation(2000)
    found = choose(margin, y, clusters, order, seed=8)
    again = choose(margin[turned], y[turned], clusters[turned], order[turned], seed=8)
    assert again.name == found.name
    assert again.calibration == found.calibration


def test_a_distortion_of_the_past_alone_is_not_mended() -> None:
    old, lost = outcomes(1500, seed=9, slope=0.3, shift=-1.0)
    new, won = outcomes(1500, seed=10)
    assert choose(np.r_[old, new], np.r_[lost, won], *alone(3000), seed=9).name == "identity"


@pytest.mark.parametrize("moved", [0.7, -0.7, 1.2])
def test_a_level_that_went_and_came_back_is_followed_by_no_map(moved: float) -> None:
    """Judged on the newer half as one, its first quarter asked for a line that its last one refutes."""
    margin, y = outcomes(6000, seed=20)
    margin[1500:4500] += moved
    found = choose(margin, y, *alone(6000), seed=20)
    assert found.trials[0].folds[1].interval.low > 0, "a line surely gains while the level is away"
    assert found.name == "identity"


def test_what_became_of_accounts_known_before_judges_no_map() -> None:
    margin, y = outcomes(3000, seed=14, slope=0.6)
    clusters, order = alone(3000)
    known = np.arange(2250, 3000, 3)  # rows of the newest part whose account is in the oldest one
    clusters[known] = clusters[known - 2250]
    otherwise = y.copy()
    otherwise[known] = 1 - y[known]
    newest = [
        choose(margin, one, clusters, order, seed=14).trials[0].folds[-1].gain for one in (y, otherwise)
    ]
    assert newest[0] == newest[1]
    clusters[1500:] = clusters[:1500]
    assert choose(margin, y, clusters, order, seed=14).trials == ()


def test_few_outcomes_keep_the_identity_without_a_trial() -> None:
    margin, y = outcomes(60, seed=11, slope=0.2)
    assert choose(margin, y, *alone(60), seed=11).trials == ()


@pytest.mark.parametrize("slope", [1.0, 0.5])
def test_intervals_hold_the_true_rate_and_the_point_and_narrow_with_outcomes(slope: float) -> None:
    asked = np.linspace(-4, 1.5, 300)
    truth = 1 / (1 + np.exp(-slope * asked))
    widths = []
    for rows, times in ((200, 80), (2000, 80), (20_000, 5)):
        width, held = [], []
        for seed in range(times):
            margin, y = outcomes(rows, seed=12 + rows + seed, slope=slope)
            point = CALIBRATORS["platt"](margin, y)
            lower, upper = (end.of(asked) for end in interval_maps(margin, y, alone(rows)[0], point))
            assert np.all(lower <= point.of(asked) + 1e-9)
            assert np.all(point.of(asked) <= upper + 1e-9)
            width.append(float((upper - lower).mean()))
            held.append(float(((lower <= truth) & (truth <= upper)).mean()))
        widths.append(float(np.mean(width)))
        if times > 5:  # one history errs everywhere at once: only many tell how often
            assert 0.7 < np.mean(held) < 0.9
    assert widths[0] > 1.8 * widths[1] > 1.8 * 1.5 * widths[2]


def test_intervals_are_wider_for_repeated_rows_and_beyond_what_was_seen() -> None:
    margin, y = outcomes(400, seed=13)
    point = MonotoneMap.identity()
    accounts = np.repeat(np.arange(400), 5).astype(object)
    repeated = interval_maps(np.repeat(margin, 5), np.repeat(y, 5), accounts, point)
    believed = interval_maps(np.repeat(margin, 5), np.repeat(y, 5), alone(2000)[0], point)

    def width(maps: tuple[MonotoneMap, MonotoneMap], at: Floats) -> Floats:
        return maps[1].logits(at) - maps[0].logits(at)

    assert width(repeated, margin).mean() > 1.3 * width(believed, margin).mean()
    assert np.all(np.diff(width(believed, np.array([margin.max(), 6.0, 9.0]))) > 0)
    assert np.all(np.diff(width(believed, np.array([margin.min(), -9.0, -12.0]))) > 0)
