"""The catalogue follows from the recipe, and each feature keeps the policy that it states."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from features import Recipe, default_features, parse_lead, parse_recipe, tables_from_frames
from features.catalogue import FieldValue, WallClock, window_of
from features.catalogue.fields import SameTouch
from features.catalogue.naming import NEVER, NO_EVENTS
from features.catalogue.times import CompanyAge
from features.clock.instants import parse_moment
from features.readings import offline, online
from tests.made.histories import draw_history, recipe_of

AS_OF_US = parse_moment("2025-07-02T12:00:00", "UTC")
_RECIPE = """
[tables]
leads = "leads.csv"
events = "events.csv"
field_history = "changes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
founded = { type = "number", means = "founded" }
source = { type = "category", means = "origin" }
latest_source = { type = "category", means = "origin", known = "current" }
spent = { type = "number", means = "cost" }
[events.kinds]
demo = "intent"
page_view = "interest"
call = "contact"
reply = "contact"
[features]
season = true
"""


def value(recipe: Recipe, feature: str, fields: dict[str, object], events: list[tuple[str, str]]) -> object:
    """One feature of one lead in memory; events are (moment, kind)."""
    rows = [{"occurred_at": moment, "kind": kind} for moment, kind in events]
    lead = parse_lead(recipe, lead_id="a", fields=fields, events=rows, as_of_us=AS_OF_US)
    return online(default_features(recipe), lead)[feature]


def test_the_recipe_makes_the_catalogue() -> None:
    made = {feature.name: feature for feature in default_features(parse_recipe(_RECIPE))}
    assert made["founded_age"] == CompanyAge("founded")
    assert made["latest_source_is_source"] == SameTouch("source", "latest_source")
    assert made["spent"] == FieldValue("spent", "number", "origin")
    assert {"as_of_month_sin", "as_of_month_cos"} <= set(made)
    assert {"share_intent", "share_interest", "share_contact", "last_touch", "first_touch"} <= set(made)
    assert "founded" not in made


def test_season_is_off_and_touches_are_left_out_where_they_would_repeat_the_kinds() -> None:
    plain = _RECIPE.replace("season = true", "").replace('"contact"', '"interest"')
    names = {feature.name for feature in default_features(parse_recipe(plain))}
    assert not {name for name in names if "month" in name or name.endswith("_touch")}
    assert "share_intent" in names


def test_a_company_is_as_old_as_its_year_says_where_it_is_a_year() -> None:
    recipe = parse_recipe(_RECIPE)
    assert value(recipe, "founded_age", {"founded": 1999}, []) == pytest.approx(26.5, abs=0.01)
    assert value(recipe, "founded_age", {"founded": "2026"}, []) == pytest.approx(-0.5, abs=0.01)
    for odd in (0, 19, "1e9", 2027, None):
        assert math.isnan(value(recipe, "founded_age", {"founded": odd}, []))  # type: ignore[arg-type]


def test_two_dates_known_at_creation_make_their_difference_and_a_current_one_none() -> None:
    text = """[tables]
leads = "l.csv"
[lead]
id = "id"
[outcomes]
column = "won"
[lead.fields]
asked = { type = "date" }
needed = { type = "date" }
seen = { type = "date", known = "current" }
"""
    made = {feature.name: feature for feature in default_features(parse_recipe(text))}
    assert {name for name in made if "_to_" in name} == {"asked_to_needed"}
    recipe = parse_recipe(text)
    dates: dict[str, object] = {"asked": "2025-01-30T12:00:00", "needed": "2025-02-01"}
    assert value(recipe, "asked_to_needed", dates, []) == 1.5
    assert math.isnan(value(recipe, "asked_to_needed", dates | {"needed": None}, []))  # type: ignore[arg-type]


def test_without_dates_nothing_has_an_age() -> None:
    text = '[tables]\nleads = "l.csv"\n[outcomes]\ncolumn = "won"\n[lead.fields]\n'
    text += 'founded = { type = "number", means = "founded" }\nrenewal = { type = "date" }\n'
    names = [feature.name for feature in default_features(parse_recipe(text))]
    assert names == ["founded", "renewal_day", "renewal_filled", "record_filled"]


def test_touches_are_what_the_lead_did_itself() -> None:
    recipe = parse_recipe(_RECIPE)
    events = [
        ("2025-06-01", "page_view"),
        ("2025-06-02", "demo"),
        ("2025-05-01", "reply"),
        ("2025-06-09", "call"),
    ]
    assert value(recipe, "last_kind", {}, events) == "call"
    assert value(recipe, "last_touch", {}, events) == "demo"
    assert value(recipe, "first_touch", {}, events) == "page_view"
    assert value(recipe, "share_contact", {}, events) == 0.5


def test_the_last_touch_is_that_of_the_moment() -> None:
    recipe = parse_recipe(_RECIPE)
    leads = pd.DataFrame({"lead_id": ["a"], "created_at": "2025-01-01", "founded": 1, "spent": 1})
    leads = leads.assign(source="Paid", latest_source="never looked at")
    changes = [("2025-01-02", "paid"), ("2025-01-05", "Referral")]
    history = pd.DataFrame(changes, columns=["changed_at", "value"]).assign(
        lead_id="a", field="latest_source"
    )
    tables = tables_from_frames(recipe, leads, field_history=history)
    days = [parse_moment(f"2025-01-0{day}T12:00:00Z", "UTC") for day in (1, 4, 8)]
    moments = pd.DataFrame({"lead_id": "a", "as_of_us": days})
    same = offline(default_features(recipe), recipe, tables, moments)["latest_source_is_source"]
    np.testing.assert_array_equal(same, [np.nan, 1.0, 0.0])


def test_december_is_beside_january_on_the_circle() -> None:
    sin, cos = (WallClock("as_of", part) for part in ("month_sin", "month_cos"))
    recipe = recipe_of()
    points = []
    for month in range(1, 13):
        moment = parse_moment(f"2025-{month:02d}-15", "UTC")
        lead = parse_lead(recipe, lead_id="a", fields={}, events=None, as_of_us=moment)
        points.append((sin.value(lead), cos.value(lead)))
    steps = [math.dist(one, other) for one, other in zip(points, points[1:] + points[:1], strict=True)]
    assert steps == pytest.approx([2 * math.sin(math.pi / 12)] * 12)


@pytest.mark.parametrize("seed", [3, 4])
def test_a_feature_is_missing_only_when_its_policy_says_so(seed: int) -> None:
    history = draw_history(seed, leads=15)
    features = default_features(history.recipe)
    columns = offline(features, history.recipe, history.tables, history.moments)
    for feature in features:
        assert feature.missing
        if feature.missing in (NEVER, NO_EVENTS):
            assert not np.isnan(columns[feature.name].astype(float)).any(), feature.name


def test_a_window_is_said_in_words() -> None:
    words = {feature.name: window_of(feature) for feature in default_features(recipe_of())}
    assert words["count_call_7.5d"] == "last 7.5 days"
    assert words["decayed_any_3d"] == "ever, fading by half every 3 days"
    assert words["active_days_any_30d"] == "last 30 days"
    assert words["recency_call"] == "ever"
    assert words["size"] == "none"
