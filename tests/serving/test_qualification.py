"""A checklist says what is known of a lead, what follows from it, and what to ask next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import LeadscoreError, parse_lead, parse_recipe
from features.clock import parse_moment
from features.readings import online, stack
from serving.qualification import METHODS, checklist, qualified
from serving.rules import parse_rules

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
INITIALS = {
    "bant": "ABNT",
    "champ": "ACMP",
    "meddic": "CDDEIM",
    "anum": "AMNU",
    "faint": "AFINT",
    "gpct": "ABCCGPT",
}
BASE = """
[tables]
leads = "leads.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
money = { type = "number" }
decides = { type = "boolean" }
pain = { type = "category" }
start = { type = "date" }
[qualification]
method = "bant"
fields = { budget = "money", authority = "decides", need = "pain", timeline = "start" }
"""
CELLS = {
    "money": {"": "unknown", "0": "negative", "-5": "negative", "1200": "answered"},
    "decides": {"": "unknown", "no": "negative", "oui": "answered"},
    "pain": {"": "unknown", "UNKNOWN": "unknown", "À préciser ": "unknown", "Aucun": "negative",
             "slow quotes": "answered"},
    "start": {"": "unknown", "2026-06-01": "answered"},
}  # fmt: skip
ITEM = {"money": "budget", "decides": "authority", "pain": "need", "start": "timeline"}


def of(fields: dict[str, str], more: str = ""):
    recipe = parse_recipe(BASE + more)
    lead = parse_lead(recipe, lead_id="a", fields=fields, events=None, as_of_us=NOW, created_at="2026-01-01")
    return recipe, lead, qualified(recipe, lead)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_asks_what_its_letters_stand_for_in_two_languages(method: str) -> None:
    found = checklist(method)
    names = [item.name.removeprefix("Identify ") for item in found.item]
    letters = [name[0].upper() if name != "pain" else "I" for name in names]
    assert sorted(letters) == sorted(INITIALS[method])
    assert all(item.en.endswith("?") and item.fr.endswith(" ?") for item in found.item)
    assert len({item.key for item in found.item}) == len(found.item)


@given(st.fixed_dictionaries({name: st.sampled_from(sorted(cells)) for name, cells in CELLS.items()}))
def test_an_item_is_answered_unknown_or_negative_by_its_cell(fields: dict[str, str]) -> None:
    recipe, lead, found = of(fields)
    expected = {ITEM[name]: CELLS[name][text] for name, text in fields.items()}
    assert found.answers == expected
    said = list(expected.values())
    assert found.completeness == 1 - said.count("unknown") / 4
    verdict = "not_qualified" if "negative" in said else "open" if "unknown" in said else "qualified"
    assert found.verdict == verdict
    order = [item.key for item in checklist("bant").item]
    following = next((key for key in order if expected[key] == "unknown"), None)
    assert (found.next and found.next.key) == following
    card = """[[fit]]
name = "answered"
field = "bant.answered"
bands = [{ from = 1, to = 3, points = 5 }, { from = 3, points = 9 }]
"""
    rules = parse_rules(card, recipe)
    (points,) = rules.points(stack(rules.features, [online(rules.features, lead)]))[0]
    n = said.count("answered")
    assert points == (9 if n >= 3 else 5 if n else 0)


def test_the_gate_of_an_sql_is_the_verdict_too() -> None:
    gate = "[stages.sql]\nanswered = 2\nnegative = 1\n"
    assert of({"money": "9", "decides": "no"}, gate)[2].verdict == "open"
    assert of({"money": "9", "decides": "no", "pain": "slow"}, gate)[2].verdict == "qualified"
    assert of({"money": "0", "decides": "no", "pain": "slow"}, gate)[2].verdict == "not_qualified"
    assert of({"money": "9"})[2].question("fr").startswith("Quel problème")
    assert (
        of(dict.fromkeys(["money"], "9") | {"decides": "yes", "pain": "x", "start": "2026-05-01"})[2].next
        is None
    )


def test_without_a_checklist_there_is_no_verdict() -> None:
    recipe, lead, _ = of({})
    assert qualified(recipe.model_copy(update={"qualification": None}), lead) is None


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"money", authority', '"monny", authority', "no field 'monny' is declared; did you mean 'money'"),
        ('method = "bant"', 'method = "bandt"', "bandt"),
        ('need = "pain"', 'need = "money"', "more than one item"),
        ('money = { type = "number" }', 'money = { type = "phone" }', "of type phone"),
        ("[qualification]", "[stages.sql]\nanswered = 5\n[qualification]", "needs 5 answers of 4 items"),
        ("[qualification]", '[stages.sql]\nevents = ["call"]\n[qualification]', "no event kind 'call'"),
    ],
)
def test_what_cannot_be_asked_is_refused(old: str, new: str, problem: str) -> None:
    with pytest.raises(LeadscoreError, match=problem):
        parse_recipe(BASE.replace(old, new))


def test_an_item_that_the_method_lacks_is_named() -> None:
    text = BASE.replace("timeline =", "timing =")
    recipe = parse_recipe(text)
    lead = parse_lead(recipe, lead_id="a", fields={}, events=None, as_of_us=NOW)
    with pytest.raises(LeadscoreError, match="'timing' is no item of BANT; did you mean 'timeline'"):
        qualified(recipe, lead)
