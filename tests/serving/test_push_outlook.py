"""A score's value and curve in the CRM: sent beside it, cleared where there is none, or none any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import LeadscoreError
from features.recipe.file import parse_recipe
from serving.ledger import Ledger, OutcomeSent, ScoreGiven, Writer
from serving.ledger.sent import DecisionSent
from serving.prospect import Within, Worth
from serving.push import CrmLine, PushRun, PushTally, connect
from serving.score import Score
from serving.vendors import VENDORS, PushMapping, crm_of, crm_profile, made_mapping
from tests.vendors import scores
from tests.vendors.clock import NOON
from tests.vendors.hubspot import HubSpotServer
from tests.vendors.made import SERVERS, environment_of, ids, mapping_of
from tests.vendors.salesforce import SalesforceServer
from tests.vendors.server import VendorServer

FURTHER = ("value", "within_7_days", "within_30_days")
TAKERS = [vendor for vendor in VENDORS if crm_profile(vendor).outlook]
EACH = pytest.mark.parametrize("vendor", TAKERS)
RECIPE = parse_recipe(
    "[recipe]\nhorizons = [7, 30, 90]\nvalue = true\n[tables]\nleads = 'leads.csv'\noutcomes = 'o.csv'\n"
    "[lead]\ncreated_at = 'created'\n[outcomes]\nwon = ['signed']\namount = 'amount'\noccurred_at = 'at'\n"
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def score(lead: str, number: int, value: float | None, *within: float, **said: Any) -> Score:
    """With an expected value, and with probabilities within 7 and 30 days where they are given."""
    points = [Within(days=days, probability=p) for days, p in zip((7, 30), within, strict=False)]
    curve = [*points, Within(days=90, probability=0.25)] if points else []
    worth = None if value is None else Worth(amount=4 * value, value=value, low=0, high=2 * value)
    return scores.score(lead, number, horizons=curve, worth=worth, **said)


def push(ledger: Ledger, vendor: str, server: VendorServer, mapping: PushMapping, **said: Any) -> PushTally:
    with CrmLine(mapping, environment_of(vendor, server), seconds=5) as line:
        return PushRun(ledger, mapping, crm_of(mapping), line, clock=server.clock, **said).run()


def there(server: VendorServer, mapping: PushMapping, lead: str) -> dict[str, Any]:
    """What the CRM holds of the outlook of `lead`: '' and null are nothing, 23 per cent is 0.23."""
    held = {name: server.held[lead].get(mapping.properties[name]) or None for name in FURTHER}
    percent = [name for name in FURTHER if mapping.profile.property_of(name).percent]
    return held | {name: held[name] / 100 for name in percent if held[name] is not None}


def left(server: VendorServer, mapping: PushMapping, lead: str) -> set[str]:
    """Our values of which the CRM holds something."""
    return {name for name, key in mapping.properties.items() if server.held[lead].get(key) not in ("", None)}


def outlook(value: float | None, *within: float) -> dict[str, Any]:
    return dict(zip(FURTHER, (value, *within, None, None), strict=False))


@EACH
def test_value_and_curve_are_sent_and_cleared_where_a_lead_has_none_any_more(
    ledger: Ledger, vendor: str
) -> None:
    a, b, c = ids(vendor, 3)
    scores.keep(ledger, [score(a, 1, 1234.567, 0.01, 0.1), score(b, 1, None), score(c, 1, 10.0, 0.1, 0.2)])
    with SERVERS[vendor]((a, b, c)) as server:
        mapping = mapping_of(vendor, server, FURTHER)
        assert push(ledger, vendor, server, mapping).sent == 3
        assert there(server, mapping, a) == outlook(1234.57, 0.01, 0.1)
        assert there(server, mapping, b) == outlook(None)
        scores.keep(ledger, [score(a, 2, None, 0.01, 0.1), score(b, 2, 5.0), score(c, 2, 10.0)])
        assert push(ledger, vendor, server, mapping).sent == 3
        assert there(server, mapping, a) == outlook(None, 0.01, 0.1)
        assert there(server, mapping, b) == outlook(5.0)
        assert there(server, mapping, c) == outlook(10.0)
        assert push(ledger, vendor, server, mapping).sent == 0


@EACH
def test_it_is_sent_again_after_a_step_of_its_own(ledger: Ledger, vendor: str) -> None:
    a, b, c, d = names = ids(vendor, 4)
    scores.keep(ledger, [score(name, 1, 100.0, 0.1, 0.2) for name in names])
    with SERVERS[vendor](names) as server:
        mapping = mapping_of(vendor, server, FURTHER)
        assert push(ledger, vendor, server, mapping).sent == 4
        less, lower = score(c, 2, 100.0, 0.149, 0.2), score(d, 2, 100.0, 0.05, 0.2)
        scores.keep(ledger, [score(a, 2, 119.9, 0.1, 0.2), score(b, 2, 80.0, 0.1, 0.2), less, lower])
        tally = push(ledger, vendor, server, mapping)
        assert (tally.sent, tally.passed["unchanged"]) == (2, 2)
        assert [there(server, mapping, name)["value"] for name in names] == [100.0, 80.0, 100.0, 100.0]
        assert there(server, mapping, d)["within_7_days"] == 0.05
        finer = mapping.model_copy(update={"value_step": 10})
        assert push(ledger, vendor, server, finer).sent == 1


@EACH
def test_a_closed_lead_is_worth_nothing_more_and_keeps_the_rest(ledger: Ledger, vendor: str) -> None:
    won, told, fine, bare = names = ids(vendor, 4)
    scores.keep(ledger, [score(name, 1, 100.0, 0.1, 0.2) for name in (won, told, fine)])
    scores.keep(ledger, [score(bare, 1, None)])
    with SERVERS[vendor](names) as server:
        mapping = mapping_of(vendor, server, FURTHER)
        assert push(ledger, vendor, server, mapping, recipe=RECIPE).sent == 4
        before = {name: dict(server.held[name]) for name in names}
        blank = dict.fromkeys(("probability", "score", "grade", "maturity"))
        scores.keep(ledger, [score(told, 2, None, status="closed", **blank)])
        with Writer(ledger) as writer:
            writer.submit([OutcomeSent("crm", name, "signed", NOON) for name in (won, bare)]).result()
        tally = push(ledger, vendor, server, mapping, recipe=RECIPE)
        assert (tally.sent, tally.passed) == (2, {"closed": 1, "unchanged": 1})
        keys = {mapping.properties[name] for name in FURTHER}
        for name in (won, told):
            assert there(server, mapping, name) == outlook(None)
            assert {key: one for key, one in server.held[name].items() if key not in keys} == {
                key: one for key, one in before[name].items() if key not in keys
            }
        assert server.held[fine] == before[fine]
        assert push(ledger, vendor, server, mapping, recipe=RECIPE).passed == {"closed": 3, "unchanged": 1}


def test_closed_leads_that_the_crm_locks_are_asked_for_once_and_stop_nobody(ledger: Ledger) -> None:
    *won, fine = names = ids("salesforce", 21)
    scores.keep(ledger, [score(name, 1, 100.0, score=99 if name != fine else 1) for name in names])
    with SalesforceServer(names) as server:
        mapping = mapping_of("salesforce", server, FURTHER)
        push(ledger, "salesforce", server, mapping)
        server.converted = set(won)
        with Writer(ledger) as writer:
            writer.submit([OutcomeSent("crm", name, "signed", NOON) for name in won]).result()
        scores.keep(ledger, [score(fine, 2, 500.0, score=1)])
        tally = push(ledger, "salesforce", server, mapping.model_copy(update={"batch": 2}), recipe=RECIPE)
        assert (tally.sent, tally.refused.total(), tally.stopped) == (1, 20, None)
        assert push(ledger, "salesforce", server, mapping, recipe=RECIPE).passed == {
            "closed": 20, "unchanged": 1
        }  # fmt: skip


def test_what_was_refused_before_a_lead_closed_stops_no_clearing(ledger: Ledger) -> None:
    lead, odd = ids("hubspot", 2)
    scores.keep(ledger, [score(lead, 1, 100.0, 0.1, 0.2), score(odd, 1, 100.0, 0.1, 0.2)])
    with HubSpotServer((lead, odd)) as server:
        mapping = mapping_of("hubspot", server, FURTHER)
        told = server.properties[mapping.properties["maturity"]]
        assert push(ledger, "hubspot", server, mapping, recipe=RECIPE).sent == 2
        options = told["options"]
        told["options"] = [one for one in options if one["value"] != "hot"]
        scores.keep(ledger, [score(lead, 2, 300.0, 0.1, 0.2, maturity="hot")])
        assert push(ledger, "hubspot", server, mapping, recipe=RECIPE).refused.total() == 1
        told["options"] = options
        with Writer(ledger) as writer:
            writer.submit([OutcomeSent("crm", lead, "signed", NOON)]).result()
        assert push(ledger, "hubspot", server, mapping, recipe=RECIPE).sent == 1
        assert there(server, mapping, lead) == outlook(None)
        assert push(ledger, "hubspot", server, mapping, recipe=RECIPE).passed == {"closed": 1, "unchanged": 1}


@pytest.mark.parametrize("answer", ['{"status": "scored", "gone": 1}', "{", "[]", '"opted_out"'])
def test_a_kept_score_that_cannot_be_read_is_told_alone_and_of_closed_leads_and_objectors_not_needed(
    ledger: Ledger, answer: str
) -> None:
    won, objects, told, fine = names = ids("hubspot", 4)
    scores.keep(ledger, [score(name, 1, 100.0, 0.1, 0.2) for name in names[:3]])
    with HubSpotServer(names) as server:
        mapping = mapping_of("hubspot", server, FURTHER)
        assert push(ledger, "hubspot", server, mapping, recipe=RECIPE).sent == 3
        odd = [ScoreGiven(name, NOON + 2_000_000, "model", "3", "r", answer) for name in (won, objects, told)]
        with Writer(ledger) as writer:
            writer.submit(odd).result()
            writer.submit([OutcomeSent("crm", won, "signed", NOON)]).result()
            writer.submit([DecisionSent("crm", objects, "opt_out", NOON)]).result()
        scores.keep(ledger, [score(fine, 1, 5.0)])
        tally = push(ledger, "hubspot", server, mapping, recipe=RECIPE)
        ((words, number),) = tally.refused.items()
        assert (tally.sent, tally.left, number) == (3, 0, 1)
        assert repr(told) in words
        assert there(server, mapping, won) == there(server, mapping, objects) == outlook(None)
        assert not server.held[objects][mapping.properties["score"]]
        assert there(server, mapping, told) == outlook(100.0, 0.1, 0.2)
        assert there(server, mapping, fine) == outlook(5.0)
        again = push(ledger, "hubspot", server, mapping, recipe=RECIPE)
        assert (again.sent, again.refused) == (0, tally.refused)


@EACH
def test_who_opts_out_is_cleared_whole_also_after_the_lead_closed(ledger: Ledger, vendor: str) -> None:
    a, b, never = names = ids(vendor, 3)
    scores.keep(ledger, [score(name, 1, 100.0, 0.1, 0.2) for name in (a, b)])
    with SERVERS[vendor](names) as server:
        mapping = mapping_of(vendor, server, FURTHER)
        push(ledger, vendor, server, mapping)
        blank = dict.fromkeys(("probability", "score", "grade", "maturity", "next_action", "scored_by"))
        out = {"status": "opted_out", "reasons_for": [], **blank}
        scores.keep(ledger, [score(name, 2, None, **out) for name in (a, b, never)])
        with Writer(ledger) as writer:
            writer.submit([OutcomeSent("crm", name, "signed", NOON) for name in (b, never)]).result()
        assert push(ledger, vendor, server, mapping, recipe=RECIPE).sent == 2
        for name in (a, b):
            assert left(server, mapping, name) == {"status", "scored_at"}
        assert server.held[never] == {}


states = st.fixed_dictionaries({
    "value": st.none() | st.integers(0, 400).map(float),
    "within": st.just(()) | st.tuples(st.sampled_from([0.01, 0.04, 0.07]), st.sampled_from([0.1, 0.14, 0.2])),
    "status": st.sampled_from(["scored", "scored", "scored", "closed", "opted_out", "abstained"]),
})  # fmt: skip


def test_what_the_crm_holds_is_never_more_than_a_step_from_the_newest_score(ledger: Ledger) -> None:
    leads = iter(ids("hubspot", 999))
    blank = dict.fromkeys(("probability", "score", "grade", "maturity"))

    @settings(max_examples=15, deadline=None)
    @given(st.lists(states, min_size=1, max_size=6), st.booleans())
    def holds(run: list[dict[str, Any]], fails: bool) -> None:
        lead = next(leads)
        server.held[lead] = {}
        for number, state in enumerate(run):
            scored = state["status"] == "scored"
            said = {} if scored else {"status": state["status"], **blank}
            value, within = (state["value"], state["within"]) if scored else (None, ())
            scores.keep(ledger, [score(lead, number, value, *within, **said)])
            if fails:  # written, and the answer lost: it is sent again
                server.faults.kinds, server.faults.share = ("lost after",), 0.5
            process.run()
            server.faults.share = 0.0
            process.run()
            _held_within_a_step(there(server, mapping, lead), outlook(value, *within))
            if state["status"] in ("opted_out", "abstained"):
                assert left(server, mapping, lead) <= {"status", "scored_at"}

    with HubSpotServer([]) as server:
        mapping = mapping_of("hubspot", server, FURTHER)
        with CrmLine(mapping, environment_of("hubspot", server), seconds=5) as line:
            process = PushRun(ledger, mapping, crm_of(mapping), line, clock=server.clock)
            holds()


def _held_within_a_step(held: Mapping[str, Any], newest: Mapping[str, Any]) -> None:
    for name in FURTHER:
        one, other = held[name] or 0, newest[name] or 0
        if newest[name] is None:
            assert held[name] is None
        elif name == "value":
            assert abs(one - other) < 0.2 * one or one == other
        else:
            assert abs(one - other) < 0.05


@EACH
def test_connect_asks_for_what_the_recipe_asks_for(vendor: str) -> None:
    with SERVERS[vendor](["1"]) as server:
        bare = mapping_of(vendor, server)
        mapping = bare.widened(RECIPE)
        assert tuple(mapping.further) == FURTHER
        assert bare.widened(parse_recipe("[tables]\nleads = 'leads.csv'\n")).further == []
        profile = mapping.profile
        if isinstance(server, SalesforceServer):
            server.add_fields(map(profile.property_of, FURTHER))
        with CrmLine(mapping, environment_of(vendor, server), seconds=5) as line:
            found = connect(mapping, crm_of(mapping), line, create=True)
        assert found.lacking == []
        assert set(found.mapping.properties) == {*profile.properties, *FURTHER}
        labels = {one.value: one.label for one in found.properties}
        unit = "" if vendor == "webhook" else " (%)"
        assert labels["within_30_days"] == f"Lead score: probability within 30 days{unit}"


def test_dynamics_has_no_place_for_it_and_a_misspelt_one_is_told() -> None:
    about = {"vendor": "dynamics", "url": "https://x", "properties": {"score": "msdyn_score"}}
    assert made_mapping(about, "file").widened(RECIPE).further == []
    for vendor, name, told in (
        ("dynamics", "value", "value is not known"),
        ("hubspot", "within_days", "did you mean"),
        ("hubspot", "valeu", "did you mean 'value'?"),
    ):
        with pytest.raises(LeadscoreError, match=told):
            made_mapping({"vendor": vendor, "url": "https://x", "properties": {name: "a"}}, "file")
