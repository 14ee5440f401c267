"""The belief of a hidden chain of activity: both readings alike, Bayes over all paths, only what was seen."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Feature, tables_from_frames
from features.catalogue import EventCount, dump_features, load_features, of_activity
from features.lead.activity import ActivityChain
from features.readings import offline
from tests.laws.test_readings_agree import mismatches
from tests.made.histories import CLOCK_US, KINDS, History, draw_history

seeds = st.integers(0, 2**32 - 1)


def drawn_chain(seed: int, kinds: Sequence[str] = KINDS) -> ActivityChain:
    """Any chain of a few spans; one of the kinds has no weight."""
    rng = np.random.default_rng(seed)
    days = np.cumsum([0, *rng.choice([0.5, 1, 2, 7.5], rng.integers(1, 6))])
    moves = rng.dirichlet([1, 1, 1], (len(days) - 1, 3))
    weights = rng.integers(-3e9, 9e9, (2, len(kinds) - 1, 2)).tolist()
    return ActivityChain(
        float(rng.choice([0, 0.02, 3])),
        tuple(days.tolist()),
        tuple(tuple(tuple(row) for row in span) for span in moves.tolist()),
        *(tuple(one) for one in rng.dirichlet([1, 1, 1], 2).tolist()),
        tuple(np.sort(rng.exponential(1, 3)).tolist()),
        *(tuple((kind, *two) for kind, two in zip(kinds, part, strict=False)) for part in weights),
        tuple(np.sort(rng.beta(1, 5, 3)).tolist()),
    )


@given(seed=seeds)
@settings(max_examples=4, deadline=None)
def test_all_readings_of_activity_agree(seed: int) -> None:
    history = draw_history(seed)
    of_two = (*of_activity(drawn_chain(seed)), *of_activity(drawn_chain(seed + 1)))
    features: tuple[Feature, ...] = (*of_two, EventCount(("call",), 2))
    columns = offline(features, history.recipe, history.tables, history.moments, chunk=7)
    assert mismatches(features, columns, history.rows(features)) == []
    assert mismatches(features, columns, history.rows(features, planned=True)) == []
    assert not any(np.isinf(columns[feature.name]).any() for feature in features)


@given(seed=seeds, given_events=st.booleans())
@settings(max_examples=2, deadline=None)
def test_leads_without_events_are_silent_and_leads_whose_events_are_not_given_unknown(
    seed: int, given_events: bool
) -> None:
    drawn = draw_history(seed, leads=6)
    features = of_activity(drawn_chain(seed))
    events = drawn.events.head(0) if given_events else None
    tables = tables_from_frames(drawn.recipe, drawn.leads, events, clock_us=CLOCK_US)
    columns = offline(features, drawn.recipe, tables, drawn.moments)
    empty = History(drawn.recipe, drawn.leads, drawn.events.head(0), drawn.moments)
    assert mismatches(features, columns, empty.rows(features, events=given_events)) == []
    known = np.isfinite(columns[features[2].name])
    assert not known.any() if not given_events else known.any()


def test_a_chain_that_weighs_no_kind_is_read_alike() -> None:
    history = draw_history(3)
    features = of_activity(replace(drawn_chain(3), weights=(), entry=()))
    columns = offline(features, history.recipe, history.tables, history.moments)
    assert mismatches(features, columns, history.rows(features)) == []


def test_thousands_of_events_at_once_are_read_alike() -> None:
    history, features = draw_history(3, leads=6), of_activity(drawn_chain(3))
    burst = pd.concat([history.events] * 200, ignore_index=True)
    burst["event_id"] = [f"burst {n}" for n in range(len(burst))]
    more = History(history.recipe, history.leads, pd.concat([history.events, burst]), history.moments)
    columns = offline(features, more.recipe, more.tables, more.moments)
    assert mismatches(features, columns, more.rows(features)) == []
    assert mismatches(features, columns, history.rows(features)) != []
    assert all(np.isfinite(columns[feature.name]).any() for feature in features)


@given(seed=seeds)
@settings(max_examples=2, deadline=None)
def test_what_was_not_available_changes_nothing(seed: int) -> None:
    """Every event that comes to be known after the last moment is taken away: each value stays."""
    history = draw_history(seed)
    features = of_activity(drawn_chain(seed))
    late = history.events.copy()
    late["event_id"] = [f"late {n}" for n in range(len(late))]
    late["ingested_at"] = "2027-01-01T00:00:00Z"
    more = History(history.recipe, history.leads, pd.concat([history.events, late]), history.moments)
    one, other = (offline(features, h.recipe, h.tables, h.moments) for h in (history, more))
    assert mismatches(features, one, other) == []


@given(seed=seeds, data=st.data())
@settings(max_examples=25, deadline=None)
def test_the_belief_is_bayes_over_all_paths(seed: int, data: st.DataObject) -> None:
    """Every path of states, weighed by what was seen in each span, from the oldest span that the lead has."""
    chain = drawn_chain(seed)
    spans = len(chain.moves)
    told = data.draw(
        st.lists(st.integers(-(2 * 10**9), 2 * 10**9), min_size=2 * spans + 2, max_size=2 * spans + 2)
    )
    age = data.draw(st.floats(0, float(chain.days[-1]) * 1.5))
    there = [at for at in range(spans) if age >= chain.days[at]]
    weights = np.zeros(3)
    old = age > chain.days[-1]
    for path in product(range(3), repeat=len(there) + 1):
        weight = (chain.settled if old else chain.begin)[path[0]]
        weight *= 1 if old else np.exp([0.0, told[0] / 1e9, told[1] / 1e9][path[0]])
        for at, (before, now) in zip(reversed(there), pairwise(path), strict=True):
            length = min(chain.days[at + 1], age) - chain.days[at]
            log = [0.0, told[2 * at + 2] / 1e9, told[2 * at + 3] / 1e9][now]
            rest = (chain.rates[now] - chain.rates[0]) * length
            weight *= chain.moves[at][before][now] * np.exp(log - rest)
        weights[path[-1]] += weight
    found = chain.believed_of_many(np.array([age]), np.array([told], dtype=np.float64))
    np.testing.assert_allclose(np.ravel(found), weights / weights.sum(), atol=2e-5)


def test_a_chain_is_written_and_read_back_equal() -> None:
    features = of_activity(drawn_chain(1))
    assert [one.name for one in load_features(dump_features(features))] == [one.name for one in features]
    assert load_features(dump_features(features)) == features
    assert [hash(one) for one in load_features(dump_features(features))] == [hash(one) for one in features]


def test_activity_that_has_read_a_lead_is_copied_and_pickled() -> None:
    features = of_activity(drawn_chain(1))
    history = draw_history(1, leads=6)
    read = history.rows(features)
    for copied in (pickle.loads(pickle.dumps(features)), deepcopy(features)):
        assert copied == features
        assert mismatches(features, read, history.rows(copied)) == []


def test_more_activity_is_told_as_more() -> None:
    chain = ActivityChain(
        0,
        (0, 1, 7),
        (((0.9, 0.1, 0), (0.1, 0.8, 0.1), (0, 0.1, 0.9)),) * 2,
        (0.5, 0.3, 0.2),
        (0.8, 0.15, 0.05),
        (0.05, 0.3, 0.9),
        (("demo", 2 * 10**9, 4 * 10**9),),
        (("demo", 0, 0),),
        (0.01, 0.1, 0.4),
    )
    won = of_activity(chain)[2]
    odds = [won.finished(np.array([[3.0, 0, 0, 2e9 * n, 4e9 * n, 0, 0]]))[0] for n in range(4)]
    assert odds == sorted(odds)
    assert odds[0] == pytest.approx(np.log(0.05 / 0.95), abs=1.5)
