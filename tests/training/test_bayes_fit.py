"""The Bayes rung learns from tens of outcomes, believes little without evidence, and counts nothing twice."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError
from features.catalogue import FieldValue
from features.columns import Column, Floats
from serving.scorers.bayes import Bayes
from training.bayes.fit import fit_bayes
from training.bayes.rates import Counts, empty_table, fitted
from training.figures.rates import effective_share
from training.figures.reliability import log_losses

INDUSTRY = FieldValue("industry", "category")
COUNTRY = FieldValue("country", "category")
NUMBERS = tuple(FieldValue(f"signal_{i}", "number") for i in range(6))
FEATURES = (INDUSTRY, COUNTRY, *NUMBERS)


def world(rows: int, seed: int, level: float = -2.0) -> tuple[dict[str, Column], Floats]:
    """Leads whose latent interest shows in four correlated numbers; two numbers and the country are noise."""
    random = np.random.default_rng(seed)
    interest, industry = random.normal(size=rows), random.integers(0, 4, rows)
    columns: dict[str, Column] = {
        "industry": np.array(["bank", "shop", "farm", "lab"], dtype=object)[industry],
        "country": np.array([f"C{i}" for i in range(25)], dtype=object)[random.integers(0, 25, rows)],
    }
    for i, feature in enumerate(NUMBERS):
        signal = (interest if i < 4 else 0) + random.normal(size=rows)
        columns[feature.name] = np.where(random.random(rows) < 0.1, np.nan, np.round(signal, 2))
    margin = level + interest + np.array([-0.8, 0.0, 0.2, 0.8])[industry]
    return columns, (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.float64)


def fit(columns: dict[str, Column], y: Floats, parent: Bayes | None = None) -> Bayes:
    """Fitted on rows that are leads of their own, oldest first."""
    leads = np.array([f"lead {i}" for i in range(len(y))], dtype=object)
    order = np.arange(len(y), dtype=np.int64)
    return fit_bayes(FEATURES, columns, y, leads, order, version="test", parent=parent)


def loss(scorer: Bayes, columns: dict[str, Column], y: Floats) -> float:
    return float(log_losses(y, scorer.probability(scorer.margin(columns))).mean())


def naive(columns: dict[str, Column], y: Floats, asked: dict[str, Column]) -> Floats:
    """Probabilities of naive Bayes on the same bands with 0.1 added to each count, as Odoo's PLS adds it."""
    margin = np.full(len(asked["industry"]), np.log(y.sum() + 0.1) - np.log((1 - y).sum() + 0.1))
    for feature in FEATURES:
        table = empty_table(feature, columns[feature.name])
        codes = table.codes(columns[feature.name])
        won, lost = (np.bincount(codes, w, table.n_codes + 1) + 0.1 for w in (y, 1 - y))
        ratio = np.log(won / won.sum()) - np.log(lost / lost.sum())
        ratio[-1] = 0
        margin = margin + ratio[table.codes(asked[feature.name])]
    return np.clip(1 / (1 + np.exp(-margin)), 1e-6, 1 - 1e-6)


