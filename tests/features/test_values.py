"""Each kind of feature gives the value that its definition says, on a lead made by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from features import (
    Feature,
    Lead,
    LeadscoreError,
    default_features,
    parse_lead,
    parse_recipe,
    tables_from_frames,
)
from features.catalogue import DecayedCount, EventCount, Recency, WallClock, load_features
from features.catalogue.events import FirstEventDelay, ValueTotal
from features.catalogue.patterns import ActiveDays, DistinctKinds, EdgeKind, LongestStreak, Trend
from features.catalogue.shares import EventShare, WorkingShare
from features.cells.emails import email_kind, email_label
from features.cells.parse import parse_category, parse_phone, parse_text
from features.clock.instants import parse_moment
from features.clock.zones import hour_of, month_of, weekday_of
from features.readings import offline, online
from tests.made.histories import recipe_of

AS_OF = "2025-03-31T12:00:00Z"  # a Monday
AS_OF_US = parse_moment(AS_OF, "UTC")


def lead(*events: tuple[str, str, float], **fields: object) -> Lead:
    """A lead created on 2025-03-01 with events (kind, occurred_at, value)."""
    log = [{"kind": kind, "occurred_at": at, "value": value} for kind, at, value in events]
    return parse_lead(
        recipe_of(), lead_id="a", fields=fields, events=log, as_of_us=AS_OF_US, created_at="2025-03-01"
    )


HISTORY = lead(
    ("page_view", "2025-03-28T12:00:00Z", 2.0),  # Friday noon, three days before
    ("call", "2025-03-29T12:00:00Z", 0.5),  # Saturday
    ("call", "2025-03-31T11:00:00Z", -1.0),  # Monday, an hour before
    ("demo request", "2025-03-31T11:00:00Z", 0.0),  # a tie
    ("bounce", "2025-03-02T00:00:00Z", 0.0),  # Sunday
    ("bounce", "2025-03-02T00:00:00Z", 0.0),
)


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (EventCount(), 6),
        (EventCount(("call",)), 2),
        (EventCount(("call", "page_view", "call"), 2.5), 2),
        (EventCount(("call",), 1), 1),
        (DecayedCount(("page_view",), 3), 0.5),
        (DecayedCount(("page_view",), 1.5), 0.25),
        (Recency(("call",)), 1 / 24),
        (Recency(("demo request", "page_view")), 1 / 24),
        (ValueTotal(), 1.5),
        (ValueTotal((), 1), -1),
        (FirstEventDelay(), 1),
        (FirstEventDelay(("call",)), 28.5),
        (DistinctKinds(), 4),
        (DistinctKinds(window_days=1), 2),
        (ActiveDays(days=30), 4),
        (ActiveDays(days=2), 1),
        (LongestStreak(days=30), 2),  # two and three whole days ago
        (Trend(window_days=1.5), 1),  # two in the last day and a half, one in the one before
        (EdgeKind("newest", ("bounce", "call", "demo request", "page_view")), "demo request"),
        (EdgeKind("oldest", ("call", "demo request")), "call"),
        (EventShare(("bounce",)), 1 / 3),
        (WorkingShare("UTC"), 0.5),
        (WallClock("as_of", "hour", "Europe/Paris"), 14),
        (WallClock("as_of", "weekday", "UTC"), 0),
        (WallClock("creation", "month", "America/Sao_Paulo"), 2),
    ],
)
def test_a_feature_is_what_it_says(feature: Feature, expected: object) -> None:
    assert feature.value(HISTORY) == expected


def test_of_events_at_one_instant_the_last_is_the_last_by_name_and_the_first_the_first() -> None:
    tied = lead(("page_view", AS_OF, 0), ("call", AS_OF, 0), ("demo request", AS_OF, 0))
    kinds = ("page_view", "call", "demo request", "bounce")
    assert EdgeKind("newest", kinds).value(tied) == "page_view"
    assert EdgeKind("oldest", kinds).value(tied) == "call"


def test_a_streak_is_counted_up_to_its_limit() -> None:
    days = [("call", f"2025-03-{day}T12:00:00Z", 0.0) for day in range(15, 32)]
    assert LongestStreak(at_most=7).value(lead(*days)) == 7
    assert LongestStreak(at_most=20).value(lead(*days)) == 17


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("VP of Sales", {"director", "sales"}),
        ("Directrice Générale", {"director", "c_level"}),
        ("Ingénieure logiciel", {"it"}),
        ("Responsable achats", {"manager", "purchasing"}),
        ("Vice-présidente Finance", {"director", "c_level", "finance"}),
        ("Title", set()),  # holds 'it' as letters, not as a word
    ],
)
def test_titles_in_english_and_french_tell_seniority_and_function(title: str, expected: set[str]) -> None:
    row = online(default_features(recipe_of()), lead(title=title))
    assert {
        name.removeprefix("title_has_") for name, flag in row.items() if "_has_" in name and flag == 1
    } == expected


@pytest.mark.parametrize(
    ("address", "kind", "label"),
    [
        ("jane@mail.acme.co.uk", "business", "acme"),
        ("Jane.Doe+x@ACME-robotics.com", "business", "acmerobotics"),
        ("jane@gmail.com", "free", None),
        ("jane@wanadoo.fr", "free", None),
        ("jane@mailinator.com", "disposable", None),
        ("jane@müller.de", "business", "xnmllerkva"),
        ("jane at acme.com", "invalid", None),
        ("@acme.com", "invalid", None),
        ("jane@acme", "invalid", None),
    ],
)
def test_an_address_tells_the_kind_of_its_domain(address: str, kind: str, label: str | None) -> None:
    assert email_kind(address) == kind
    assert email_label(address) == label


def test_the_domain_is_the_companys_when_one_contains_the_other() -> None:
    features = default_features(recipe_of())
    same = online(features, lead(email="a@acme.com", company="ACME Robotics SAS"))
    other = online(features, lead(email="a@acme.com", company="Foo"))
    unknown = online(features, lead(email="a@gmail.com", company="Foo"))
    assert same["email_of_company"] == 1
    assert other["email_of_company"] == 0
    assert math.isnan(float(unknown["email_of_company"] or 0))


def test_canonical_texts() -> None:
    assert parse_category(" Straße  12 ") == "strasse 12"
    assert parse_category(3.0) == "3"
    assert parse_text("Ingénieur/e, R&D") == " ingenieur e r d "
    assert parse_phone("+33 (0)1 23 45 67 89") == 1.0
    assert parse_phone("call me") == 0.0


def test_wall_clocks_follow_the_zone_through_its_changes() -> None:
    before, after = parse_moment("2025-10-26T00:59:59Z", "UTC"), parse_moment("2025-10-26T01:00:00Z", "UTC")
    assert (hour_of(before, "Europe/Paris"), hour_of(after, "Europe/Paris")) == (2, 2)
    assert weekday_of(parse_moment("1970-01-01", "UTC"), "UTC") == 3
    assert month_of(parse_moment("2024-12-31T23:30:00Z", "UTC"), "Europe/Paris") == 1


_CURRENT = """
[tables]
leads = "leads.csv"
field_history = "changes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
score = {{ type = "number", known = "{known}" }}
status = {{ type = "category", known = "{known}" }}
"""


def test_a_current_field_is_taken_as_it_stood_at_as_of() -> None:
    recipe = parse_recipe(_CURRENT.format(known="current"))
    leads = pd.DataFrame({"lead_id": ["a", "b"], "created_at": "2025-01-01", "score": 99, "status": "done"})
    rows = [
            ("a", "score", "1", "2025-01-02T00:00:00Z"), ("a", "score", "5", "2025-01-04T00:00:00Z"),
            ("a", "status", "Open", "2025-01-02T00:00:00Z"), ("a", "status", None, "2025-01-03T00:00:00Z"),
            ("b", "score", "oops", "2025-01-02T00:00:00Z"), ("zz", "score", "7", "2025-01-02T00:00:00Z"),
    ]  # fmt: skip
    history = pd.DataFrame(rows, columns=["lead_id", "field", "value", "changed_at"], dtype=object)
    tables = tables_from_frames(recipe, leads, field_history=history)
    moments = pd.DataFrame(
        {"lead_id": ["a", "a", "a", "a", "b"],
         "as_of_us": [parse_moment(f"2025-01-0{day}T00:00:00Z", "UTC") for day in (1, 2, 3, 4, 9)]}
    )  # fmt: skip
    columns = offline(default_features(recipe), recipe, tables, moments)
    assert [None if v != v else v for v in columns["score"]] == [None, 1.0, 1.0, 5.0, None]
    assert list(columns["status"]) == [None, "open", None, None, None]


def test_a_current_field_without_history_is_no_feature_unless_the_export_is_one_look() -> None:
    text = _CURRENT.format(known="current").replace('field_history = "changes.csv"\n', "")
    assert "score" not in {feature.name for feature in default_features(parse_recipe(text))}
    flat = parse_recipe(text + "[snapshots]\nat_days = [0]\n")
    assert "score" in {feature.name for feature in default_features(flat)}
    leads = pd.DataFrame({"lead_id": ["a"], "created_at": "2025-01-01", "score": 99, "status": "done"})
    treatments = [row[3] for row in tables_from_frames(flat, leads).quality.rows() if "current" in row[1]]
    assert treatments == ["used as they are: point in time cannot be guaranteed"]


def test_features_can_be_left_out_and_added() -> None:
    text = _CURRENT.format(known="creation").replace('field_history = "changes.csv"\n', "")
    add = 'add = [{ type = "wall_clock", of = "as_of", part = "month" }]'
    recipe = parse_recipe(f'{text}[features]\noff = ["creation_*"]\n{add}')
    assert [feature.name for feature in default_features(recipe)] == [
        "score", "status", "record_filled", "lead_age", "as_of_month",
    ]  # fmt: skip


def test_a_pattern_that_leaves_nothing_out_and_an_unknown_feature_are_errors() -> None:
    text = _CURRENT.format(known="creation").replace('field_history = "changes.csv"\n', "")
    with pytest.raises(LeadscoreError, match="no feature of this recipe matches"):
        default_features(parse_recipe(text + '[features]\noff = ["clicks_*"]'))
    with pytest.raises(LeadscoreError, match="the list of features: feature 1 is not accepted"):
        load_features([{"type": "event_cuont"}])
