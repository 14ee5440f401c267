"""Reasons are words: every kind of feature has some in every language, and no signal speaks twice."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import date
from itertools import product
from string import Formatter
from typing import Any, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Feature, parse_recipe
from features.catalogue import default_features, load_features, of_activity
from features.catalogue.feature import DeclaredFeature
from features.clock.instants import DAY_US, from_us, localise, parse_moment
from features.clock.zones import dates_of
from features.columns import Columns
from features.language import LANGUAGES, Language
from serving.answer.reasons import Reasoner
from serving.playbook.actions import _TABLE
from serving.playbook.stage import Situations
from serving.rules.default import default_rules
from serving.rules.file import parse_rules
from serving.scorer import Contributions
from serving.words import FactReader, Moments, Voice, language_of
from serving.words.kinds import known_kind
from serving.words.language import catalogue, kinds_known
from serving.words.signals import signals_of
from serving.words.values import ago
from tests.laws.test_activity import drawn_chain

RECIPE = parse_recipe("""
tables = { leads = "leads.csv", events = "events.csv" }
[recipe]
zone = "Europe/Paris"
[lead]
created_at = "created_at"
account_id = "account"
[lead.fields]
size = { type = "number", means = "size" }
revenue = { type = "number", means = "revenue" }
industry = { type = "category", means = "industry" }
country = { type = "category", means = "country" }
first = { type = "category", means = "origin" }
last = { type = "category", means = "origin", known = "current" }
founded = { type = "number", means = "founded" }
company = { type = "text", means = "company" }
title = { type = "text", means = "title" }
mail = { type = "email" }
phone = { type = "phone" }
newsletter = { type = "boolean" }
contract_end = { type = "date" }
project_start = { type = "date" }
born = { type = "date" }
comment = { type = "text" }
budget_k = { type = "number", column = "Budget in thousands" }
[events]
value = "value"
[events.kinds]
demo_request = "intent"
pricing_view = "intent"
page_view = "interest"
email_open = "interest"
call_attempt = "contact"
meeting_no_show = "negative"
unsubscribe = "negative"
W_Nabellen = "neutral"
W_Valideren = "neutral"
[windows]
days = [7, 30]
[features]
season = true
off = ["born_age"]
add = [{ type = "date_day", field = "born" },
       { type = "wall_clock", of = "creation", part = "month", zone = "Europe/Paris" },
       { type = "keyword_group", field = "comment", called = "soon", keywords = ["now", "soon", "x"] },
       { type = "account_count", what = "leads" }, { type = "account_count", what = "won" },
       { type = "answers", called = "bant", what = "answered", numbers = ["revenue", "size"] },
       { type = "answers", called = "bant", what = "negative", numbers = ["revenue", "size"] },
       { type = "same_touch", first = "first", last = "last" }]
