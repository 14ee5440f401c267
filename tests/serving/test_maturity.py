"""Who is hot: a person's decision before exclusion, before what was asked for, before the probability."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Recipe, parse_recipe
from features.clock import DAY_US, from_us, parse_moment
from features.errors import LeadscoreError
from features.lead import LeadReader
from features.readings import online, stack
from serving.answer import Ladder
from serving.answer.ladder import asked_of
from serving.asked import Decided
from serving.playbook.maturity import Wish, Wishes, band_of
from serving.rules import parse_rules

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
RECIPE = """
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
email = { type = "email" }
industry = { type = "category" }
budget = { type = "boolean" }
need = { type = "category" }
[events.kinds]
"Demande de démo" = "intent"
pricing = "intent"
"Livre blanc" = "interest"
page_view = "interest"
call = "contact"
"""
CARD = """[[engagement]]
name = "anything"
events = ["pricing", "page_view"]
points = 30
[[exclude]]
name = "rival"
field = "industry"
match = ["rival"]
"""
MISSING = ["identification", "interest", "engagement"]
BANDS = ["cold", "warm", "hot"]


def ladder(more: str = "", before: str = "") -> Ladder:
    recipe = parse_recipe(before + RECIPE + more)
    return Ladder.by_rules(recipe, parse_rules(CARD, recipe))


def score(asked: Ladder, kinds: list[tuple[str, float]], decided: Decided | None = None, **fields: object):
    events = [{"kind": kind, "occurred_at": from_us(NOW - round(days * DAY_US))} for kind, days in kinds]
    lead = LeadReader(asked.recipe).read(
        lead_id="a", fields=fields, events=events, as_of_us=NOW, created_at="2025-02-01"
    )
    columns = stack(asked.features, [online(asked.features, lead)])
    (found,) = asked.score_columns(columns, [replace(asked_of(lead), decided=decided)], 0)
    return found


@given(
    st.sampled_from(BANDS),
    st.booleans(),
    st.booleans(),
    st.lists(st.sampled_from(["rival", "student"]), max_size=1),
    st.none() | st.sampled_from(BANDS),
)
def test_the_order_of_what_decides_is_always_the_same(band, asked, lone, excluded, person):
    decided = person and Decided(person, "anna", "knows them", 0, 1)
    found = band_of(band, Wish(asked, lone), excluded, decided or None)
    expected = person or ("cold" if excluded else "hot" if asked else "cold" if lone else band)
    assert found.maturity == expected
    assert bool(found.because) == (bool(person) or expected != band)
    if excluded and not person:
        assert found.maturity != "hot"


def test_who_asks_for_a_demo_is_hot_for_a_month_and_who_only_downloads_is_cold():
    asked = ladder()
    fresh, old = (score(asked, [("Demande de démo", days)]) for days in (29.9, 30.1))
    assert (fresh.maturity, fresh.maturity_because) == ("hot", "asked to be contacted")
    assert (old.maturity, old.maturity_because) == ("cold", None)
    busy = [("page_view", 1.0), ("pricing", 1.0), ("pricing", 2.0)]
    assert score(asked, busy).maturity == "hot"
    eager = ladder("[bands]\nhot_from = 0.02\nwarm_from = 0.01\n")
    assert score(eager, [("Livre blanc", 1.0)]).maturity_because in (None, "one download is all that it did")
    assert score(asked, [("Livre blanc", 1.0)]).maturity == "cold"


def test_kinds_are_known_by_name_and_meaning_or_as_the_recipe_says():
    assert Wishes(parse_recipe(RECIPE)).asked_kinds == ("Demande de démo",)
    assert Wishes(parse_recipe(RECIPE)).lone_kinds == ("Livre blanc",)
    named = parse_recipe(RECIPE + '[bands]\nasked = ["pricing"]\nlone = []\n')
    assert (Wishes(named).asked_kinds, Wishes(named).lone_kinds) == (("pricing",), ())
    with pytest.raises(LeadscoreError, match="declares no event kind 'prices'; did you mean 'pricing'"):
        parse_recipe(RECIPE + '[bands]\nasked = ["prices"]\n')


def test_a_persons_decision_shows_and_ends_when_it_expires():
    asked, until = ladder(), NOW + DAY_US
    decided = Decided("hot", "anna", "met them at the fair", NOW - DAY_US, until)
    found = score(asked, [], decided, industry="rival")
    assert (found.maturity, found.next_action.action) == (
        "hot",
        "call" if not found.stage.missing else "complete",
    )
    assert found.override.model_dump(exclude={"until"}) == {
        "maturity": "hot", "computed": "cold", "by": "anna", "reason": "met them at the fair"
    }  # fmt: skip
    assert found.override.until == from_us(until)
    for gone in (replace(decided, until_us=NOW), replace(decided, decided_us=NOW + 1)):
        assert score(asked, [], gone, industry="rival").override is None
        assert score(asked, [], gone, industry="rival").maturity == "cold"


def test_stages_follow_the_criteria_in_order_and_an_excluded_lead_enters_none():
    checklist = """[qualification]
