"""Which map and which rung are chosen, against the rule read a second time."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock.instants import DAY_US
from features.columns import Column, Columns
from features.tables.history_end import HistoryEnd
from serving.calibration.maps import MonotoneMap
from tests.made import scorers
from training.calibration.choice import choose
from training.calibration.fit import mean_interval
from training.choosing.ladder import choose_top
from training.history.history import History
from training.history.labelled import Labelled
from training.judging.evidence import Difference, Evidence

Fitted = list[tuple[list[float], list[float]]]


def candidates(fitted: dict[str, Fitted]) -> dict[str, Callable[[np.ndarray, np.ndarray], MonotoneMap]]:
    """Straight maps that keep the rows that they were fitted on."""

    def straight(name: str, slope: float, shift: float) -> Callable[[np.ndarray, np.ndarray], MonotoneMap]:
        def fit(margin: np.ndarray, y: np.ndarray) -> MonotoneMap:
            fitted.setdefault(name, []).append((margin.tolist(), y.tolist()))
            return MonotoneMap.platt(slope, shift)

        return fit

    lines = {"identity": (1.0, 0.0), "flatter": (0.5, 0.0), "steeper": (2.0, 0.0), "higher": (1.0, 1.0)}
    return {name: straight(name, *line) for name, line in lines.items()}


LINES = {"identity": (1.0, 0.0), "flatter": (0.5, 0.0), "steeper": (2.0, 0.0), "higher": (1.0, 1.0)}


def loss(y: float, log_odds: float) -> float:
    """−ln of the probability of what happened."""
    return math.log1p(math.exp(-log_odds if y else log_odds))


@given(st.integers(0, 9999), st.sampled_from([(1.0, 0.0), (0.4, 0.0), (2.5, 0.0), (1.0, 1.2), (0.5, 1.0)]))
def test_a_map_is_chosen_where_rows_of_new_clusters_in_the_newer_half_surely_ask_for_it(seed, truth):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(350, 450))
    margin = rng.normal(0, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-(truth[0] * margin + truth[1])))).astype(float)
    order = rng.integers(0, 60, n)  # ties, which the clusters' names put in order
    clusters = np.array([f"c{order[i] // 9 * 20 + i % 20:04d}" for i in range(n)], dtype=object)
    fitted: dict[str, Fitted] = {}
    found = choose(margin, y, clusters, order, seed=seed, candidates=candidates(fitted))
    rows = sorted(range(n), key=lambda i: (order[i], clusters[i]))
    older, newer = rows[: n // 2], rows[n // 2 :]
    seen = {clusters[i] for i in older}
    newer = [i for i in newer if clusters[i] not in seen]
    best, told = "identity", []
    for name in ("flatter", "steeper", "higher"):
        losses = {
            one: np.array([loss(y[i], LINES[one][0] * margin[i] + LINES[one][1]) for i in newer])
            for one in (best, name)
        }
        gain = losses[best] - losses[name]
        interval = mean_interval(gain, clusters[newer], seed)
        told.append((name, best, pytest.approx(gain.mean()), pytest.approx((interval.low, interval.high))))
        best = name if interval.low > 0 else best
    trials = [(t.name, t.against, t.gain, (t.interval.low, t.interval.high)) for t in found.trials]
    assert trials == told
    assert (found.name, found.calibration) == (best, MonotoneMap.platt(*LINES[best]))
    known = sorted((margin[i], y[i]) for i in older)
    for name, fits in fitted.items():
        assert sorted(zip(*fits[0], strict=True)) == known
        assert len(fits) == 1 + (name == best)
        if name == best:
            assert sorted(zip(*fits[1], strict=True)) == sorted(zip(margin, y, strict=True))


@pytest.mark.parametrize(("won", "lost", "tried"), [(25, 25, True), (24, 40, False), (40, 24, False)])
@pytest.mark.parametrize("scarce", ["older", "newer"])
def test_a_map_is_thought_of_with_25_of_each_class_in_each_half(won, lost, tried, scarce):
    few = [1.0] * won + [0.0] * lost
    plenty = [1.0] * (len(few) // 2) + [0.0] * (len(few) - len(few) // 2)
    y = np.array(few + plenty if scarce == "older" else plenty + few)
    assert min(sum(plenty), len(plenty) - sum(plenty)) >= 25
    margin = np.where(y > 0, 1.0, -1.0)
    clusters = np.array([f"{i:04d}" for i in range(len(y))], dtype=object)
    found = choose(margin, y, clusters, np.arange(len(y)), seed=1, candidates=candidates({}))
    assert bool(found.trials) == tried
    if not tried:
        assert (found.name, found.calibration) == ("identity", MonotoneMap.identity())


def labelled(
    label: np.ndarray, age: np.ndarray | None = None, columns: dict[str, Column] | None = None, each: int = 1
) -> Labelled:
    """One row a lead, or `each` rows."""
    n = len(label)
    frame = pd.DataFrame(
        {
            "lead_id": [f"lead {i // each}" for i in range(n)],
            "account_id": None,
            "as_of_us": np.arange(n) * DAY_US,
            "age_days": np.zeros(n) if age is None else age,
            "label": label,
            "order": np.arange(n),
        }
    )
    return Labelled(frame, columns or {})


def history_of(won: int) -> History:
    """`won` converted leads of two rows each, and some lost ones."""
    rows = labelled(np.array([1.0] * 2 * won + [0.0] * 60), each=2)
    rules = scorers.rules()
    return History(
        scorers.recipe(),
        rules,
        "",
        (),
        None,
        rows,
        Columns({}, 0),
        0,
        [],
        [],
        [],
        "",
        HistoryEnd(0, 0, "", {}),
    )


def before_the_test(low: float | None, high: float | None) -> Evidence:
    gap = Difference(scorer="model", versus="bayes", figure="log_loss", difference=0.001, low=low, high=high)
    return Evidence(
        n_test=1, n_test_leads=1, won=1, base_rate=0.1, first_us=0, last_us=1, draws=1,
        best_baseline="bayes", comparison=[], differences=[gap],
    )  # fmt: skip


LEVEL, ABOVE, BELOW = (-0.01, 0.01), (0.001, 0.01), (-0.01, -0.001)
RULE = [
    (None, 99, "bayes"), (None, 100, "model"), (None, 1000, "model"),
    (LEVEL, 99, "bayes"), (LEVEL, 100, "model"), (LEVEL, 999, "model"), (LEVEL, 1000, "model"),
    (ABOVE, 20, "bayes"), (ABOVE, 100, "bayes"), (ABOVE, 999, "bayes"), (ABOVE, 1000, "model"),
    (BELOW, 20, "model"), (BELOW, 100, "model"), (BELOW, 1000, "model"),
    ((None, 0.01), 99, "bayes"), ((0.001, None), 100, "model"), ((None, None), 100, "model"),
]  # fmt: skip


@pytest.mark.parametrize(("gap", "won", "top"), RULE)
def test_evidence_decides_who_answers_else_a_hundred_conversions_and_a_thousand_always_do(gap, won, top):
    history = history_of(won)
    earlier = None if gap is None else before_the_test(*gap)
    found = choose_top(history, np.arange(len(history.labelled.frame)), earlier)
    assert (found.top, found.converted_leads) == (top, won)
    known = gap is not None and None not in gap
    assert (found.difference, found.low, found.high) == ((0.001, *gap) if known else (None, None, None))
    decided = known and gap != LEVEL and won < 1000
    assert (f"{won} converted leads" in found.words) == (not decided)
    assert ("log loss before the test" in found.words) == known
    assert found.words.endswith(".")


def test_only_the_rows_that_may_be_fitted_count():
    history = history_of(120)
    assert choose_top(history, np.arange(2 * 99), None).top == "bayes"
    assert choose_top(history, np.arange(2 * 100), None).top == "model"


def test_a_map_that_gains_nothing_leaves_the_identity():
    margin = np.linspace(-2, 2, 400)
    y = (np.arange(400) % 3 == 0).astype(float)
    clusters = np.array([f"c{i}" for i in range(400)], dtype=object)
    alike = {"identity": lambda m, y: MonotoneMap.identity(), "same": lambda m, y: MonotoneMap.identity()}
    found = choose(margin, y, clusters, np.arange(400), seed=1, candidates=alike)
    assert (found.name, found.trials[0].gain, found.trials[0].interval.low) == ("identity", 0.0, 0.0)
