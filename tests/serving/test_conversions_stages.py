"""Runs of some stages: each conversion goes once, and nothing that stands is taken back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.conversions import PLATFORMS, SentLog, logged
from tests.serving.test_conversions import company, planned


@pytest.mark.slow
@settings(max_examples=30)  # each of them plans up to six runs
@given(
    st.lists(st.sets(st.sampled_from(["sql", "customer"]), min_size=1), min_size=1, max_size=5),
    st.sampled_from(sorted(PLATFORMS)),
)
def test_runs_of_some_stages_send_each_once_and_take_nothing_back(runs, platform):
    tables = company(click=PLATFORMS[platform].click_ids[0])
    log, sent = SentLog(platform=platform), []
    for stages in [*runs, ["sql", "customer"]]:
        _, plan, _ = planned(platform, tables, log, stages=sorted(stages))
        assert {one.stage for one in plan.new} <= set(stages)
        assert plan.adjustments + plan.too_late == ()
        sent += [one.order_id for one in plan.new]
        log = logged(log, plan)
    _, whole, _ = planned(platform, tables)
    assert sorted(sent) == sorted(one.order_id for one in whole.new)


def test_a_change_waits_for_a_run_that_names_its_stage():
    _, first, _ = planned("google", company())
    log = logged(SentLog(platform="google"), first)
    undone = company(won=False)
    _, plan, _ = planned("google", undone, log, stages=["sql"])
    assert (plan.adjustments, plan.waiting) == ((), 1)
    _, plan, _ = planned("google", undone, logged(log, plan))
    assert ([one.stage for one in plan.adjustments], plan.waiting) == (["customer"], 0)
