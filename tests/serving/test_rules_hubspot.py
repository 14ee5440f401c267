"""A scorecard to HubSpot and back gives every lead the same points; what does not fit is named."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from features import parse_lead, parse_recipe
from features.clock import parse_moment
from features.errors import LeadscoreError
from features.readings import online, stack
from leadscore.command import main
from serving.rules import from_hubspot, parse_rules, to_hubspot

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
TABLES = """
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
[lead.fields]
size = { type = "number", column = "numemployees" }
industry = { type = "category" }
title = { type = "text", column = "jobtitle" }
email = { type = "email" }
[events.kinds]
demo = "intent"
"""
RECIPE = parse_recipe(TABLES)
CARD = """
[groups.company]
most = 20
least = -10
[[fit]]
name = "size"
field = "size"
bands = [{ to = 10, points = -12 }, { from = 10, to = 50, points = 8 }, { from = 50, points = 15 }]
group = "company"
[[fit]]
name = "industry"
field = "industry"
match = { "software, \\"big\\"" = 10, retail = 4 }
group = "company"
[[fit]]
name = "title"
field = "title"
keywords = [{ words = ["directeur général", "ceo"], points = 7 }]
"""
LEADS = st.fixed_dictionaries(
    {
        "size": st.sampled_from(["", "3", "10", "49.5", "50", "900"]),
        "industry": st.sampled_from(["", 'Software, "Big"', "retail", "steel"]),
        "title": st.sampled_from(["", "CEO", "Directeur général", "intern"]),
    }
)


def points(text: str, fields: dict[str, str]) -> float:
    rules = parse_rules(text, RECIPE)
    lead = parse_lead(RECIPE, lead_id="a", fields=fields, events=None, as_of_us=NOW)
    fit, engagement = rules.points(stack(rules.features, [online(rules.features, lead)]))
    return float(fit[0] + engagement[0])


@given(LEADS)
def test_there_and_back_every_lead_has_the_same_points(fields: dict[str, str]) -> None:
    there = to_hubspot(parse_rules(CARD, RECIPE).card, RECIPE, "acme")
    back = from_hubspot(there.text, RECIPE, "hubspot.json")
    assert (there.left_out, back.left_out) == ([], [])
    assert points(back.text, fields) == points(CARD, fields)


def test_a_definition_has_the_keys_that_hubspot_documents() -> None:
    content = json.loads(to_hubspot(parse_rules(CARD, RECIPE).card, RECIPE, "acme").text)
    assert (content["name"], content["objectTypeId"]) == ("acme", "0-1")
    first, second = content["groupConfigs"]
    assert (first["groupName"], first["minValue"], first["maxValue"]) == ("company", -10, 20)
    assert len(first["ruleConfigurations"]) == 5
    rule = second["ruleConfigurations"][0]
    assert (rule["enabled"], rule["minimumValue"], rule["maximumValue"]) == (True, 0, 7)
    assert rule["configuration"]["calculation"] == {"type": "CONSTANT", "value": 7}
    assert rule["configuration"]["filterBranch"]["filters"][0]["property"] == "jobtitle"


def rule(filters: list[dict[str, object]], kind: str = "CONSTANT", enabled: bool = True) -> dict[str, object]:
    return {
        "enabled": enabled,
        "configuration": {"calculation": {"type": kind, "value": 5}, "filterBranch": {"filters": filters}},
    }


def on(name: str, operator: str = "IS_ANY_OF", kind: str = "PROPERTY", **said: object) -> dict[str, object]:
    return {"filterType": kind, "property": name, "operation": {"operator": operator, **said}}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (rule([on("industry", values=["x"])], kind="DECAY"), "calculated (DECAY)"),
        (rule([on("industry", values=["x"])], enabled=False), "switched off"),
        (rule([]), "whom it is for is not in it"),
        (rule([on("industry", values=["x"]), on("jobtitle", values=["y"])]), "several properties"),
        (rule([on("page", kind="PAGE_VIEW")]), "about events"),
        (rule([on("phase", values=["x"])]), "no field with the column 'phase'"),
        (rule([on("industry", "HAS_EVER_BEEN_ANY_OF", values=["x"])]), "no counterpart"),
        (rule([on("numemployees", values=["x"])]), "no counterpart"),
    ],
)
def test_a_rule_that_has_no_counterpart_is_named_and_the_others_are_read(broken, words) -> None:
    good = rule([on("industry", values=["retail"])])
    groups = [{"groupName": "g", "minValue": 0, "maxValue": 9, "ruleConfigurations": [broken, good]}]
    found = from_hubspot(json.dumps({"name": "n", "groupConfigs": groups}), RECIPE, "hubspot.json")
    (said,) = found.left_out
    assert said.startswith("group 'g', rule 1: ")
    assert words in said
    assert points(found.text, {"industry": "Retail"}) == 5


def test_events_addresses_and_exclusions_are_named_on_the_way_out() -> None:
    more = """
[[engagement]]
name = "demo"
events = ["demo"]
points = 30
[[fit]]
name = "mail"
field = "email"
match = { business = 5 }
[[exclude]]
name = "rival"
field = "industry"
match = ["rival"]
"""
    said = to_hubspot(parse_rules(CARD + more, RECIPE).card, RECIPE, "acme").left_out
    assert [words.split(":")[0] for words in said] == [
        "[fit] 'mail'",
        "[engagement] 'demo'",
        "[exclude] 'rival'",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}", "[1, 2]", '{"groups": []}'])
def test_what_is_no_definition_is_refused(text: str) -> None:
    with pytest.raises(LeadscoreError, match="is no lead score of HubSpot"):
        from_hubspot(text, RECIPE, "hubspot.json")


def test_both_verbs_print_what_can_be_piped_on(tmp_path) -> None:
    (tmp_path / "recipe.toml").write_text(TABLES)
    (tmp_path / "rules.toml").write_text(CARD)
    recipe, card, definition = (str(tmp_path / name) for name in ("recipe.toml", "rules.toml", "h.json"))
    out = CliRunner().invoke(main, ["rules", "export", recipe, card], catch_exceptions=False)
    assert out.exit_code == 0
    (tmp_path / "h.json").write_text(out.stdout)
    back = CliRunner().invoke(main, ["rules", "import", recipe, definition], catch_exceptions=False)
    assert back.exit_code == 0
    assert points(back.stdout, {"size": "900", "title": "CEO"}) == 22
    default = CliRunner().invoke(main, ["rules", "export", recipe], catch_exceptions=False)
    assert default.exit_code == 3
    assert "left out: [engagement]" in default.stderr
