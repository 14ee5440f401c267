"""Few conversions choose a line by all outcomes: noise is shrunk away, signal is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import default_features
from tests.training.test_candidates import company
from training.choosing.bench import Bench
from training.choosing.choose import choose_settings
from training.figures.newton import fit_logistic, log_marginal
from training.history.excerpt import Excerpt

SEEDS = range(12)


def bench_of(seed: int, slope: float, leads: int = 300) -> Bench:
    """Leads of which about a tenth converts, by `slope` times a; b says nothing."""
    rng = np.random.default_rng([seed, 6])
    a, b = rng.normal(size=(2, leads))
    y = rng.random(leads) < 1 / (1 + np.exp(2.2 + slope**2 / 2 - slope * a))
    recipe, labelled, rows = company(a, b, y)
    return Bench.of(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows))


def penalty(bench: Bench) -> float:
    return bench.linears[0].candidate.linear.penalty


def test_noise_is_shrunk_to_nothing_and_signal_is_kept():
    noise, signal = ([bench_of(seed, slope) for seed in SEEDS] for slope in (0.0, 1.5))
    assert {bench.many for bench in (*noise, *signal)} == {0.0}
    assert np.median([penalty(bench) for bench in noise]) == 1000
    assert max(penalty(bench) for bench in signal) <= 10


def test_a_handful_of_conversions_without_a_fold_choose_too():
    bench = bench_of(0, 2.5, leads=60)
    assert not bench.folds
    settled = choose_settings(bench.recipe, bench.excerpt)
    assert [one.kind for one in settled.members] == ["linear", "bayes"]
    assert settled.linear.penalty == penalty(bench) <= 10


def test_many_conversions_choose_by_newer_rows_alone():
    bench = bench_of(0, 1.0, leads=6000)
    assert bench.many == 1
    assert all(one.cost == one.candidate.loss for one in bench.linears)


@pytest.mark.parametrize(("leads", "goes_on"), [(400, False), (6000, True)])
def test_how_a_calendar_goes_on_few_conversions_do_not_say(leads, goes_on):
    day = np.linspace(0.0, 1.0, leads)
    y = np.random.default_rng(3).random(leads) < 0.1 + 0.3 * day
    recipe, labelled, rows = company(day, np.zeros(leads), y)
    excerpt = Excerpt.of(recipe, labelled, default_features(recipe), rows)
    bench = Bench.of(recipe, excerpt)
    choice = bench.linears[0].candidate.linear
    line = bench.line_of(choice).steps[-1].linear
    ends = {"b": np.zeros(2), "record_filled": np.ones(2)}
    last, after = line.margin({"a": np.array([1.0, 1.2]), **ends})
    assert after > last if goes_on else after == last


@given(st.integers(0, 10_000), st.floats(-1.5, 1.5))
@settings(max_examples=10, deadline=None)
def test_the_marginal_likelihood_is_that_of_all_weights_drawn(seed, slope):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=150)
    y = (rng.random(150) < 1 / (1 + np.exp(-slope * x))).astype(np.float64)
    found = [
        log_marginal(x[:, None], y, one, np.hstack(fit_logistic(x[:, None], y, one))) for one in (3.0, 100.0)
    ]
    assert found[0] - found[1] == pytest.approx(by_hand(x, y, 3.0) - by_hand(x, y, 100.0), abs=0.05)


def by_hand(x: np.ndarray, y: np.ndarray, precision: float) -> float:
    """The mean likelihood over a grid of weights, normal around 0, and of intercepts, all alike."""
    level, weight = np.linspace(-2, 2, 61), np.linspace(-3, 3, 121)
    margin = level[:, None, None] + weight[None, :, None] * x
    log = (y * margin - np.logaddexp(0, margin)).sum(axis=2) - precision / 2 * weight**2
    return float(np.log(np.exp(log - log.max()).sum()) + log.max() + np.log(precision) / 2)


@given(st.integers(0, 10_000), st.integers(2, 5))
@settings(max_examples=20, deadline=None)
def test_rows_that_repeat_a_lead_say_no_more_than_the_lead(seed, times):
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(90, 3)), (rng.random(90) < 0.3).astype(np.float64)
    once, often = [], []
    for one in (1.0, 30.0):
        once.append(log_marginal(X, y, one, np.hstack(fit_logistic(X, y, one))))
        X_often, y_often, same = np.repeat(X, times, axis=0), np.repeat(y, times), one * times
        solution = np.hstack(fit_logistic(X_often, y_often, same))
        often.append(log_marginal(X_often, y_often, same, solution, 1 / times))
    assert often[0] - often[1] == pytest.approx(once[0] - once[1], abs=1e-4)