def test_with_50_conversions_it_beats_unshrunk_naive_bayes_and_the_base_rate() -> None:
    gain_naive, gain_rate = [], []
    asked, truth = world(4000, seed=99)
    for seed in range(6):
        columns, y = world(300, seed)
        first = int(np.searchsorted(np.cumsum(y), 50)) + 1
        columns, y = {name: column[:first] for name, column in columns.items()}, y[:first]
        reached = loss(fit(columns, y), asked, truth)
        gain_naive.append(log_losses(truth, naive(columns, y, asked)).mean() - reached)
        gain_rate.append(log_losses(truth, np.full(len(truth), y.mean())).mean() - reached)
    assert np.mean(gain_naive) > 0.02
    assert np.mean(gain_rate) > 0.01
    assert min(gain_naive) > 0


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 120), level=st.sampled_from([-9.0, -3.0, 0.0, 9.0]))
def test_tens_of_rows_give_finite_margins_near_the_base_rate(seed: int, rows: int, level: float) -> None:
    columns, y = world(rows, seed, level)
    asked, _ = world(200, seed + 1)
    scorer = fit(columns, y)
    margins = scorer.margin(asked)
    base = np.log((y.sum() + 0.5) / ((1 - y).sum() + 0.5))
    assert np.abs(margins - base).max() < 5
    parts = scorer.contributions(asked)
    np.testing.assert_allclose(parts.values.sum(axis=1) + parts.bias, margins)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_order_in_which_rows_are_given_does_not_matter(seed: int) -> None:
    columns, y = world(150, seed)
    leads = np.array([f"lead {i % 60}" for i in range(150)], dtype=object)
    order = np.arange(150, dtype=np.int64)
    turned = np.random.default_rng(seed).permutation(150)
    moved = {name: column[turned] for name, column in columns.items()}
    one = fit_bayes(FEATURES, columns, y, leads, order, version="a")
    two = fit_bayes(FEATURES, moved, y[turned], leads[turned], order[turned], version="a")
    assert two.to_json() == one.to_json()


def test_the_same_rows_give_the_same_bytes_and_a_file_gives_the_same_margins() -> None:
    columns, y = world(400, seed=1)
    scorer = fit(columns, y)
    assert fit(columns, y).to_json() == scorer.to_json()
    again = Bayes.from_json(scorer.to_json())
    np.testing.assert_array_equal(again.margin(columns), scorer.margin(columns))


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_outcomes_of_one_kind_teach_the_base_rate_alone(outcome: float) -> None:
    columns, _ = world(80, seed=2)
    margins = fit(columns, np.full(80, outcome)).margin(columns)
    assert np.ptp(margins) < 0.5
    assert np.all(margins > 3) if outcome else np.all(margins < -3)


def test_noise_is_hardly_believed() -> None:
    columns, y = world(1500, seed=3)
    shuffled = np.random.default_rng(4).permutation(y)
    asked, truth = world(3000, seed=5)
    base = log_losses(truth, np.full(len(truth), shuffled.mean())).mean()
    assert loss(fit(columns, shuffled), asked, truth) < base + 0.003


def test_a_repeated_field_is_not_counted_again() -> None:
    columns, y = world(1500, seed=6)
    signal = columns["signal_0"]
    copies = tuple(FieldValue(f"copy_{i}", "number") for i in range(10))
    leads, order = np.arange(1500).astype(object), np.arange(1500)
    once = fit_bayes(copies[:1], {"copy_0": signal}, y, leads, order, version="")
    often = {feature.name: signal for feature in copies}
    spread = fit_bayes(copies, often, y, leads, order, version="").margin(often).std()
    # ten times the weight would be ten times the spread; a little more is shrinkage that evidence undoes
    assert spread < 1.5 * once.margin({"copy_0": signal}).std()


def test_at_most_25_tables_are_kept() -> None:
    random = np.random.default_rng(7)
    many = tuple(FieldValue(f"n{i}", "number") for i in range(70))
    interest = random.normal(size=600)
    columns: dict[str, Column] = {f.name: interest + random.normal(size=600) for f in many}
    y = (interest + random.normal(size=600) > 1).astype(np.float64)
    scorer = fit_bayes(many, columns, y, np.arange(600).astype(object), np.arange(600), version="")
    assert 1 <= len(scorer.tables) <= 25
    assert len(scorer.features) == len(scorer.tables)


def test_a_thin_segment_answers_like_its_parent_and_a_rich_one_in_its_own_way() -> None:
    columns, y = world(3000, seed=8)
    parent = fit(columns, y)
    asked, _ = world(500, seed=9)
    thin, few = world(40, seed=10)
    # in this segment the sign of every number is turned
    rich, many = world(4000, seed=11)
    turned = {name: -column if name.startswith("signal") else column for name, column in rich.items()}

    def agreement(child: Bayes) -> float:
        return float(np.corrcoef(child.margin(asked), parent.margin(asked))[0, 1])

    assert agreement(fit(thin, few, parent)) > 0.97
    assert agreement(fit(turned, many, parent)) < 0.4
    assert loss(fit(thin, few, parent), rich, many) < loss(fit(thin, few), rich, many)


