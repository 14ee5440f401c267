"""What a request says of a lead is read as written, by field name or column, and every problem is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from features import LeadError, Recipe, parse_lead, parse_recipe
from features.clock.instants import parse_moment
from features.lead.lead import UNDATED, Lead
from features.lead.listed import SentLead, read_listed
from features.lead.reader import LeadReader, accepted_fields, fields_read
from features.recipe.crm import LeadField

RECIPE = """
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
{events}
[lead]
id = "lead_id"
created_at = "made"
{lead}
account_id = "company"
opted_out = "stop"
cost = "spent"
[lead.fields]
size = {{ type = "number", column = "employees" }}
title = {{ type = "text" }}
mail = {{ type = "email" }}
[outcomes]
won = ["won"]
lost = ["lost"]
{outcomes}
"""
COLUMN = 'column = "status"\noccurred_at = "ended"'
AS_OF_US = parse_moment("2025-06-01T12:00:00", "Europe/Paris")
DAY = parse_moment("2025-05-01", "Europe/Paris")


def recipe(events: bool = False, lead: str = "", outcomes: str = COLUMN) -> Recipe:
    text = RECIPE.format(events='events = "events.csv"' if events else "", lead=lead, outcomes=outcomes)
    return parse_recipe(text + ('\n[events.kinds]\ndemo = "intent"\n' if events else ""))


PLAIN, EVENTS = recipe(), recipe(events=True)


def read(declared: Recipe = PLAIN, events: Any = None, **given: Any) -> Lead:
    more = {name: given.pop(name) for name in ("created_at", "stage") if name in given}
    return parse_lead(declared, lead_id="x", fields=given, events=events, as_of_us=AS_OF_US, **more)


def problems(declared: Recipe = PLAIN, events: Any = None, **given: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(LeadError) as told:
        read(declared, events, **given)
    return [(one.field, one.problem, one.remedy) for one in told.value.problems]


def test_a_lead_is_what_was_sent():
    found = read(
        made="2025-05-01", size="12", title=" Head of ", mail="a@b.example", company=" acme ", stop="yes",
        status="In talks", spent="3", lead_id="other",
    )  # fmt: skip
    assert (found.lead_id, found.as_of_us, found.account_id) == ("x", AS_OF_US, "acme")
    assert found.created_us == parse_moment("2025-05-01", "Europe/Paris")
    assert (found.stage, found.outcome, found.opted_out) == ("In talks", None, True)
    assert found.values["size"] == 12.0
    assert (found.by_kind, found.notes) == (None, ())
    assert found == LeadReader(PLAIN).read(
        lead_id="x", events=None, as_of_us=AS_OF_US, created_at="2025-05-01", stage="In talks",
        fields={"employees": "12", "title": " Head of ", "mail": "a@b.example", "company": "acme",
                "stop": "1"},
    )  # fmt: skip


@pytest.mark.parametrize("empty", [None, "", "  ", "null"])
def test_what_is_empty_is_missing(empty):
    found = read(made=empty, size=empty, title=empty, mail=empty, company=empty, stop=empty, status=empty)
    assert (found.created_us, found.account_id, found.stage, found.outcome) == (None, None, None, None)
    assert found.opted_out is False
    assert found.notes == (UNDATED,)
    assert found == read()
    assert all(value is None for value in found.values.values())


def test_a_field_is_known_by_its_name_and_by_its_column_alike():
    assert read(size="7").values == read(employees="7").values != read().values
    names = accepted_fields(PLAIN)
    assert names == {
        "made": "created_at", "company": "account_id", "stop": "opted_out", "lead_id": "id", "spent": "cost",
        "status": "outcome", "ended": "outcome_at", "employees": "field:size", "size": "field:size",
        "title": "field:title", "mail": "field:mail",
    }  # fmt: skip
    bare = accepted_fields(recipe(outcomes=""))
    assert {*names} - {*bare} == {"status", "ended"}
    assert "ended" not in accepted_fields(recipe(outcomes=COLUMN + "\nat_once = true"))
    undated = parse_recipe(
        RECIPE.format(events="", lead="", outcomes="").replace('created_at = "made"', 'order = "n"')
    )
    assert accepted_fields(undated)["n"] == "order"
    found = read(undated, n="3")
    assert (found.created_us, found.notes) == (None, ()), "where nothing is dated nothing is missing"


@pytest.mark.parametrize(
    ("column", "type", "cell", "value"),
    [("made", "date", "2025-05-01", DAY), ("company", "category", " acme ", "acme"),
     ("stop", "boolean", "yes", 1.0), ("spent", "number", "3", 3.0), ("status", "category", "won", "won"),
     ("ended", "date", "2025-05-01", DAY), ("employees", "category", "12", "12")],
)  # fmt: skip
def test_a_field_of_a_column_that_is_read_already_takes_nothing_from_it(column, type, cell, value):
    own = LeadField(type=type, column=column)
    both = PLAIN.model_copy(
        update={"lead": PLAIN.lead.model_copy(update={"fields": PLAIN.lead.fields | {"own": own}})}
    )
    sent = {"made": "2025-05-02", "company": "b", "status": "won", "ended": "2025-05-20", "employees": "7"}
    before = read(**sent | {column: cell})
    for fields in (sent | {column: cell}, {k: v for k, v in sent.items() if k != column} | {"own": cell}):
        found = read(both, **fields)
        assert replace(found, values={}) == replace(before, values={})
        assert before.values.items() <= found.values.items()
        assert found.values["own"] == value
        assert read_listed(LeadReader(both), [SentLead("x", fields, None, AS_OF_US)]) == [found]
    assert "own" in fields_read(both)[column] == fields_read(both)["own"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"sizes": "7"}, ("sizes", "is not a field of the recipe", "size")),
        ({"size": "many"}, ("size", "cannot be read; expected a number", "Correct the value")),
        ({"employees": "many"}, ("size", "cannot be read; expected a number", "Correct the value")),
        ({"stop": "perhaps"}, ("opted_out", "cannot be read; expected true or false", "Correct the value")),
        ({"made": "soon"}, ("made", "cannot be read; expected a date", "Correct the value")),
        ({"created_at": "soon"}, ("created_at", "cannot be read; expected a date", "Correct the value")),
        ({"ended": "soon"}, ("ended", "cannot be read; expected a date", "Correct the value")),
        ({"made": "2025-06-02"}, ("made", "is after as_of", "at a later moment")),
        ({"created_at": "2025-06-02"}, ("created_at", "is after as_of", "at a later moment")),
    ],
)
def test_a_problem_names_its_field_what_is_expected_and_what_to_do(sent, said):
    ((field, problem, remedy),) = problems(**sent)
    assert field == said[0]
    assert problem.startswith(said[1])
    assert said[2] in remedy
    assert not any(value in problem + remedy for value in sent.values())


def test_every_problem_is_named_at_once():
    sent = {"sizes": "7", "size": "many", "stop": "perhaps", "made": "soon", "ended": "soon"}
    found = problems(EVENTS, [{"kind": "demo"}], **sent)
    assert {field for field, *_ in found} == {"sizes", "size", "opted_out", "made", "ended", "events[0]"}


def test_the_creation_told_beside_the_fields_is_the_one_that_counts():
    first, second = (parse_moment(day, "Europe/Paris") for day in ("2025-05-01", "2025-05-02"))
    assert read(created_at="2025-05-01", made="2025-05-02").created_us == first
    assert read(created_at=" ", made="2025-05-02").created_us == second
    assert read(created_at="2025-05-01").created_us == first
    assert read(made="2025-06-01T12:00:00").created_us == AS_OF_US
    assert problems(made="2025-06-01T12:00:01")[0][1] == "is after as_of"


def test_a_date_is_read_as_the_recipe_writes_it_and_a_day_begins_or_ends():
    declared = recipe(lead='created_format = "dmy"', outcomes=COLUMN + '\noccurred_format = "dmy"')
    assert read(declared, made="02/05/2025").created_us == parse_moment("2025-05-02", "Europe/Paris")
    told = problems(declared, made="May 2nd", ended="May 2nd")
    assert [field for field, *_ in told] == ["ended", "made"]
    assert read(declared, status="won", ended="01/06/2025").outcome is None, "the day is not over at noon"
    assert read(declared, status="won", ended="31/05/2025").outcome == "won"


@pytest.mark.parametrize(
    ("sent", "stage", "outcome"),
    [
        ({"status": "won"}, "won", "won"),
        ({"status": "Lost"}, "Lost", "lost"),
        ({"status": "won", "ended": "2025-06-01T12:00:00"}, "won", "won"),
        ({"status": "won", "ended": "2025-06-01T12:00:01"}, None, None),
        ({"status": "won", "ended": "2025-06-02", "stage": "lost"}, "lost", "lost"),
        ({"status": "won", "stage": ""}, "won", "won"),
        ({"stage": "In talks"}, "In talks", None),
        ({"ended": "2025-01-01"}, None, None),
    ],
)
def test_an_outcome_counts_from_its_date_on_and_a_stage_that_is_told_before_it(sent, stage, outcome):
    found = read(**sent)
    assert (found.stage, found.outcome) == (stage, outcome)


@pytest.mark.parametrize("ended", ["soon", "0000-00-00", "not yet known"])
def test_a_date_that_cannot_be_read_matters_only_where_no_stage_is_told(ended):
    found = read(status="won", ended=ended, stage="lost")
    assert (found.stage, found.outcome, found.closed_us) == ("lost", "lost", None)
    assert [field for field, *_ in problems(status="won", ended=ended)] == ["ended"]
    assert [field for field, *_ in problems(status="won", ended=ended, stage="")] == ["ended"]
    dated = read(status="won", ended="2025-05-31T12:00:00", stage="lost")
    assert dated.closed_us == parse_moment("2025-05-31T12:00:00", "Europe/Paris")


def test_an_outcome_that_is_only_a_date_is_won_from_then_on():
    declared = recipe(outcomes='column = "ended"\noccurred_at = "ended"').model_copy(
        update={"outcomes": PLAIN.outcomes.model_copy(update={"column": "ended", "won": ("*",)})}
    )
    assert read(declared, ended="2025-05-01").outcome == "won"
    assert read(declared, ended="2025-05-01").stage == "2025-05-01"
    assert read(declared, ended="2025-06-05").outcome is None


def test_events_are_those_that_happened_and_none_given_is_not_none():
    happened = [
        {"kind": "demo", "occurred_at": "2025-05-31"},
        {"kind": "demo", "occurred_at": "2025-06-05"},
        {"kind": "click", "occurred_at": "2025-05-30"},
    ]
    found = read(EVENTS, happened, made="2025-05-01")
    assert found.by_kind is not None
    assert [*found.by_kind] == ["demo"]
    assert len(found.notes) == 2
    assert read(EVENTS, [], made="2025-05-01").by_kind == {}
    assert read(EVENTS, None, made="2025-05-01").by_kind is None
    assert read(PLAIN, happened, made="2025-05-01").by_kind is None, "the recipe has no events"
    assert read(EVENTS, happened[1:2]).notes[0] == UNDATED
    other = problems(EVENTS, [{**happened[0], "lead_id": "y"}])
    assert [(field, problem) for field, problem, _ in other] == [("events[0].lead_id", "names another lead")]
