"""Both readings of every feature give equal values, whatever the history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Feature, default_features, tables_from_frames
from features.catalogue import EventCount, Recency, dump_features, load_features
from features.catalogue.events import ValueTotal
from features.catalogue.patterns import DistinctKinds, Trend
from features.catalogue.times import DateDay
from features.columns import Columns
from features.readings import OnlinePlan, offline
from tests.made.histories import CLOCK_US, History, draw_history, recipe_of

OTHERS = (
    Trend(), EventCount(("demo",), 7.5), ValueTotal((), 30.0), DistinctKinds((), 7.5), Recency(("nothing",)),
    DateDay("renewal"),
)  # fmt: skip
"""Kinds and windows that recipes do not get unasked."""

seeds = st.integers(0, 2**32 - 1)


def mismatches(features: tuple[Feature, ...], one: Columns, other: Columns) -> list[str]:
    """Names of features that differ in any row; missing equals missing."""
    return [
        f.name
        for f in features
        if not all(_same(a, b) for a, b in zip(one[f.name], other[f.name], strict=True))
    ]


def _same(one: object, other: object) -> bool:
    return one == other or (one != one and other != other)


@pytest.mark.slow
@given(seed=seeds)
@settings(max_examples=5, deadline=None)
def test_offline_equals_online_on_any_history(seed: int) -> None:
    history = draw_history(seed)
    features = default_features(history.recipe)
    columns = offline(features, history.recipe, history.tables, history.moments)
    assert mismatches(features, columns, history.rows(features)) == []
    assert mismatches(features, columns, history.rows(features, planned=True)) == []
    for feature in features:
        if feature.dtype == "number":
            assert not np.isinf(columns[feature.name]).any(), feature.name


@given(seed=seeds)
@settings(max_examples=2, deadline=None)
def test_events_not_given_are_missing_in_both_readings(seed: int) -> None:
    history = draw_history(seed)
    features = default_features(history.recipe)
    tables = tables_from_frames(history.recipe, history.leads, None, clock_us=CLOCK_US)
    columns = offline(features, history.recipe, tables, history.moments)
    assert mismatches(features, columns, history.rows(features, events=False)) == []
    assert mismatches(features, columns, history.rows(features, events=False, planned=True)) == []
    behavioural = [feature for feature in features if feature.tallies]
    assert behavioural
    for feature in behavioural:
        assert all(value is None or value != value for value in columns[feature.name]), feature.name


@given(seed=seeds)
@settings(max_examples=2, deadline=None)
def test_no_events_are_zeros_in_both_readings(seed: int) -> None:
    drawn = draw_history(seed, leads=6)
    history = History(drawn.recipe, drawn.leads, drawn.events.head(0), drawn.moments)
    features = default_features(history.recipe)
    columns = offline(features, history.recipe, history.tables, history.moments)
    assert mismatches(features, columns, history.rows(features)) == []
    assert mismatches(features, columns, history.rows(features, planned=True)) == []
    assert (columns["count_any_ever"] == 0).all()
    assert np.isnan(columns["recency_any"]).all()


@given(seed=seeds, left=st.sampled_from(["none", "some", "all"]))
@settings(max_examples=4, deadline=None)
def test_many_leads_read_as_arrays_are_read_as_one_by_one(seed: int, left: str) -> None:
    """With and without events, and where some leads bring theirs and others do not; to the last bit."""
    history = draw_history(seed)
    features = {f.name: f for f in (*default_features(history.recipe), *OTHERS)}
    leads = history.read()
    kept = {"none": leads, "all": history.read(events=False)}
    some = [one if n % 3 else other for n, (one, other) in enumerate(zip(*kept.values(), strict=True))]
    asked = some if left == "some" else kept[left]
    plan = OnlinePlan(tuple(features.values()))
    assert len(asked) > 16
    assert mismatches(plan.features, plan.columns(asked), plan.stack([plan.row(one) for one in asked])) == []
    assert plan.columns(asked[:3]).n_leads == 3


def test_a_feature_survives_json() -> None:
    features = default_features(recipe_of("Europe/Paris"))
    loaded = load_features(dump_features(features))
    assert loaded == features
    assert [hash(feature) for feature in loaded] == [hash(feature) for feature in features]


def test_every_feature_explains_itself_and_has_a_name_of_its_own() -> None:
    features = default_features(recipe_of())
    assert len({feature.name for feature in features}) == len(features)
    for feature in features:
        assert feature.describe()
        assert feature.label
        assert feature.name.replace("_", "").replace(".", "").replace("-", "").isalnum(), feature.name


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
def test_reading_in_chunks_changes_nothing(seed: int) -> None:
    history = draw_history(seed, leads=10)
    features = default_features(history.recipe)
    whole = offline(features, history.recipe, history.tables, history.moments)
    parts = offline(features, history.recipe, history.tables, history.moments, chunk=7)
    assert mismatches(features, whole, parts) == []
