"""A bootstrap draw is a sample of clusters: its figures are those of the drawn rows written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.figures.bootstrap import LEVEL, Bootstrap, Interval
from training.figures.metrics import figures

DRAWS = 6


def drawn_rows(clusters: list[str], draws: int, seed: int) -> list[np.ndarray]:
    """Row numbers of each draw: as many clusters as there are, with replacement, each with all its rows."""
    rows: dict[str, list[int]] = {name: [] for name in sorted(set(clusters))}
    for row, own in enumerate(clusters):
        rows[own].append(row)
    each, rng = list(rows.values()), np.random.default_rng(seed)
    return [
        np.array([row for pick in rng.integers(0, len(each), len(each)) for row in each[pick]])
        for _ in range(draws)
    ]


@given(st.integers(0, 9999), st.integers(8, 60), st.integers(2, 12), st.sampled_from([0.05, 0.2, 1e-6]))
def test_the_figures_of_a_draw_are_those_of_its_rows(seed, rows, accounts, step):
    rng = np.random.default_rng(seed)
    p = np.clip(np.round(rng.random(rows) / step) * step, 1e-6, 1 - 1e-6)  # steps make ties
    y = (rng.random(rows) < p).astype(np.float64)
    clusters = [f"account {i}" for i in rng.integers(0, accounts, rows)]
    other = rng.random(rows) * 0.9 + 0.05
    found = Bootstrap(y, np.array(clusters, dtype=object), DRAWS, seed).samples({"a": p, "b": other})
    for draw, drawn in enumerate(drawn_rows(clusters, DRAWS, seed)):
        for name, scored in (("a", p), ("b", other)):
            for figure, value in figures(y[drawn], scored[drawn]).items():
                if figure in ("ece", "intercept", "slope"):
                    continue
                told = found[name][figure][draw]
                expected = float("nan") if value is None else value
                assert told == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True), figure


@pytest.mark.parametrize(
    ("n", "within"), [(150, 1e-6), (200, 1e-6), (3000, 5e-3)]
)  # more than 200 share bins
@pytest.mark.parametrize("steepness", [0.4, 1.0, 2.5])
def test_the_slope_of_a_draw_is_that_of_a_regression_on_its_rows(n, within, steepness):
    rng = np.random.default_rng(n)
    x = rng.normal(-1, 1.2, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(np.float64)
    p = 1 / (1 + np.exp(-steepness * x))
    clusters = [f"{i // 3:04d}" for i in range(n)]
    found = Bootstrap(y, np.array(clusters, dtype=object), 8, 3).samples({"a": p})["a"]["slope"]
    for told, drawn in zip(found, drawn_rows(clusters, 8, 3), strict=True):
        expected = figures(y[drawn], p[drawn])["slope"]
        assert expected is not None
        assert told == pytest.approx(expected, rel=within)


def test_a_steep_slope_of_tied_scores_is_found_to_its_end():
    p = np.repeat([0.45, 0.5, 0.55], 400)
    y = np.concatenate([np.arange(400) < won for won in (8, 200, 392)]).astype(np.float64)
    alone = np.array(["one"] * len(y), dtype=object)
    told = Bootstrap(y, alone, 1, 1).samples({"a": p})["a"]["slope"][0]
    assert told == pytest.approx(math.log(49) / math.log(0.55 / 0.45), rel=1e-6)


def test_a_constant_score_has_no_slope_and_a_single_class_no_rank():
    y, clusters = np.array([0.0, 1.0, 1.0]), np.array(["a", "b", "c"], dtype=object)
    constant = Bootstrap(y, clusters, 5, 1).samples({"a": np.full(3, 0.3)})["a"]
    assert np.isnan(constant["slope"]).all()
    assert constant["slope"].shape == constant["auc"].shape == (5,)
    lost = Bootstrap(np.zeros(3), clusters, 5, 1).samples({"a": np.array([0.1, 0.2, 0.3])})["a"]
    assert np.isnan(lost["auc"]).all()
    assert (lost["observed_expected"] == 0).all()


def test_draws_differ_from_each_other_and_take_every_cluster_as_often():
    y = np.tile([0.0, 1.0], 50)
    clusters = np.array([f"{i:02d}" for i in range(100)], dtype=object)
    kept = Bootstrap(y, clusters, 400, 7)
    sums = np.array([kept.samples({"a": np.linspace(0.01, 0.99, 100)})["a"]["observed_expected"]])[0]
    assert len(np.unique(sums)) > 300
    assert sums.mean() == pytest.approx(1.0, abs=0.02)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40), st.sampled_from([None, 0.5, 0.8, 0.95]))
def test_an_interval_leaves_the_same_share_out_on_both_sides(draws, level):
    with_gaps = np.array([*draws, float("nan")])
    found = Interval.of(with_gaps) if level is None else Interval.of(with_gaps, level)
    tail = (1 - (LEVEL if level is None else level)) / 2
    ordered = sorted(draws)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = math.floor(place)
        high = min(low + 1, len(ordered) - 1)
        return ordered[low] + (place - low) * (ordered[high] - ordered[low])

    assert (found.low, found.high) == (
        pytest.approx(at(tail), abs=1e-9),
        pytest.approx(at(1 - tail), abs=1e-9),
    )


def test_an_interval_excludes_what_lies_outside_and_not_its_ends():
    interval = Interval(0.1, 0.3)
    assert [interval.excludes(x) for x in (0.05, 0.1, 0.2, 0.3, 0.35)] == [True, False, False, False, True]
    unknown = Interval.of(np.array([np.nan]))
    assert math.isnan(unknown.low)
    assert math.isnan(unknown.high)
    assert unknown.excludes(0.0) is False


def test_sums_are_by_cluster_in_the_order_of_their_names():
    y = np.zeros(4)
    kept = Bootstrap(y, np.array(["b", "a", "b", "c"], dtype=object), 1, 1)
    assert kept.per_cluster(np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [2.0, 5.0, 8.0]
