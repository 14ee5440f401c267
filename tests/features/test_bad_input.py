"""Bad tables and bad recipes of features: said with place and remedy, counted, and nothing else lost."""

from __future__ import annotations

import pandas as pd
import pytest

from features import LeadscoreError, Tables, default_features, parse_lead, parse_recipe, tables_from_frames
from features.catalogue import EventCount, FieldValue
from features.catalogue.events import ValueTotal
from features.clock.instants import parse_moment
from features.readings import offline

_TEXT = """
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
field_history = "changes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
size = { type = "number" }
title = { type = "text" }
status = { type = "category", known = "current", column = "Status" }
[events.kinds]
demo = "intent"
"""
RECIPE = parse_recipe(_TEXT)
CLOCK_US = parse_moment("2026-01-01", "UTC")
LEADS = pd.DataFrame(
    {"lead_id": ["a", "b"], "created_at": "2025-01-01", "size": 1, "title": "CEO", "Status": "now"}
)
GOOD = [
    ("a", "2025-02-01T10:00:00Z", "demo"), ("a", "2025-02-01T12:00:00+02:00", "demo"),
    ("a", "2025-02-01 11:00:00", "demo"), ("b", "2025-02-01", "demo"),
]  # fmt: skip
BAD = [
    ("a", "2030-01-01", "demo"), ("a", None, "demo"), ("a", "soon", "demo"), ("a", "2025-02-01", "dmeo"),
    ("a", "2025-02-01", None), ("zz", "2025-02-01", "demo"), (None, "2025-02-01", "demo"),
]  # fmt: skip
CHANGES = [
    ("a", "status", "x", "2025-01-05"), ("a", "Status", "y", "2025-01-05"),
    ("a", "status", "x", "2025-01-05"), ("b", "Status", "z", "2025-01-06"),
]  # fmt: skip
BAD_CHANGES = [
    ("zz", "status", "y", "2025-01-05"), ("a", "staus", "y", "2025-01-05"), ("a", "size", "3", "2025-01-05"),
    ("a", "status", "y", None), ("a", "status", "y", "soon"), ("a", "status", "later", "2031-01-05"),
]  # fmt: skip


def read(events: list[tuple[object, ...]], changes: list[tuple[object, ...]]) -> Tables:
    log = pd.DataFrame(events, columns=["lead_id", "occurred_at", "kind"], dtype=object)
    names = ["lead_id", "field", "value", "changed_at"]
    history = pd.DataFrame(changes, columns=names, dtype=object)
    return tables_from_frames(RECIPE, LEADS, log, field_history=history, clock_us=CLOCK_US)


def counts(tables: Tables, table: str) -> dict[str, int]:
    found = {what: count for name, what, count, _ in tables.quality.rows() if name == table}
    assert all(treatment for _, what, _, treatment in tables.quality.rows() if what != "rows read")
    return found


def test_bad_events_are_counted_by_reason_and_the_good_ones_stay() -> None:
    tables = read([*BAD, *GOOD], CHANGES)
    assert counts(tables, "events") == {
        "rows read": 11,
        "rows dated in the future": 1,
        "rows without a readable date": 2,
        "rows of kinds that the recipe does not name": 2,
        "rows of unknown leads": 2,
    }
    assert tables.events is not None
    assert tables.events.count().to_pyarrow().as_py() == len(GOOD)


def test_one_instant_written_in_three_zones_is_one_instant() -> None:
    events = read(GOOD, CHANGES).events
    assert events is not None
    rows = [row["occurred_us"] for row in events.to_pyarrow().to_pylist() if row["row"] == 0]
    assert rows == [parse_moment("2025-02-01T10:00:00", "UTC")] * 3


def test_bad_changes_are_counted_by_reason_and_the_good_ones_stay() -> None:
    tables = read(GOOD, [*BAD_CHANGES, *CHANGES])
    assert counts(tables, "field_history") == {
        "rows read": 10,
        "rows of unknown leads": 1,
        "rows of fields that are not declared current": 2,
        "rows without a readable date": 2,
        "rows dated in the future": 1,
        "values of a field beside another one at the same instant": 1,
        "current fields with a history": 1,
    }


def test_two_values_at_one_instant_give_the_same_value_in_any_order() -> None:
    moments = pd.DataFrame({"lead_id": ["a", "b"], "as_of_us": CLOCK_US})
    status = FieldValue("status", "category")
    for changes in (CHANGES, CHANGES[::-1], [*BAD_CHANGES, *CHANGES]):
        columns = offline((status, EventCount()), RECIPE, read([*BAD, *GOOD], changes), moments)
        assert list(columns["status"]) == ["y", "z"]
        assert list(columns["count_any_ever"]) == [3.0, 1.0]


def test_without_one_good_row_every_lead_still_has_its_row() -> None:
    tables = read(BAD, BAD_CHANGES)
    moments = pd.DataFrame({"lead_id": ["b", "a"], "as_of_us": CLOCK_US})
    columns = offline((FieldValue("status", "category"), EventCount()), RECIPE, tables, moments)
    assert list(columns["status"]) == [None, None]
    assert list(columns["count_any_ever"]) == [0.0, 0.0]


