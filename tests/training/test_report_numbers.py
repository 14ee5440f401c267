"""The numbers of a report are right: against counting by hand, and by laws."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made.runs import Seen, made_run
from training.figures.rates import groups_of, months_of, rate_of, wilson
from training.figures.weeks import WeekLists
from training.report.evidence.attributes import groups
from training.report.evidence.curves import reliability
from training.report.reasons import direction, subjects
from training.report.report import report
from training.report.verdict import promise_of


def test_customers_a_week_are_those_counted_by_hand():
    run = made_run()
    frame = run.test.assign(p=run.probabilities["model"])
    found, called = [], set()
    for _, week in frame.groupby("period"):
        newest = week.drop_duplicates("lead_id", keep="last")
        best = newest[~newest["lead_id"].isin(called)].nlargest(20, "p")
        called |= set(best["lead_id"])
        if len(newest) >= 20:
            found.append(best["label"].sum())
    counted = WeekLists.of(run.test, run.probabilities).brought("model", 20)
    assert counted.weeks == len(found)
    assert counted.mean == pytest.approx(np.mean(found))
    assert (counted.low, counted.high) == pytest.approx(tuple(np.quantile(found, [0.1, 0.9])))


@given(st.integers(1, 400), st.sampled_from(["model", "rules", "newest_first", "base_rate"]))
@settings(deadline=None, max_examples=20)
def test_nobody_is_called_twice_and_no_more_are_called_than_there_is_time_for(called, scorer):
    run = made_run(900)
    brought = WeekLists.of(run.test, run.probabilities).brought(scorer, called)
    assert brought.calls <= called + 1e-6
    assert brought.weeks * brought.calls <= run.test["lead_id"].nunique() + 1e-6
    assert 0 <= brought.low <= brought.mean <= brought.calls


def test_any_order_finds_customers_at_the_rate_of_all():
    run = made_run(9000)
    chance = WeekLists.of(run.test, run.probabilities).brought("base_rate", 20)
    assert chance.mean / chance.calls == pytest.approx(run.test["label"].mean(), abs=0.01)


def test_the_promise_compares_with_calling_the_newest_first():
    words = promise_of(made_run())
    assert words.startswith("Call the best 50 a week: expect ")
    found = re.search(
        r"customers \(([\d.]+) on average\) instead of ([\d.]+) when calling the newest first", words
    )
    assert found
    assert all(("." in mean) == (float(mean) < 10) for mean in found.groups())
    assert re.search(r", and [\d.]+ by the scorecard rules\.$", words)


def test_working_everybody_finds_everybody():
    run = made_run()
    weeks = WeekLists.of(run.test, run.probabilities)
    everybody = [weeks.brought(name, 10_000).mean for name in run.probabilities]
    assert everybody == pytest.approx([everybody[0]] * len(everybody))


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_independent_rows_have_wilsons_interval(won):
    y = np.array(won, dtype=np.float64)
    rate = rate_of(y, np.arange(len(y)))
    assert (rate.low, rate.high) == pytest.approx(wilson(y.mean(), len(y)))
    assert rate.low <= rate.rate <= rate.high


@given(
    st.lists(st.booleans(), min_size=2, max_size=40).filter(lambda won: 0 < sum(won) < len(won)),
    st.integers(2, 5),
)
def test_rows_that_repeat_a_lead_tell_no_more_than_the_lead(won, times):
    y = np.array(won, dtype=np.float64)
    once, often = (
        rate_of(y, np.arange(len(y))),
        rate_of(np.repeat(y, times), np.repeat(np.arange(len(y)), times)),
    )
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=200), st.integers(1, 3))
def test_every_row_is_in_one_group(levels, most):
    column = np.array(levels, dtype=object)
    masks = [mask for _, mask in groups_of(column, most)]
    assert np.sum(masks, axis=0).tolist() == [1] * len(column)


def test_rare_levels_are_not_named():
    column = np.array(["common"] * 50 + ["only-me"] * 3, dtype=object)
    assert [name for name, _ in groups_of(column)] == ["common", "others (1)"]


@pytest.mark.parametrize("dated", [True, False])
def test_every_row_is_in_one_month(dated):
    at = 1_700_000_000_000_000 + np.arange(100) * 86_400_000_000
    masks = [mask for _, mask in months_of(at, dated)]
    assert np.sum(masks, axis=0).tolist() == [1] * 100


def test_a_model_that_knows_the_truth_keeps_its_promises():
    run = made_run(9000)
    y, clusters = run.test["label"].to_numpy(float), np.arange(9000)
    tenths = reliability(y, run.probabilities["model"], clusters)
    assert sum(rate.n for _, rate in tenths) == 9000
    assert sum(rate.low <= p <= rate.high for p, rate in tenths) >= 8
    found = groups(run, groups_of(run.segments["region"]))
    assert sum(group.rate.n for group in found) == 9000
    assert "right within what chance allows" in Seen(report(run)).text


def test_strongest_subjects_come_first_with_their_direction():
    run = made_run()
    feature = run.features["size"]
    column = np.r_[np.arange(180, dtype=float), np.full(20, np.nan)]
    part = np.r_[np.linspace(-1, 1, 180), np.full(20, 0.25)]
    assert direction(feature, column, part) == "more raises it, not known +0.25"
    found = subjects(run)
    assert [s.strength for s in found] == sorted((s.strength for s in found), reverse=True)
