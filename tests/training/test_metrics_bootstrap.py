"""The bootstrap: paired, by cluster, the same for a seed, and right where statistics knows the answer."""

from __future__ import annotations

import numpy as np
import pytest

from training.figures.bootstrap import Bootstrap, Interval
from training.figures.metrics import figures


@pytest.fixture(scope="module")
def sample() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.normal(-1.5, 1, 3000)
    y = (rng.random(3000) < 1 / (1 + np.exp(-x))).astype(np.float64)
    return y, 1 / (1 + np.exp(-1.3 * x)), np.array([f"lead {i // 3}" for i in range(3000)], dtype=object)


def test_equal_scorers_differ_by_exactly_nothing(sample):
    y, p, clusters = sample
    found = Bootstrap(y, clusters, 50, 1).samples({"a": p, "b": p.copy()})
    for figure, draws in found["a"].items():
        assert np.array_equal(draws, found["b"][figure]), figure


def test_the_same_seed_draws_the_same(sample):
    y, p, clusters = sample
    a, b, c = (Bootstrap(y, clusters, 20, seed).samples({"a": p})["a"]["auc"] for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_draws_surround_the_figures_of_the_sample(sample):
    y, p, clusters = sample
    draws = Bootstrap(y, clusters, 300, 1).samples({"a": p})["a"]
    whole = figures(y, p)
    for name in ("auc", "log_loss", "brier", "slope", "observed_expected", "lift_10", "average_precision"):
        interval = Interval.of(draws[name])
        assert not interval.excludes(whole[name] or 0.0), name
        assert abs(draws[name].mean() - (whole[name] or 0.0)) < draws[name].std(), name


def test_the_slope_in_bins_is_the_slope_of_the_rows(sample):
    y, p, _ = sample
    alone = np.array(["one"] * len(y), dtype=object)
    draws = Bootstrap(y, alone, 2, 1).samples({"a": p})["a"]
    assert draws["slope"][0] == pytest.approx(figures(y, p)["slope"], abs=0.005)
    assert draws["auc"][0] == pytest.approx(figures(y, p)["auc"])


def test_the_interval_of_a_mean_is_that_of_the_textbook(sample):
    y, p, _ = sample
    each = np.arange(len(y)).astype(object)
    draws = Bootstrap(y, each, 1000, 1).samples({"a": p})["a"]["brier"]
    standard_error = np.std((p - y) ** 2) / np.sqrt(len(y))
    assert draws.std() == pytest.approx(standard_error, rel=0.1)


def test_rows_of_a_cluster_come_together(sample):
    y, p, _ = sample
    repeated = np.tile(y, 2), np.tile(p, 2), np.tile(np.arange(len(y)), 2).astype(object)
    once = Bootstrap(y, np.arange(len(y)).astype(object), 300, 1).samples({"a": p})["a"]["log_loss"].std()
    twice = Bootstrap(repeated[0], repeated[2], 300, 1).samples({"a": repeated[1]})["a"]["log_loss"].std()
    assert twice == pytest.approx(once, rel=1e-9)


def test_a_draw_is_the_sample_with_its_clusters_as_often_as_they_were_drawn(sample):
    y, p, clusters = sample
    some = np.arange(300)
    y, p, clusters = y[some], np.round(p[some], 2), clusters[some]
    names, cluster = np.unique(clusters.astype(str), return_inverse=True)
    drawn = Bootstrap(y, clusters, 5, 9).samples({"a": p})["a"]
    means = Bootstrap(y, clusters, 5, 9).means(p)
    rng = np.random.default_rng(9)
    for draw in range(5):
        picked = rng.integers(0, len(names), len(names))
        assert np.bincount(picked).max() > 2, "a cluster more than once, else nothing is shown"
        rows = np.concatenate([np.flatnonzero(cluster == one) for one in picked])
        literal = figures(y[rows], p[rows])
        for figure in ("auc", "average_precision", "lift_10", "log_loss", "brier", "observed_expected"):
            assert drawn[figure][draw] == pytest.approx(literal[figure], rel=1e-9), figure
        assert drawn["slope"][draw] == pytest.approx(literal["slope"], abs=0.005)
        assert means[draw] == pytest.approx(p[rows].mean())


def test_an_interval_without_draws_excludes_nothing():
    assert not Interval.of(np.array([np.nan, np.nan])).excludes(0.0)
