"""Which map and which rung are chosen, against the rule read a second time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import FieldValue
from features.clock.instants import DAY_US
from features.columns import Column, Columns
from features.tables.history_end import HistoryEnd
from serving.calibration.maps import MonotoneMap
from tests.made import scorers
from training.calibration.choice import FoldGain, MapTrial, choose
from training.calibration.fit import mean_interval
from training.choosing.ladder import choose_top, top_of
from training.figures import Interval
from training.fitting import LinearChoice, Settings, TreeChoice
from training.fitting.settings import with_rates
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
def test_a_map_is_chosen_where_rows_of_new_clusters_ask_for_it_in_more_than_one_newer_part(seed, truth):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(700, 900))
    margin = rng.normal(0, 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-(truth[0] * margin + truth[1])))).astype(float)
    order = rng.integers(0, 60, n)  # ties, which the clusters' names put in order
    clusters = np.array([f"c{order[i] // 9 * 60 + i % 60:04d}" for i in range(n)], dtype=object)
    fitted: dict[str, Fitted] = {}
    found = choose(margin, y, clusters, order, seed=seed, candidates=candidates(fitted))
    rows = sorted(range(n), key=lambda i: (order[i], clusters[i]))
    ends = [sum(n // 4 + (part < n % 4) for part in range(number)) for number in range(5)]
    sides = []
    for number in (1, 2, 3):
        older = rows[: ends[number]]
        seen = {clusters[i] for i in older}
        newer = [i for i in rows[ends[number] : ends[number + 1]] if clusters[i] not in seen]
        sizes = [len({clusters[i] for i in side if y[i] == won}) for side in (older, newer) for won in (0, 1)]
        if min(sizes) >= 25:
            sides.append((older, newer))
    best, told = "identity", []
    for name in ("flatter", "steeper", "higher") if len(sides) > 1 else ():
        folds = []
        for _, newer in sides:
            losses = {
                one: np.array([loss(y[i], LINES[one][0] * margin[i] + LINES[one][1]) for i in newer])
                for one in (best, name)
            }
            gain = losses[best] - losses[name]
            interval = mean_interval(gain, clusters[newer], seed)
            folds.append((gain.mean(), interval.low, interval.high))
        told.append((name, best, [pytest.approx(fold) for fold in folds]))
        sure = sum(low > 0 for _, low, _ in folds) > 1
        best = name if sure and folds[-1][0] > 0 else best
    assert told == [
        (t.name, t.against, [(f.gain, f.interval.low, f.interval.high) for f in t.folds])
        for t in found.trials
    ]
    assert (found.name, found.calibration) == (best, MonotoneMap.platt(*LINES[best]))
    known = [sorted((margin[i], y[i]) for i in older) for older, _ in sides]
    for name, fits in fitted.items():
        pairs = [sorted(zip(*fit, strict=True)) for fit in fits]
        everything = sorted(zip(margin, y, strict=True))
        assert pairs == [*known, *([everything] if name == best else [])]


@pytest.mark.parametrize(("won", "lost", "tried"), [(25, 25, True), (24, 40, False), (40, 24, False)])
@pytest.mark.parametrize("scarce", [0, 1, 2])
@pytest.mark.parametrize("each", [1, 3])
def test_a_map_is_thought_of_with_25_clusters_of_each_class_on_both_sides_of_two_folds(
    won, lost, tried, scarce, each
):
    """Of the first three parts one is scarce, the newest has no conversion: two folds remain, or fewer."""
    few = [1.0] * won + [0.0] * lost
    plenty = [1.0] * (len(few) // 2) + [0.0] * (len(few) - len(few) // 2)
    assert min(sum(plenty), len(plenty) - sum(plenty)) >= 25
    y = np.array([*(few if part == scarce else plenty for part in range(3)), [0.0] * len(few)]).ravel()
    y = np.repeat(y, each)
    margin = np.where(y > 0, 1.0, -1.0)
    clusters = np.repeat(np.array([f"{i:04d}" for i in range(len(y) // each)], dtype=object), each)
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
    (None, 20, "model"), (None, 1000, "model"),
    ((0.0, 0.01), 20, "model"), ((-0.01, 0.0), 20, "model"),
    (LEVEL, 20, "model"), (LEVEL, 999, "model"), (LEVEL, 1000, "model"),
    (ABOVE, 20, "bayes"), (ABOVE, 50, "bayes"), (ABOVE, 999, "bayes"), (ABOVE, 1000, "model"),
    (BELOW, 20, "model"), (BELOW, 50, "model"), (BELOW, 1000, "model"),
    ((None, 0.01), 49, "model"), ((0.001, None), 50, "model"), ((None, None), 50, "model"),
]  # fmt: skip


@pytest.mark.parametrize(("gap", "won", "top"), RULE)
def test_evidence_decides_who_answers_else_the_model_and_from_a_thousand_conversions_on_always(gap, won, top):
    history = history_of(won)
    earlier = None if gap is None else before_the_test(*gap)
    found = choose_top(history, np.arange(len(history.labelled.frame)), earlier)
    assert (found.top, found.converted_leads) == (top, won)
    known = gap is not None and None not in gap
    assert (found.difference, found.low, found.high) == ((0.001, *gap) if known else (None, None, None))
    decided = known and gap in (ABOVE, BELOW) and won < 1000
    assert (f"{won} converted leads" in found.words) == (not decided)
    assert ("log loss before the test" in found.words) == known
    assert found.words.endswith("." if decided else "where the two are level the model answers.")


def test_where_a_sign_is_declared_rates_answer_alone_or_not_at_all():
    plain = history_of(70)
    signed = plain.recipe.lead.fields["company_size"].model_copy(update={"direction": 1})
    lead = plain.recipe.lead.model_copy(update={"fields": {"company_size": signed}})
    recipe = plain.recipe.model_copy(update={"lead": lead})
    history = replace(plain, recipe=recipe, features=(FieldValue("company_size", "number"),))
    # only the rows that may be fitted count
    assert choose_top(history, np.arange(2 * 49), None).top == "bayes"
    found = choose_top(history, np.arange(2 * 50), None)
    assert found.top == "model"
    assert "50 converted leads to learn from" in found.words
    assert "with declared signs from 50 on" in found.words


def test_one_kind_and_the_rates_are_half_each():
    found = with_rates(Settings("offset", LinearChoice(10.0), TreeChoice(5), 1.0))
    assert found.kind == "blend"
    assert [(one.kind, one.weight) for one in found.members] == [("offset", 0.5), ("bayes", 0.5)]


def test_a_map_that_gains_nothing_leaves_the_identity():
    margin = np.linspace(-2, 2, 400)
    y = (np.arange(400) % 3 == 0).astype(float)
    clusters = np.array([f"c{i}" for i in range(400)], dtype=object)
    alike = {"identity": lambda m, y: MonotoneMap.identity(), "same": lambda m, y: MonotoneMap.identity()}
    found = choose(margin, y, clusters, np.arange(400), seed=1, candidates=alike)
    gains = [(fold.gain, fold.interval.low) for fold in found.trials[0].folds]
    assert (found.name, gains) == ("identity", [(0.0, 0.0)] * 3)


@pytest.mark.parametrize(
    ("folds", "wins"),
    [
        ([(0.1, 0.05), (0.1, 0.05), (0.1, -0.05)], True),  # (gain, low end of its interval), oldest first
        ([(0.1, 0.05), (0.1, -0.05), (0.1, -0.05)], False),
        ([(0.1, 0.05), (0.1, 0.05), (-0.1, -0.2)], False),
        ([(0.1, 0.05), (0.1, 0.05), (0.0, -0.1)], False),
        ([(0.1, 0.05), (0.1, 0.0), (0.1, -0.05)], False),
        ([(0.1, 0.05), (-0.1, -0.2), (0.1, 0.05)], True),
        ([(-0.1, -0.2), (0.1, 0.05), (0.1, 0.05)], True),
    ],
)
def test_a_map_wins_by_two_sure_folds_and_a_gain_on_the_newest(folds, wins):
    gains = tuple(FoldGain(gain, Interval(low, 2 * gain - low)) for gain, low in folds)
    assert MapTrial("flatter", "identity", gains).wins == wins


@pytest.mark.parametrize(
    ("won", "low", "high", "top"),
    [
        (49, None, None, "bayes"),
        (50, None, None, "model"),
        (49, -0.1, 0.1, "bayes"),
        (49, 0.0, 0.1, "bayes"),
        (49, -0.1, 0.0, "bayes"),
        (49, 0.01, 0.1, "bayes"),
        (49, -0.1, -0.01, "model"),
        (999, 0.01, 0.1, "bayes"),
        (1000, 0.01, 0.1, "model"),
    ],
)
def test_who_answers_by_wins_and_what_is_sure_before_the_test(won, low, high, top):
    assert top_of(won, low, high, signed=True) == top
    level = low is None or low <= 0 <= high
    assert top_of(won, low, high) == ("model" if level else top)