method = "bant"
fields = { budget = "budget", need = "need" }
[stages.mql]
points = 60
[stages.sal]
events = ["call"]
[stages.sql]
answered = 2
negative = 0
"""
    asked = ladder(checklist)
    steps = [("pricing", 1.0), ("pricing", 2.0)]
    answered = {"budget": "yes", "need": "grow abroad"}
    said = {"email": "a@acme.io"}
    assert score(asked, steps[:1], **said, **answered).stage.name == "lead"
    assert score(asked, steps, **said, **answered).stage.name == "mql"
    called = [*steps, ("call", 1.0)]
    assert score(asked, called, **said, budget="yes", need="à préciser").stage.name == "sal"
    assert score(asked, called, **said, budget="no", need="grow").stage.name == "sal"
    assert score(asked, called, **said, **answered).stage.name == "sql"
    assert score(asked, called, **said, **answered, industry="rival").stage.name == "lead"


@pytest.mark.parametrize(
    ("bands", "problem"),
    [
        ("hot_from = 0.1", "go together"),
        ("hot_from = 0.1\nwarm_from = 0.2", "a band stays empty"),
        ("hot_from = 0.1\nwarm_from = 0.05\ncalls_per_week = 3", "two ways"),
        ("hot_share = 0.3", "stays empty"),
        ("hot_share = 0.4\nwarm_share = 0.2", "stays empty"),
        ("hot_share = 0.2\nwon_value = 3\ncall_cost = 2\nwrite_cost = 1", "two ways"),
        ("won_value = 30\ncall_cost = 45\nwrite_cost = 1", "a band stays empty"),
    ],
)
def test_lines_that_contradict_each_other_are_refused(bands, problem):
    with pytest.raises(LeadscoreError, match=problem):
        parse_recipe(f"{RECIPE}[bands]\n{bands}\n")


@given(st.floats(1, 1e5), st.floats(0.01, 0.9), st.floats(0.01, 0.99))
def test_a_call_pays_from_the_probability_that_is_its_cost_over_the_value(value, hot, part):
    text = f"won_value = {value}\ncall_cost = {value * hot}\nwrite_cost = {value * hot * part}\n"
    fixed = parse_recipe(f"{RECIPE}[bands]\n{text}").bands.fixed
    assert fixed == pytest.approx((hot, hot * part))


@given(st.integers(1, 500), st.integers(1, 5000))
def test_as_many_open_leads_are_hot_as_can_be_called_in_a_week(calls, n_open):
    hot, warm = parse_recipe(f"{RECIPE}[bands]\ncalls_per_week = {calls}\n").bands.shares(n_open)
    assert round(hot * n_open) == min(calls, n_open)
    assert hot <= warm <= 1


@pytest.mark.parametrize(
    "bands",
    [
        "",
        "hot_from = 0.1\nwarm_from = 0.05",
        "calls_per_week = 3",
        "won_value = 9\ncall_cost = 2\nwrite_cost = 1",
    ],
)
def test_a_recipe_in_a_manifest_is_read_back_equal(bands):
    recipe = parse_recipe(f"{RECIPE}[bands]\n{bands}\n")
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
