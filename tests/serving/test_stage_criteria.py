"""The three criteria of a lead, read from what was sent by a plain rule, decide its stage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Lead, parse_lead, parse_recipe
from features.catalogue import EventCount, FieldValue, Recency
from features.catalogue.texts import DomainKind
from features.clock.instants import parse_moment
from features.columns import Column
from features.readings import online, stack
from serving.asked import Asked, asked_of
from serving.playbook.stage import Situations

AS_OF = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
INTEREST = {"Demo request", "Event visit", "webinar"}
"""A visit to an event is more than looking, whatever its name says of visits."""
ENGAGEMENT = INTEREST | {"Page_View", "mail open", "session", "call back"}

ADDRESSES = '[lead.fields.email]\ntype = "email"\n[lead.fields.second]\ntype = "email"\n'
PHONES = '[lead.fields.mobile]\ntype = "phone"\n[lead.fields.desk]\ntype = "phone"\n'
EVENTS = """
[events.kinds]
"Demo request" = "intent"
"Event visit" = "interest"
webinar = "interest"
"Page_View" = "interest"
"mail open" = "interest"
session = "interest"
"call back" = "contact"
unsubscribe = "negative"
"""


def situations(fields: str = ADDRESSES + PHONES, events: str = EVENTS) -> Situations:
    tables = '[tables]\nleads = "leads.csv"\n' + ('events = "events.csv"\n' if events else "")
    stages = '[outcomes]\nwon = ["won"]\nlost = ["lost"]\nstages = { " In Talks " = "opportunity" }\n'
    return Situations(
        parse_recipe(f'{tables}[lead]\nid = "lead_id"\ncreated_at = "created_at"\n{fields}{stages}{events}')
    )


def read(asked: Situations, leads: list[Lead]) -> tuple[dict[str, Column], list[Asked]]:
    columns = stack(asked.features, [online(asked.features, lead) for lead in leads])
    return dict(columns), [asked_of(lead) for lead in leads]


def lead_of(asked: Situations, fields: dict[str, str], kinds: list[str] | None) -> Lead:
    events = (
        None if kinds is None else [{"kind": kind, "occurred_at": "2026-03-01T12:00:00Z"} for kind in kinds]
    )
    return parse_lead(
        asked.recipe, lead_id="a", fields=fields, events=events, as_of_us=AS_OF, created_at="2026-02-01"
    )


VALID = {"a@acme.io": True, "b@gmail.com": True, "no address": False, "": False}
DIALLED = {"+33 1 23 45 67 89": True, "123": False, "": False}
SENT = st.fixed_dictionaries(
    {
        "email": st.sampled_from(sorted(VALID)),
        "second": st.sampled_from(sorted(VALID)),
        "mobile": st.sampled_from(sorted(DIALLED)),
        "desk": st.sampled_from(sorted(DIALLED)),
    }
)
KINDS = st.one_of(st.none(), st.lists(st.sampled_from(sorted(ENGAGEMENT | {"unsubscribe"})), max_size=3))


@given(st.lists(st.tuples(SENT, KINDS), min_size=1, max_size=4), st.integers(0, 15))
def test_a_lead_meets_what_its_addresses_numbers_and_events_say(sent, qualified):
    asked = situations()
    columns, leads = read(asked, [lead_of(asked, fields, kinds) for fields, kinds in sent])
    marks = [bool(qualified >> row & 1) for row in range(len(sent))]
    stages = ["mql" if one else "lead" for one in marks]
    for stage, (fields, kinds), marketing in zip(
        asked.stages(columns, leads, stages), sent, marks, strict=True
    ):
        reached = any((VALID | DIALLED)[text] for text in fields.values())
        met = {"identification": reached}
        if kinds is not None:
            met |= {"interest": bool(INTEREST & {*kinds}), "engagement": bool(ENGAGEMENT & {*kinds})}
        missing = [name for name, held in met.items() if not held]
        assert stage.missing == missing
        assert stage.not_assessed == ([] if kinds is not None else ["interest", "engagement"])
        assert stage.name == ("contact" if missing else "mql" if marketing else "lead")


@pytest.mark.parametrize(
    ("fields", "sent", "missing", "unknown"),
    [
        ("", {}, [], ["identification"]),
        (ADDRESSES, {}, ["identification"], []),
        (ADDRESSES, {"second": "a@acme.io"}, [], []),
        (PHONES, {}, ["identification"], []),
        (PHONES, {"mobile": "+33 1 23 45 67 89"}, [], []),
    ],
)
def test_a_criterion_without_a_field_is_not_assessed(fields, sent, missing, unknown):
    asked = situations(fields)
    columns, leads = read(asked, [lead_of(asked, sent, ["Demo request"])])
    (stage,) = asked.stages(columns, leads, ["lead"])
    assert (stage.missing, stage.not_assessed) == (missing, unknown)


@pytest.mark.parametrize(
    ("events", "unknown"),
    [
        ("", ["interest", "engagement"]),
        ('[events.kinds]\nunsubscribe = "negative"\n', ["interest", "engagement"]),
        ('[events.kinds]\n"Page_View" = "interest"\n', ["interest"]),
    ],
)
def test_without_kinds_that_could_show_it_a_criterion_is_not_assessed_and_nobody_asked(events, unknown):
    asked = situations(events=events)
    kinds = ["Page_View"] if "Page_View" in events else []
    columns, leads = read(asked, [lead_of(asked, {"email": "a@acme.io"}, kinds)] * 3)
    for stage in asked.stages(columns, leads, ["lead"] * 3):
        assert (stage.missing, stage.not_assessed) == ([], unknown)
    assert asked.intent_days(columns).shape == (3,)
    assert np.isnan(asked.intent_days(columns)).all()


def test_intent_is_as_old_as_its_newest_event():
    asked = situations()
    columns, _ = read(
        asked, [lead_of(asked, {}, kinds) for kinds in (["Demo request"], ["webinar"], [], None)]
    )
    np.testing.assert_array_equal(asked.intent_days(columns), [1.0, np.nan, np.nan, np.nan])


@pytest.mark.parametrize(
    ("stage", "outcome", "name"),
    [
        ("in talks", None, "opportunity"),
        ("IN TALKS", "lost", "opportunity"),
        ("SQL ", None, "sql"),
        ("something", "won", "customer"),
        ("something", "lost", "disqualified"),
        ("something", None, "contact"),
        (None, None, "contact"),
        (None, "won", "customer"),
    ],
)
def test_what_the_crm_says_is_kept_and_else_how_it_ended(stage, outcome, name):
    asked = situations()
    columns, (lead,) = read(asked, [lead_of(asked, {}, [])])
    told = Asked(lead.lead_id, lead.as_of_us, True, stage, outcome)
    assert [one.name for one in asked.stages(columns, [told], ["mql"])] == [name]


def test_columns_of_other_leads_are_refused():
    asked = situations(fields="")
    columns, leads = read(asked, [lead_of(asked, {}, [])] * 2)
    with pytest.raises(ValueError, match="shorter"):
        asked.stages(columns, leads[:1], ["lead"])


def test_of_no_leads_there_are_no_stages():
    asked = situations()
    columns, _ = read(asked, [])
    assert asked.stages(columns, [], []) == []
    assert asked.intent_days(columns).shape == (0,)


def test_what_is_read_has_names_of_its_own_beside_a_recipe_s_features():
    """A recipe may count the same kinds by another name; both are computed, neither stands for the other."""
    interest = ("Demo request", "Event visit", "webinar")
    engagement = ("Demo request", "Event visit", "webinar", "Page_View", "mail open", "session", "call back")
    assert situations().features == (
        DomainKind("email"),
        DomainKind("second"),
        FieldValue("mobile", "number"),
        FieldValue("desk", "number"),
        EventCount(interest, called="criterion interest"),
        EventCount(engagement, called="criterion engagement"),
        Recency(("Demo request",), called="newest intent"),
        Recency(("Demo request",), called="asked for contact"),
    )
