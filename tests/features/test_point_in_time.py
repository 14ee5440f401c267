"""Nothing after as_of, no other lead and no order of rows changes a lead's features."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import default_features, parse_recipe, tables_from_frames
from features.catalogue import EventCount, Recency
from features.clock.instants import DAY_US, HOUR_US, from_us
from features.readings import offline
from tests.laws.test_readings_agree import mismatches
from tests.made.histories import AS_OF_US, CLOCK_US, KINDS, History, draw_history

seeds = st.integers(0, 2**32 - 1)


@pytest.mark.slow
@given(seed=seeds)
@settings(max_examples=2, deadline=None)
def test_the_future_the_order_and_the_company_of_rows_change_nothing(seed: int) -> None:
    history = draw_history(seed, leads=12)
    features = default_features(history.recipe)
    before = offline(features, history.recipe, history.tables, history.moments)
    after = _shuffled(seed, _with_strangers(_with_future(history)))
    places = np.random.default_rng(seed).permutation(len(history.moments))
    moments = history.moments.iloc[places].reset_index(drop=True)
    columns = offline(features, after.recipe, after.tables, moments)
    assert mismatches(features, {name: column[places] for name, column in before.items()}, columns) == []


@given(seed=seeds)
@settings(max_examples=1, deadline=None)
def test_a_lead_alone_has_the_row_that_it_has_among_others(seed: int) -> None:
    history = draw_history(seed, leads=8)
    features = default_features(history.recipe)
    together = offline(features, history.recipe, history.tables, history.moments)
    alone = offline(features, history.recipe, history.tables, history.moments.iloc[[5]])
    assert mismatches(features, {name: column[[5]] for name, column in together.items()}, alone) == []


def _with_future(history: History) -> History:
    """The same with events that become available after the last moment, and repetitions of old ids."""
    last = int(history.moments["as_of_us"].max())
    rows = [
        {"lead_id": lead_id, "kind": kind, "occurred_at": from_us(us).isoformat(), "ingested_at": late,
         "event_id": event_id, "value": "7"}
        for lead_id in history.leads["lead_id"]
        for kind in KINDS
        for us, late, event_id in (
            (last + 1, None, None), (AS_OF_US - DAY_US, from_us(last + 1).isoformat(), None),
            (last + DAY_US, None, "x"),
        )
    ]  # fmt: skip
    return History(
        history.recipe, history.leads, pd.concat([history.events, pd.DataFrame(rows)]), history.moments
    )


def _with_strangers(history: History) -> History:
    others = history.leads.assign(lead_id=[f"other {number}" for number in range(len(history.leads))])
    events = history.events.assign(lead_id=history.events["lead_id"].str.replace("lead", "other"))
    return History(
        history.recipe,
        pd.concat([others, history.leads], ignore_index=True),
        pd.concat([events, history.events], ignore_index=True),
        history.moments,
    )


def _shuffled(seed: int, history: History) -> History:
    return History(
        history.recipe,
        history.leads.sample(frac=1, random_state=seed % 1000).reset_index(drop=True),
        history.events.sample(frac=1, random_state=seed % 1000).reset_index(drop=True),
        history.moments,
    )


_SMALL = parse_recipe(
    """
    [tables]
    leads = "leads.csv"
    events = "events.csv"
    [lead]
    id = "lead_id"
    created_at = "created_at"
    [events]
    ingested_at = "ingested_at"
    [events.kinds]
    demo = "intent"
    """
)


@pytest.mark.parametrize(
    ("age_us", "late_us", "seen", "in_window"),
    [
        (0, 0, 1, 1),  # exactly at as_of
        (-1, 0, 0, 0),  # a microsecond later
        (7 * DAY_US - 1, 0, 1, 1),
        (7 * DAY_US, 0, 1, 0),  # the window is open at its old end
        (HOUR_US, HOUR_US, 1, 1),  # ingested exactly at as_of
        (HOUR_US, HOUR_US + 1, 0, 0),
        (-HOUR_US, -2 * HOUR_US, 0, 0),  # known before it happens is still not before it happens
    ],
)
def test_windows_and_visibility_end_to_the_microsecond(
    age_us: int, late_us: int, seen: int, in_window: int
) -> None:
    occurred = AS_OF_US - age_us
    leads = pd.DataFrame({"lead_id": ["a"], "created_at": [from_us(AS_OF_US - 9 * DAY_US).isoformat()]})
    event = {"lead_id": "a", "kind": "demo", "occurred_at": from_us(occurred).isoformat()}
    events = pd.DataFrame([{**event, "ingested_at": from_us(occurred + late_us).isoformat()}])
    tables = tables_from_frames(_SMALL, leads, events, clock_us=CLOCK_US)
    features = (EventCount(("demo",)), EventCount(("demo",), 7), Recency(("demo",)))
    moments = pd.DataFrame({"lead_id": ["a"], "as_of_us": [AS_OF_US]})
    columns = offline(features, _SMALL, tables, moments)
    assert columns["count_demo_ever"][0] == seen
    assert columns["count_demo_7d"][0] == in_window
    assert (columns["recency_demo"][0] == age_us / DAY_US) if seen else np.isnan(columns["recency_demo"][0])


def test_windows_equal_those_of_hand_written_sql() -> None:
    random = np.random.default_rng(5)
    ids = [f"L{number}" for number in range(50)]
    size = 3_000
    events = pd.DataFrame(
        {
            "lead_id": random.choice(ids, size),
            "kind": random.choice(["demo", "other"], size),
            "us": AS_OF_US - random.integers(-5 * DAY_US, 60 * DAY_US, size),
            "late": random.choice([0, DAY_US], size),
        }
    )
    created = from_us(AS_OF_US - 70 * DAY_US).isoformat()
    raw = pd.DataFrame(
        {
            "lead_id": events["lead_id"],
            "kind": events["kind"],
            "occurred_at": [from_us(int(us)) for us in events["us"]],
            "ingested_at": [from_us(int(us)) for us in events["us"] + events["late"]],
        }
    )
    leads = pd.DataFrame({"lead_id": ids, "created_at": created})
    moments = pd.DataFrame(
        {"lead_id": np.repeat(ids, 3), "as_of_us": AS_OF_US - np.tile([0, 1, 9], 50) * DAY_US}
    )
    tables = tables_from_frames(_SMALL, leads, raw, clock_us=CLOCK_US)
    features = (EventCount(("demo",), 7), EventCount(("demo",)), Recency(("demo",)))
    columns = offline(features, _SMALL, tables, moments)
    con = duckdb.connect()
    con.register("e", events)
    con.register("m", moments.assign(place=range(len(moments))))
    expected = con.execute(f"""
        SELECT count(*) FILTER (e.us > m.as_of_us - {7 * DAY_US}), count(e.us),
               min(m.as_of_us - e.us) / {DAY_US}.0
        FROM m LEFT JOIN e ON e.lead_id = m.lead_id AND e.kind = 'demo' AND e.us + e.late <= m.as_of_us
        GROUP BY place ORDER BY place""").fetchall()
    week, ever, recency = (np.array(column, dtype=float) for column in zip(*expected, strict=True))
    assert (columns["count_demo_7d"] == week).all()
    assert (columns["count_demo_ever"] == ever).all()
    np.testing.assert_allclose(columns["recency_demo"], recency, rtol=1e-12)