@pytest.mark.parametrize(
    ("lines", "place", "what"),
    [
        ('[features]\noff = ["count_demmo_ever"]', "[features] off", "did you mean 'count_demo_ever'?"),
        ('[features]\nadd = [{ type = "event_cuont" }]', "[features] add", "did you mean 'event_count'?"),
        ('[features]\nadd = [{ kinds = ["demo"] }]', "[features] add", "key 'type' is missing"),
        ('[features]\nadd = ["demo"]', "[features] add, item 1,", "should be a valid dictionary"),
        ('type = "event_count", kind = ["demo"]', "feature 1", "did you mean 'kinds'?"),
        ('type = "event_count", kinds = ["dmeo"]', "feature 1 (event_count)", "did you mean 'demo'?"),
        (
            'type = "event_count", window_days = "x"',
            "feature 1",
            "window_days: should be a valid number",
        ),
        ('type = "event_count", window_days = 0', "feature 1", "window_days is 0; it must be more than 0"),
        ('type = "trend", window_days = -7', "feature 1", "window_days is -7"),
        ('type = "decayed_count", half_life_days = 0', "feature 1", "half_life_days is 0"),
        ('type = "active_days", days = 90', "feature 1", "it must be 1 to 60"),
        ('type = "edge_kind", edge = "newest", kinds = []', "feature 1", "kinds must be 1 to"),
        ('type = "field_value", field = "szie"', "feature 1 (field_value)", "did you mean 'size'?"),
        ('type = "field_value", field = "title"', "feature 1", "field 'title' is a text, which is no number"),
        (
            'type = "keyword_group", field = "size", called = "x", keywords = ["y"]',
            "feature 1",
            "here a text is needed",
        ),
        ('type = "keyword_group", field = "title", called = "x", keywords = []', "feature 1", "are empty"),
        ('type = "same_company", email = "title", company = "title"', "feature 1", "here a email is needed"),
        (
            'type = "filled", called = "both", fields = ["size", "titel"]',
            "feature 1",
            "did you mean 'title'?",
        ),
        ('type = "wall_clock", of = "as_of", part = "hour", zone = "Mars"', "feature 1", "IANA time zone"),
        ('type = "event_count"', "count_any_ever", "two features are called"),
        ("[windows]\ndays = [7, 0]", "[windows] days, item 2,", "should be greater than 0"),
        ("[windows]\nhalf_life_days = [0]", "[windows] half_life_days, item 1,", "should be greater than 0"),
    ],
)
def test_a_recipe_with_impossible_features_says_where_and_what_is_accepted(
    lines: str, place: str, what: str
) -> None:
    section = lines if lines.startswith("[") else f"[features]\nadd = [{{ {lines} }}]"
    with pytest.raises(LeadscoreError) as caught:
        default_features(parse_recipe(f"{_TEXT}{section}\n"))
    assert caught.value.problem.startswith("recipe")
    assert place in caught.value.problem
    assert what in caught.value.problem
    assert caught.value.remedy


def test_features_that_the_recipe_cannot_feed_are_refused() -> None:
    bare = '[tables]\nleads = "leads.csv"\n[features]\nadd = [{ %s }]\n'
    for added, what in (
        ('type = "recency"', "looks at events, and the recipe has no [events]"),
        ('type = "lead_age"', "the recipe has no [lead] created_at"),
    ):
        with pytest.raises(LeadscoreError) as caught:
            default_features(parse_recipe(bare % added))
        assert what in caught.value.problem


def test_a_field_that_no_table_has_is_named_with_the_nearest_column() -> None:
    with pytest.raises(LeadscoreError, match=r"names column 'Status'.*did you mean 'Stauts'"):
        tables_from_frames(RECIPE, LEADS.rename(columns={"Status": "Stauts"}), clock_us=CLOCK_US)


def test_values_of_events_are_numbers_as_people_write_them_and_odd_ones_are_counted() -> None:
    text = _TEXT.replace("[events.kinds]", '[events]\nvalue = "value"\ningested_at = "seen"\n[events.kinds]')
    recipe = parse_recipe(text.replace('field_history = "changes.csv"\n', ""))
    cells = ["12", "1 200", "$1,000.50", "5-", "secret", "", "inf", "n/a"]
    log = pd.DataFrame({"lead_id": "a", "occurred_at": "2025-02-01", "kind": "demo", "value": cells})
    log["seen"] = ["2025-02-02", "", "null", "soon", None, None, None, None]
    tables = tables_from_frames(recipe, LEADS, log, clock_us=CLOCK_US)
    assert counts(tables, "events") == {
        "rows read": 8,
        "cells of value that do not parse": 1,
        "cells of value that are no finite number": 1,
        "rows without a readable ingestion date": 1,
    }
    moments = pd.DataFrame({"lead_id": ["a"], "as_of_us": [CLOCK_US]})
    total = ValueTotal()
    sent = [
        {"occurred_at": "2025-02-01", "kind": "demo", "value": None if cell == "secret" else cell}
        for cell in cells
    ]
    lead = parse_lead(recipe, lead_id="a", fields={}, events=sent, as_of_us=CLOCK_US)
    assert (
        offline((total,), recipe, tables, moments)[total.name][0]
        == total.value(lead)
        == 12 + 1200 + 1000.5 - 5
    )