""")
RULES = parse_rules(default_rules(RECIPE), RECIPE)
FEATURES: tuple[Feature, ...] = tuple(
    {
        f.name: f
        for f in (
            *default_features(RECIPE),
            *RULES.features,
            *Situations(RECIPE).features,
            *of_activity(drawn_chain(1)),
        )
    }.values()
)
NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")


TOPS = {
    "keyword_group": 1,
    "filled": 1,
    "same_company": 1,
    "same_touch": 1,
    "weekday": 6,
    "hour": 23,
    "month": 11,
}


def column(feature: Feature, rows: int, rng: np.random.Generator) -> Any:
    """Values that a feature may have, missing ones among them."""
    if feature.dtype == "category":
        levels = getattr(feature, "levels", None) or getattr(feature, "kinds", None) or ("fr", "a b", "x")
        return np.array([None, *levels], dtype=object)[rng.integers(0, len(levels) + 1, rows)]
    part = getattr(feature, "part", getattr(feature, "type", ""))
    values = rng.integers(0, TOPS.get(part, 400) + 1, rows).astype(np.float64) + (part == "month")
    values = np.where((rng.random(rows) < 0.3) & (part != "month"), 0.0, values)
    return np.where(rng.random(rows) < 0.2, np.nan, values)


def world(seed: int, rows: int = 6) -> tuple[Contributions, Columns]:
    rng = np.random.default_rng(seed)
    columns = Columns({f.name: column(f, rows, rng) for f in FEATURES}, rows)
    values = np.where(rng.random((rows, len(FEATURES))) < 0.5, 0.0, rng.normal(0, 0.5, (rows, len(FEATURES))))
    return Contributions(tuple(f.name for f in FEATURES), values, np.zeros(rows)), columns


def moments(rows: int) -> Moments:
    return Moments(np.full(rows, NOW), "Europe/Paris")


def leaves(table: dict[str, Any], place: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for key, value in table.items():
        found |= leaves(value, (*place, key)) if isinstance(value, dict) else {(*place, key): value}
    return found


def test_the_features_here_are_of_every_kind() -> None:
    kinds = {
        str(f.default)
        for kind in get_args(get_args(DeclaredFeature)[0])
        for f in fields(kind)
        if f.name == "type"
    }
    assert kinds == {getattr(feature, "type", "") for feature in FEATURES}


def test_every_catalogue_has_the_same_keys_with_the_same_places_to_fill() -> None:
    tables = [leaves(catalogue(language)) for language in LANGUAGES]
    for one, other in product(tables, tables):
        assert set(one) == set(other)
        for key, words in one.items():
            assert type(words) is type(other[key])
            if isinstance(words, str) and key[0] != "signs":
                names = [{n for _, n, _, _ in Formatter().parse(text) if n} for text in (words, other[key])]
                assert names[0] - {"n"} == names[1] - {"n"}, key
            if isinstance(words, list):
                assert len(words) == len(other[key])


def test_every_kind_of_events_that_is_known_is_said_in_every_language() -> None:
    known = kinds_known()
    assert sorted(known["order"]) == sorted(known["words"])
    assert set(known["bad"]) <= set(known["order"])
    for language in LANGUAGES:
        assert set(catalogue(language)["kinds"]) == {*known["order"], "other"}


KINDS = {
    "demo": ["demo_request", "Demo"], "quote": ["Demande de devis"], "email_open": ["emailsOpened"],
    "email_click": ["Email Clicked", "click"], "email_sent": ["emailsSent"], "bounce": ["hard_bounce"],
    "unsubscribe": ["unsubscribed"], "meeting_held": ["meeting_held"], "no_show": ["meeting_no_show"],
    "webinar_attended": ["webinar_attended"], "webinar": ["webinar_registered"], "pricing": ["pricing_view"],
    "page": ["page_view"], "cancelled": ["invitee.canceled"], "call_answered": ["call.answered"],
    "call_made": ["call_attempt"], "form": ["form_submit"], "download": ["a téléchargé un livre blanc"],
    "linkedin": ["linkedinInviteAccepted"], "fair": ["trade_show"], None: ["W_Nabellen", "stage 3"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "kind"), [(entry, kind) for entry, kinds in KINDS.items() for kind in kinds]
)
def test_kinds_of_events_are_known_by_how_crms_call_them(entry: str | None, kind: str) -> None:
    assert known_kind(kind, negative=False) == entry
    assert known_kind(kind, negative=True) == (entry if entry in kinds_known()["bad"] else None)


@given(st.integers(0, 10_000), st.sampled_from(LANGUAGES))
def test_no_reason_falls_back_to_a_features_name(seed: int, language: Language) -> None:
    parts, columns = world(seed)
    voice = Voice(RECIPE, FEATURES, language)
    pro, con = Reasoner(voice, 99).reasons(parts, columns, moments(6))
    said = [reason.text for side in (pro, con) for reasons in side for reason in reasons]
    assert said
    names = {feature.name for feature in FEATURES if "_" in feature.name}
    for text in said:
        assert not re.search(r"[{}]|\bNone\b|\bnan\b", text), text
        assert not any(name in text for name in names), text
        assert "weighted by age" not in text


@given(st.integers(0, 10_000))
def test_no_signal_is_for_and_against_and_the_parts_keep_their_sum(seed: int) -> None:
    parts, columns = world(seed)
    voice = Voice(RECIPE, FEATURES, "en")
    pro, con = Reasoner(voice, 99).reasons(parts, columns, moments(6))
    for row, (up, down) in enumerate(zip(pro, con, strict=True)):
        signals = [reason.signal for reason in (*up, *down)]
        assert len(signals) == len(set(signals))
        texts = [reason.text for reason in (*up, *down)]
        assert len(texts) == len(set(texts)), texts
        left_out = 0.02 * len(voice.signals)  # reasons that are too small to be one
        told = sum(reason.strength for reason in (*up, *down))
        assert abs(told - parts.values[row].sum()) < left_out
        assert all(reason.strength > 0 for reason in up)
        assert all(reason.strength < 0 for reason in down)


@given(st.integers(0, 10_000), st.sampled_from(LANGUAGES))
def test_reasons_of_many_leads_are_those_of_each_alone(seed: int, language: Language) -> None:
    parts, columns = world(seed)
    reasoner = Reasoner(Voice(RECIPE, FEATURES, language), 3)
    together = reasoner.reasons(parts, columns, moments(6))
    for row in range(6):
        one = Contributions(parts.names, parts.values[row : row + 1], parts.bias[:1])
        alone = reasoner.reasons(one, columns.take(np.array([row])), moments(1))
        assert (alone[0][0], alone[1][0]) == (together[0][row], together[1][row])


@given(st.integers(0, 10_000))
def test_the_facts_of_a_reason_are_those_that_its_signal_reads_of_the_lead(seed: int) -> None:
    read, signals = FactReader(world(seed)[1], moments(6)), signals_of(FEATURES, RECIPE)
    met = np.random.default_rng(seed).random((6, len(signals))) < 0.3
    rows, places = np.nonzero(met)
    known = {at: read.facts(signals[at]) for at in set(places.tolist())}
    expected = [known[at][row] for row, at in zip(rows.tolist(), places.tolist(), strict=True)]
    assert read.of_pairs(signals, rows, places) == expected


def test_every_feature_is_of_one_signal_and_a_field_has_one() -> None:
    signals = signals_of(FEATURES, RECIPE)
    of = [feature.name for signal in signals for feature in signal.features]
    assert sorted(of) == sorted(feature.name for feature in FEATURES)
    assert len({signal.key for signal in signals}) == len(signals)
    for field in RECIPE.lead.fields:
        assert sum(signal.field == field for signal in signals) == 1, field


def test_a_date_without_a_time_is_a_day_and_never_an_hour() -> None:
    """The end of yesterday is yesterday; a creation at the first instant of a day is no early morning."""
    end = localise(date(2026, 3, 1), "Europe/Paris", "end")
    assert Moments(np.array([NOW]), "Europe/Paris").days(np.array([(NOW - end) / DAY_US])).tolist() == [1.0]
    clocks = load_features(
        [
            {"type": "wall_clock", "of": "creation", "part": part, "zone": "Europe/Paris"}
            for part in ("hour", "weekday")
        ]
    )
    parts = Contributions(tuple(f.name for f in clocks), np.array([[0.3, 0.2]]), np.zeros(1))
    columns = Columns({clocks[0].name: np.zeros(1), clocks[1].name: np.array([1.0])}, 1)
    pro, _ = Reasoner(Voice(RECIPE, clocks, "en"), 3).reasons(parts, columns, moments(1))
    assert [reason.text for reason in pro[0]] == ["came in on a Tuesday"]


@given(
    st.integers(-(10**15), 4 * 10**15),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"]),
)
def test_the_date_of_a_moment_is_that_of_the_wall_clock(us: int, zone: str) -> None:
    expected = from_us(us).astimezone(ZoneInfo(zone)).date().toordinal() - 719_163
    assert dates_of(np.array([us]), zone).tolist() == [expected]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"), ("FR-be", "fr"), ("de, fr;q=0.5", "fr"), ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("fr;q=0.2, en;q=0.3", "en"), ("*", "fr"), ("de", "fr"), ("", "fr"), (None, "fr"), ("en;q=0", "fr"),
        ("en;q=x, ,;;", "fr"), ("tlh\u202e", "fr"),
    ],
)  # fmt: skip
def test_the_language_is_the_best_liked_of_those_there_are(header: str | None, language: Language) -> None:
    assert language_of(header, "fr") == language


def test_every_action_is_explained_in_every_language() -> None:
    known = {row.why for row in _TABLE} | {"closed", "opted_out", "excluded", "incomplete", "not_scored"}
    for language in LANGUAGES:
        assert set(catalogue(language)["actions"]) == known


def test_a_span_is_told_in_the_nearest_whole_unit() -> None:
    lengths = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
    for days in range(2, 4000):
        count, unit, _ = ago(days, "en").split()
        length = lengths[unit.removesuffix("s")]
        assert abs(int(count) * length - days) <= length / 2 + 0.1
        assert int(count) > 1
        assert ago(-days, "en") == f"in {count} {unit}"
