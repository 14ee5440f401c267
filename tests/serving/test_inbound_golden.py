"""Each vendor's golden bodies become the rows that stand beside them, and mappings keep their own laws."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from features.errors import LeadscoreError
from serving.crm import vendor_mapping, vendors
from serving.crm.addresses import Addresses
from serving.crm.mapping import parse_mapping
from serving.crm.rows import Read, RowReader
from serving.ledger import EventSent, LeadSent, Ledger, Writer
from serving.ledger.sent import DecisionSent, Sent
from tests.made import inbound

LEFT_OUT = ("source", "origin")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path_factory.mktemp("golden") / "ledger.sqlite")
    with Writer(made) as writer:
        writer.submit([inbound.known_lead()]).result()
    yield made
    made.close()


def read(ledger: Ledger, vendor: str, body: object) -> Read:
    sender = inbound.sender(vendor)
    addresses = Addresses(ledger, inbound.recipe())
    reader = RowReader(vendor, sender.mapping, inbound.recipe(), addresses, sender.accounts, sender.own_users)
    return reader.read(body, inbound.ARRIVED)


def plain(row: Sent) -> dict[str, Any]:
    cells = {name: value for name, value in asdict(row).items() if value not in (None, "", 0)}
    return {"type": type(row).__name__} | {n: v for n, v in cells.items() if n not in LEFT_OUT}


@pytest.mark.parametrize("vendor", vendors())
def test_a_golden_body_becomes_its_rows(ledger: Ledger, vendor: str) -> None:
    for case in inbound.golden(vendor):
        found = read(ledger, vendor, case["body"])
        assert [plain(row) for row in found.rows] == case["rows"], case["case"]
        assert dict(found.counts) == case["counts"], case["case"]
        assert [f"{one.field}: {one.problem}" for one in found.problems] == case["problems"], case["case"]


@pytest.mark.parametrize("vendor", vendors())
def test_every_rule_of_a_mapping_has_a_golden_body(ledger: Ledger, vendor: str) -> None:
    """A rule that no body reaches would be a guess that nobody reads."""
    mapping, unused = vendor_mapping(vendor), []
    for rule in mapping.rule:
        alone = mapping.model_copy(update={"rule": (rule,)})
        sender = inbound.sender(vendor)
        reader = RowReader(
            vendor, alone, inbound.recipe(), Addresses(ledger, inbound.recipe()), sender.accounts
        )
        bodies = [case["body"] for case in inbound.golden(vendor)]
        if not any(reader.read(body, inbound.ARRIVED).rows for body in bodies):
            unused.append(rule)
    assert unused == []


@pytest.mark.parametrize("vendor", vendors())
def test_one_poison_among_a_thousand_spoils_no_neighbour(ledger: Ledger, vendor: str) -> None:
    mapping = vendor_mapping(vendor)
    one = next(case["body"] for case in inbound.golden(vendor) if case["rows"])
    path = mapping.items[0]
    if isinstance(one, list):
        one = one[0]
    elif path not in ("",) and path != "entry.*.changes.*":
        one = one.get(path.split(".")[0], [one])[0]
    thousand = [one] * 1000
    thousand[617] = "poison"
    body: object = thousand
    if path == "entry.*.changes.*":
        body = {"entry": [{"changes": [one["entry"][0]["changes"][0]] * 999 + ["poison"]}]}
    elif path:
        body = {path.split(".")[0]: thousand}
    found = read(ledger, vendor, body)
    assert found.counts["unread"] == 1
    assert found.counts["items"] == 1000
    assert len(found.problems) == 1
    alone = read(
        ledger, vendor, {path.split(".")[0]: [one]} if path and path[0] != "e" else body if path else [one]
    )
    assert len(found.rows) in (999 * len(alone.rows), len(alone.rows))


def test_a_value_of_another_type_empties_the_field_and_is_told_without_it(ledger: Ledger) -> None:
    body = json.loads(json.dumps(inbound.golden("pipedrive")[0]["body"]))
    seats = body["data"]["custom_fields"]["d4de1c1518b4531717c676029a45911c340390a6"]
    seats["value"] = "a hundred and twenty"
    found = read(ledger, "pipedrive", body)
    (lead,) = (row for row in found.rows if isinstance(row, LeadSent))
    assert lead.cells["d4de1c1518b4531717c676029a45911c340390a6"] is None
    (problem,) = found.problems
    assert "a number" in problem.problem
    assert "hundred" not in f"{problem}"


def test_a_choice_that_nobody_has_seen_is_kept_as_it_is(ledger: Ledger) -> None:
    body = [inbound.golden("hubspot")[0]["body"][5] | {"propertyValue": "10000+"}]
    (lead,) = read(ledger, "hubspot", body).rows
    assert isinstance(lead, LeadSent)
    assert lead.cells == {"Number of Employees": "10000+"}


def test_another_portals_events_are_refused(ledger: Ledger) -> None:
    body = [event | {"portalId": 1} for event in inbound.golden("hubspot")[0]["body"]]
    found = read(ledger, "hubspot", body)
    assert found.rows == []
    assert found.counts["unread"] == len(body)
    assert "another account" in found.problems[0].problem


@pytest.mark.parametrize("vendor", ["google", "meta", "linkedin"])
def test_test_leads_never_become_rows(ledger: Ledger, vendor: str) -> None:
    cases = [case for case in inbound.golden(vendor) if case["counts"].get("test")]
    if vendor == "linkedin":
        body = json.loads(json.dumps(inbound.golden("linkedin")[1]["body"]))
        body["leads"][0]["testLead"] = True
        cases = [{"body": body}]
    assert cases
    assert all(read(ledger, vendor, case["body"]).rows == [] for case in cases)


def test_an_event_without_its_moment_or_id_is_told(ledger: Ledger) -> None:
    body = {"lead_id": "1001", "event": "web_form", "occurred_at": "yesterday", "event_id": "7"}
    found = read(ledger, "marketo", body)
    assert [row for row in found.rows if isinstance(row, EventSent)] == []
    assert {problem.field for problem in found.problems} == {"item 1 occurred_at"}
    found = read(
        ledger, "marketo", {"lead_id": "1001", "event": "web_form", "occurred_at": "2025-11-30T10:00Z"}
    )
    assert {problem.field for problem in found.problems} == {"item 1 {event_id}"}


def test_a_form_before_the_crms_record_joins_it_by_the_address(tmp_path: Any) -> None:
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    form = inbound.golden("google")[0]["body"]
    with Writer(ledger) as writer:
        rows = read(ledger, "google", form).rows
        assert {row.lead_id for row in rows} == {"google:TeSter-123"}
        writer.submit(rows).result()
        home = read(ledger, "hubspot", inbound.golden("hubspot")[1]["body"]).rows
    joins = [row for row in home if isinstance(row, DecisionSent)]
    assert {(row.lead_id, row.kind, row.content) for row in joins} == {
        ("google:TeSter-123", "merge", "1246965"),
        ("1246965", "absorb", "google:TeSter-123"),
    }
    ledger.close()


def test_a_mapping_that_is_wrong_says_where() -> None:
    for line, said in {
        "[[rule]]\nlead = '{id}'\nevnt = 'x'": "rule.1.evnt: is not known.",
        "[[rule]]\nlead = '{id}'\nevent = 'x'": "'event' needs 'at'",
        "[[rule]]\nlead = '{id}'\ndecision = 'merge'": "'away'",
        "[[rule]]\nlead = '{id}'\nunit = 'h'": "use one of iso, s, ms",
    }.items():
        with pytest.raises(LeadscoreError) as refused:
            parse_mapping(f"title = 'T'\n[proof]\nkind = 'meta'\n{line}\n", "own.toml")
        assert said in refused.value.problem
        assert refused.value.problem.startswith("own.toml: ")
