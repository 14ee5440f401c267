"""Few conversions choose a line by all outcomes: noise is shrunk away, signal is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import default_features
from features.recipe.file import parse_recipe
from tests.training.test_candidates import RECIPE, company
from training.choosing.bench import Bench
from training.choosing.choose import choose_settings
from training.figures.newton import fit_logistic, log_marginal
from training.figures.number_range import with_room
from training.fitting.encode import PLAINLY
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


def of_many_columns(seed: int, slope: float, leads: int) -> Bench:
    """As `bench_of` with 25 columns, half converting, of which the first says something, and no fold."""
    rng = np.random.default_rng([seed, 7])
    names = [f"c{i}" for i in range(25)]
    X = rng.normal(size=(25, leads))
    y = rng.random(leads) < 1 / (1 + np.exp(-slope * X[0]))
    text = RECIPE.replace("a = {", "".join(f"{name} = {{ type = 'number' }}\n" for name in names) + "a = {")
    recipe, labelled, rows = company(*np.zeros((2, leads)), y, text)
    labelled = replace(labelled, columns={**labelled.columns, **dict(zip(names, X, strict=True))})
    return Bench(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows), [])


def climbing(seed: int, level: float = 0.0, won: int | None = None, leads: int = 600) -> Bench:
    """A calendar that climbs from `level` by 1, and what it says; `won` leads converted among newer rows."""
    rng = np.random.default_rng([seed, 8])
    day, b = np.linspace(0, 1, leads), rng.normal(size=leads)
    ease = rng.random(leads) - 0.5 * day - 0.1 * b

    def converted(y: np.ndarray) -> Bench:
        recipe, labelled, rows = company(level + day, b, y)
        return Bench.of(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows))

    if won is None:
        return converted(ease < np.quantile(ease, 0.1))
    newer = converted(ease < np.median(ease)).newer
    return converted(ease <= np.sort(ease[newer])[won - 1])


def test_noise_is_shrunk_to_nothing_and_signal_is_kept():
    noise, signal = ([bench_of(seed, slope) for seed in SEEDS] for slope in (0.0, 1.5))
    assert {bench.many for bench in (*noise, *signal)} == {0.0}
    assert np.median([penalty(bench) for bench in noise]) == 1000
    assert max(penalty(bench) for bench in signal) <= 10


def test_without_a_fold_noise_is_shrunk_to_nothing_and_signal_is_kept():
    noise = [penalty(of_many_columns(seed, 0.0, leads)) for seed in SEEDS for leads in (20, 40)]
    assert np.mean([one == 1000 for one in noise]) > 0.9
    assert min(noise) >= 10
    assert max(penalty(of_many_columns(seed, 2.5, 120)) for seed in SEEDS) <= 30


def test_nothing_to_fit_is_no_error():
    recipe, labelled, rows = company(*np.zeros((3, 0)))
    settled = choose_settings(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows))
    assert settled.linear.penalty == 1000


@pytest.mark.slow
def test_the_baseline_is_chosen_on_the_folds_however_few_converted():
    differs = 0
    for seed in SEEDS:
        few, judged = climbing(seed), climbing(seed)
        vars(judged)["many"] = 1.0
        assert few.many == 0
        assert few.plain_penalty == judged.plain_penalty
        differs += few.linears[0].candidate != judged.linears[0].candidate
    assert differs


@pytest.mark.parametrize("level", [0.0, 5000.0])
def test_one_more_conversion_moves_a_line_beyond_its_range_by_little(level):
    found = []
    for won in (150, 151, 152):
        bench = climbing(0, level, won)
        assert bench.many == pytest.approx((won - 150) / 100)
        assert "a" in bench.calendars
        line = bench.line_of(replace(bench.linears[0].candidate.linear, penalty=1.0)).steps[-1].linear
        far = level + np.array([1.0, 1.1, 1.5])
        found.append(line.margin({"a": far, "b": np.zeros(3), "record_filled": np.ones(3)}))
    assert abs(np.diff(found, axis=0)).max() < 0.1
    free = bench.line_of(replace(bench.linears[0].candidate.linear, penalty=1.0, reading=PLAINLY))
    beyond = free.steps[-1].linear.margin({"a": far, "b": np.zeros(3), "record_filled": np.ones(3)})
    assert beyond[-1] - found[0][-1] > 0.5


@given(st.floats(-1e6, 1e6), st.floats(1.0, 1e3), st.floats(0, 1), st.floats(0, 1))
def test_room_grows_from_nothing_to_all_that_a_calendar_may_have(low, span, one, other):
    ends = low, low + span
    size = max(ends[1] - low, abs(low), abs(ends[1]))
    assert with_room(ends, 0.0) == ends
    assert with_room(ends, 1.0) == (low - size, ends[1] + size)
    less, more = (with_room(ends, share) for share in sorted((one, other)))
    assert more[0] <= less[0] <= low
    assert more[1] >= less[1] >= ends[1]
    assert with_room(ends, 0.01)[1] - ends[1] <= 0.02 * span


def test_a_handful_of_conversions_without_a_fold_choose_too():
    timely = bench_of(1, 2.0).excerpt
    late = replace(timely.labelled, frame=timely.labelled.frame.assign(label_known_us=len(timely.rows)))
    recipe = parse_recipe(RECIPE)
    bench = Bench.of(recipe, Excerpt.of(recipe, late, default_features(recipe), timely.rows))
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
