"""Splits look forward: nothing is fitted on that was not known, and a lead is on one side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError, Recipe
from features.clock.instants import DAY_US
from training.history.split import forward_folds, forward_split


def recipe(**split: object) -> Recipe:
    return Recipe.model_validate({"tables": {"leads": "leads.csv"}, "split": split})


def frame(leads: int, horizon: float, seed: int, ages: tuple[float, ...] = (0, 7, 30)) -> pd.DataFrame:
    """Snapshots of leads that arrive over 400 days, in the order of time."""
    rng = np.random.default_rng(seed)
    created = np.repeat(rng.integers(0, 400, leads), len(ages)) * DAY_US
    as_of = created + (np.tile(ages, leads) * DAY_US).astype(np.int64)
    rows = pd.DataFrame(
        {
            "lead_id": np.repeat([f"lead {i}" for i in range(leads)], len(ages)),
            "as_of_us": as_of,
            "label_known_us": as_of + int(horizon * DAY_US),
            "label": (rng.random(len(as_of)) < 0.3).astype(float),
            "matured": as_of + int(horizon * DAY_US) <= 430 * DAY_US,
        }
    )
    rows = rows.sort_values("as_of_us", kind="stable", ignore_index=True)
    return rows.assign(order=np.arange(len(rows), dtype=np.int64))


@settings(max_examples=40)
@given(st.integers(30, 120), st.sampled_from([0.0, 10.0, 90.0]), st.integers(0, 99))
def test_every_label_fitted_on_was_known_before_the_test(leads, horizon, seed):
    rows = frame(leads, horizon, seed)
    split = forward_split(recipe(test_share=0.25), rows)
    assert (rows["label_known_us"].iloc[split.fit] < split.first_test_us).all()
    assert (rows["as_of_us"].iloc[split.test] >= split.first_test_us).all()
    assert rows["matured"].iloc[np.r_[split.fit, split.test]].all()
    assert not set(rows["lead_id"].iloc[split.fit]) & set(rows["lead_id"].iloc[split.test])


@settings(max_examples=30)
@given(st.integers(60, 150), st.sampled_from([0.0, 30.0]), st.integers(0, 99))
def test_inner_folds_keep_the_same_rule(leads, horizon, seed):
    rows = frame(leads, horizon, seed)
    split = forward_split(recipe(), rows)
    for train, newer in forward_folds(rows, split.fit, 3):
        first = rows["as_of_us"].iloc[newer].min()
        assert set(train) | set(newer) <= set(split.fit)
        assert (rows["label_known_us"].iloc[train] < first).all()
        assert not set(rows["lead_id"].iloc[train]) & set(rows["lead_id"].iloc[newer])


def test_every_matured_row_is_accounted_for():
    rows = frame(100, 90.0, 1)
    split = forward_split(recipe(), rows)
    counts = dict(split.account)
    matured = counts.pop("matured rows")
    assert matured == int(rows["matured"].sum()) == sum(counts.values())


def test_the_newest_share_of_a_flat_list_is_its_last_fifth():
    n = 41_188
    place = np.arange(n, dtype=np.int64)
    rows = pd.DataFrame(
        {
            "lead_id": place.astype(str),
            "as_of_us": place,
            "label_known_us": place,
            "label": 0.0,
            "matured": True,
            "order": place,
        }
    )
    split = forward_split(recipe(test_share=0.2), rows)
    assert (len(split.fit), len(split.test)) == (32_950, 8_238)


def test_a_test_period_may_end():
    rows = frame(100, 10.0, 2)
    split = forward_split(recipe(test_from="1970-06-01", test_until="1970-08-01"), rows)
    days = rows["as_of_us"].iloc[split.test] / DAY_US
    assert days.between(151, 212, inclusive="left").all()
    assert dict(split.account)["after test_until"] > 0


@pytest.mark.parametrize("moment", ["2031-01-01", "soon"])
def test_a_test_date_outside_the_history_is_told_with_place_and_remedy(moment):
    with pytest.raises(LeadscoreError, match=r"\[split\] test_from") as told:
        forward_split(recipe(test_from=moment), frame(20, 10.0, 3))
    assert told.value.remedy


def test_too_little_history_gives_no_fold():
    rows = frame(3, 90.0, 1)
    assert forward_folds(rows, np.arange(len(rows)), 3) == []