def test_the_level_of_a_segment_moves_without_its_tables() -> None:
    columns, y = world(3000, seed=12)
    parent = fit(columns, y)
    poor, few = world(400, seed=13, level=-4.0)
    child = fit(poor, few, parent)
    assert child.probability(child.margin(poor)).mean() == pytest.approx(few.mean(), abs=0.02)


def test_rows_of_one_lead_count_as_far_as_they_differ() -> None:
    y = np.array([1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    alone, pairs = np.arange(6), np.repeat(np.arange(6), 4)
    assert effective_share(y, alone) == 1.0
    assert effective_share(np.repeat(y, 4), pairs) == pytest.approx(0.25)
    random = np.random.default_rng(14)
    independent = (random.random(4000) < 0.3).astype(np.float64)
    assert effective_share(independent, np.arange(4000) // 4) > 0.85


def test_repeated_snapshots_are_no_further_evidence() -> None:
    columns, y = world(120, seed=15)
    repeated = {name: np.repeat(column, 5) for name, column in columns.items()}
    leads = np.repeat(np.array([f"lead {i}" for i in range(120)], dtype=object), 5)
    scorer = fit_bayes(FEATURES, repeated, np.repeat(y, 5), leads, np.arange(600), version="")
    np.testing.assert_allclose(scorer.margin(columns), fit(columns, y).margin(columns), atol=0.25)


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.integers(0, 60), min_size=3, max_size=18),
    share=st.lists(st.floats(0, 1), min_size=18, max_size=18),
)
def test_a_log_ratio_never_claims_more_than_the_extreme_count(rows: list[int], share: list[float]) -> None:
    counted = np.array(rows, dtype=np.float64)
    won = np.floor(counted * np.array(share[: len(rows)]))
    rate = (won.sum() + 0.5) / (counted.sum() + 1)
    table = empty_table(NUMBERS[0], np.arange(float(len(rows) - 1)))
    counts = Counts(*(np.r_[part[: table.n_codes - 1], part[-1]] for part in (counted, won, rate * counted)))
    ratios = np.array(fitted(table, counts).log_ratios)
    raw = np.log((won + 1e-9) / (counted - won + 1e-9)) - np.log(rate / (1 - rate))
    seen = raw[counted > 0]
    assert np.isfinite(ratios).all()
    if len(seen):
        assert ratios.max() <= max(seen.max(), 0) + 1e-6
        assert ratios.min() >= min(seen.min(), 0) - 1e-6


def test_strange_columns_do_no_harm() -> None:
    columns, y = world(300, seed=16)
    columns["signal_0"] = np.full(300, np.nan)
    columns["signal_1"] = np.full(300, 7.0)
    columns["country"] = np.array([f"one each {i}" for i in range(300)], dtype=object)
    columns["industry"] = np.array([None] * 300, dtype=object)
    assert np.isfinite(fit(columns, y).margin(columns)).all()


def test_without_features_the_base_rate_answers() -> None:
    columns, y = world(200, seed=18)
    scorer = fit_bayes((), {}, y, np.arange(200).astype(object), np.arange(200), version="")
    assert scorer.tables == ()
    assert scorer.probability(scorer.margin(columns))[0] == pytest.approx(y.mean(), abs=0.02)


def test_outcomes_that_are_not_known_are_refused() -> None:
    columns, y = world(30, seed=17)
    for unknown in (np.full(30, np.nan), np.r_[y[:29], 0.5]):
        with pytest.raises(LeadscoreError, match="known as 1 or 0"):
            fit(columns, unknown)
    with pytest.raises(LeadscoreError, match="at least one row"):
        fit({name: column[:0] for name, column in columns.items()}, y[:0])
