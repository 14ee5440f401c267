"""Leads that are read together are those that are read alone: the same values, the same errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.cells import parse_date
from features.lead import Lead, LeadReader
from features.lead.columnwise import utc_us
from features.readings.plan import OnlinePlan
from features.recipe import Recipe, parse_recipe
from serving.answer.ladder import Ladder
from serving.api.envelope import LeadRequest, read_item, read_items
from serving.wire.plain import plain_leads
from serving.wire.sent_json import UnfitItem, parse_body

NOW = 1_772_452_800_000_000  # 2026-03-02T12:00:00Z
RECIPE = """
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
[events]
{events}
[events.kinds]
"page view" = "interest"
demo = "intent"
[lead]
created_at = "made"
account_id = "company"
opted_out = "stop"
{lead}
[lead.fields]
size = {{ type = "number", column = "employees", missing = ["-1"] }}
title = {{ type = "text" }}
mail = {{ type = "email" }}
firm = {{ type = "category", means = "company" }}
phone = {{ type = "phone" }}
since = {{ type = "date" }}
client = {{ type = "boolean" }}
[outcomes]
won = ["won"]
lost = ["lost"]
column = "status"
occurred_at = "ended"
"""


def recipe(events: str = "", lead: str = "") -> Recipe:
    return parse_recipe(RECIPE.format(events=events, lead=lead))


RECIPES = {
    "by our names": recipe(),
    "by the CRM's names": recipe(
        'event_id = "id"\nkind = "what"\noccurred_at = "when"\nvalue = "amount"\ningested_at = "in"'
    ),
    "with ids": recipe('event_id = "event_id"'),
    "dated otherwise": recipe('occurred_format = "dmy"', 'created_format = "dmy"'),
}
DATES = (
    "2026-02-01T10:00:00Z", "2026-02-01T10:00:00Z", "2026-02-03T10:00:00Z", "2026-03-02T13:00:00Z",
    "2026-02-01", "2026-02-30T10:00:00Z", "2026-02-01T10:00:00.5+01:00", "2026-02-01 10:00", "31/01/2026",
    "1899-12-31T23:59:59Z", "soon", "", None, 12, "２026-02-01T10:00:00Z",
)  # fmt: skip
CELLS = st.sampled_from(
    ("12", 12, 12.0, -1, "-1", "1 200,5", True, "true", 1, "Jane@Acme.io", "x@gmail.com", "no address",
     "VP Sales", "Straße", "+33 1 42 68 53 00", "2026-02-01", "nan", "", None, 1e9, [1], {"a": 1}, -0.0,
     "won", "lost", "mql")
)  # fmt: skip
NAMES = (
    "size", "employees", "title", "mail", "firm", "phone", "since", "client", "made", "company", "stop",
    "status", "ended", "no such",
)  # fmt: skip
FIELDS = st.dictionaries(st.sampled_from(NAMES), CELLS, max_size=7)
EVENT = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(("demo", " demo", "page view", "demo", "no such", "", None, 3, ["demo"])),
        "what": st.sampled_from(("demo", "page view")),
        "occurred_at": st.sampled_from(DATES),
        "when": st.sampled_from(DATES[:4]),
        "event_id": st.sampled_from(("e1", "e2 ", "e2", "nan", "", None, 5)),
        "ingested_at": st.sampled_from(DATES),
        "value": st.sampled_from((None, 3, "4.5", "many", 1e12, "")),
        "lead_id": st.sampled_from(("l1", "l2", "", None, 1)),
        "unheard of": st.just(1),
    },
)
PLAIN_EVENT = st.fixed_dictionaries(
    {"kind": st.sampled_from(("demo", "page view", "no such")), "occurred_at": st.sampled_from(DATES[:4])},
    optional={"event_id": st.sampled_from(("e1", "e2", "e3"))},
)
EVENTS = st.one_of(
    st.none(), st.lists(PLAIN_EVENT, max_size=5), st.lists(EVENT, max_size=3), st.sampled_from(([1], "", {}))
)
IDS = ("l1", "l2", "l3", 1, 1.0, True, "", " ", None, "x" * 501, "a\x00b", "\ud800")
ITEM = st.fixed_dictionaries(
    {
        "lead_id": st.sampled_from(
            ("l1", "l2", "l3", 1, 1.0, True, "", " ", None, "x" * 501, "a\x00b", "\ud800")
        )
    },
    optional={
        "fields": st.one_of(FIELDS, FIELDS, FIELDS, st.none(), st.just([])),
        "events": EVENTS,
        "as_of": st.sampled_from(("2026-03-02T00:00:00Z", "2026-03-01", "then", None, 5, "1800-01-01")),
        "created_at": st.sampled_from(DATES),
        "stage": st.sampled_from(("won", "mql", "", None, 1, "a\ud800")),
        "more": st.just(1),
    },
)
ITEMS = st.lists(st.one_of(ITEM, ITEM, ITEM, st.sampled_from(([], "lead", None, 3))), max_size=12)


def same_features(leads: list[Lead], alone: list[Lead], declared: Recipe) -> None:
    """Features of arrays and of single events are equal, whichever reader made the leads."""
    plan = OnlinePlan(Ladder.by_rules(declared).features)
    many = (leads * 16)[: max(16, len(leads))]
    found, single = plan.columns(many), [plan.row(lead) for lead in alone]
    for at in range(len(many)):
        assert str(found.row(at)) == str(single[at % len(leads)])
    assert [plan.row(lead) for lead in leads] == single or str([plan.row(one) for one in leads]) == str(
        single
    )


@pytest.mark.parametrize("name", RECIPES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=ITEMS)
def test_together_a_lead_is_what_it_is_alone(name: str, items: list[Any]) -> None:
    reader = LeadReader(RECIPES[name])
    alone = [read_item(reader, item, NOW) for item in items]
    together = plain_leads(reader, dict(enumerate(items)), NOW)
    for at, lead in together.items():
        assert lead == alone[at]
        assert repr(lead) == repr(alone[at])
        assert repr(lead.values) == repr(alone[at].values)  # type: ignore[union-attr]
    if together:
        same_features(list(together.values()), [alone[at] for at in together], reader.recipe)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["by our names", "by the CRM's names"])
def test_what_is_plain_is_read_together(name: str) -> None:
    keys = ("kind", "occurred_at", "event_id") if name == "by our names" else ("what", "when", "id")
    items = [
        {
            "lead_id": f"l{at}",
            "fields": {"employees": at, "title": "CEO", "made": "2026-01-01", "company": "Acme"},
            "events": [dict(zip(keys, ("demo", DATES[0], f"{at}-{n}"), strict=True)) for n in range(at)],
        }
        for at in range(40)
    ]
    reader = LeadReader(RECIPES[name])
    assert len(plain_leads(reader, dict(enumerate(items)), NOW)) == len(items)
    assert read_items(reader, items, NOW) == [read_item(reader, item, NOW) for item in items]


def test_an_item_that_means_nothing_certain_is_not_plain() -> None:
    reader = LeadReader(RECIPES["by our names"])
    (unfit, plain) = parse_body(b'[{"lead_id": "a", "lead_id": "b"}, {"lead_id": "c"}]')
    assert isinstance(unfit, UnfitItem)
    assert set(plain_leads(reader, {0: unfit, 1: plain}, NOW)) == {1}


def test_every_part_of_a_request_is_known_to_be_plain() -> None:
    whole = dict.fromkeys(LeadRequest.model_fields) | {"lead_id": "a", "fields": {}}
    assert set(plain_leads(LeadReader(RECIPES["by our names"]), {0: whole}, NOW)) == {0}


TEXTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat(timespec="seconds") + "Z"),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", fullmatch=True),
    st.text(min_size=20, max_size=20),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_dates_in_arrays_are_those_of_one_by_one(texts: list[str]) -> None:
    found = utc_us(texts)
    if found is not None:
        assert found.tolist() == [parse_date(text, "Europe/Paris") for text in texts]


def test_plain_dates_are_read_as_arrays() -> None:
    days = np.arange("2024-01-01", "2028-12-31", dtype="datetime64[D]")
    texts = [f"{day}T{at % 24:02d}:{at % 60:02d}:59Z" for at, day in enumerate(days.tolist())]
    found = utc_us(texts)
    assert found is not None
    assert found.tolist() == [parse_date(text, "UTC") for text in texts]
    for wrong in (
        "2026-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2100-01-01T00:00:00Z",
    ):
        assert utc_us([*texts, wrong]) is None
