"""Accounts in the CRM: sent once, again when they moved; who objects tells nothing; cleared when over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import LeadscoreError
from serving.accounts import AccountRow, AccountsDue, account_values
from serving.ledger import Ledger
from serving.push import CrmLine, PushRun, PushTally, connect
from serving.vendors import VENDORS, PushMapping, crm_of, crm_profile
from tests.vendors.clock import NOON
from tests.vendors.hubspot import HubSpotServer
from tests.vendors.made import environment_of, mapping_of
from tests.vendors.salesforce import SalesforceServer
from tests.vendors.server import Faults, VendorServer

TAKERS = ("hubspot", "salesforce")
EACH = pytest.mark.parametrize("vendor", TAKERS)
SECOND = 10**6


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def names_of(vendor: str, count: int) -> list[str]:
    form = {"hubspot": "90{:04}", "salesforce": "00100000000{:04}AAA"}[vendor]
    return [form.format(number) for number in range(1, count + 1)]


def server_of(vendor: str, names: list[str], faults: Faults | None = None) -> VendorServer:
    if vendor == "hubspot":
        portal = HubSpotServer(names, faults=faults)
        portal.kind = "companies"
        return portal
    org = SalesforceServer(names, faults=faults)
    org.kind, org.prefix = "Account", "001"
    return org


def row(account: str, **said: object) -> AccountRow:
    blank = {
        "account": account, "leads": 2, "scored": 2, "opted_out": 0, "won_before": 0, "lost_before": 0,
        "any": 0.3, "any_low": 0.2, "any_high": 0.36, "expected": 0.4, "best_lead": "L1",
        "best_probability": 0.2, "fit": "B", "engagement": 2, "active_leads": 1, "roles": ["it"],
        "roles_missing": ["decision", "finance"], "notes": [],
    }  # fmt: skip
    return AccountRow.model_validate(blank | said)


def push(
    ledger: Ledger, server: VendorServer, mapping: PushMapping, rows: list[AccountRow], second: int
) -> PushTally:
    due = AccountsDue(ledger, mapping, rows, NOON + second * SECOND)
    with CrmLine(mapping, environment_of(mapping.vendor, server), seconds=5) as line:
        return PushRun(ledger, mapping, crm_of(mapping), line, due=due, clock=server.clock).run()


@EACH
def test_an_account_is_sent_once_and_again_when_it_moved_by_a_step(ledger: Ledger, vendor: str) -> None:
    a, b, c, d = names_of(vendor, 4)
    with server_of(vendor, [a, b, c, d]) as server:
        mapping = mapping_of(vendor, server, of="accounts")
        rows = [row(name) for name in (a, b, c, d)]
        assert push(ledger, server, mapping, rows, 0).sent == 4
        held = server.held[a]
        names = mapping.properties
        assert (held[names["leads"]], held[names["active"]], held[names["any"]]) == (2, 1, 30.0)
        assert held[names["roles_missing"]] == "decision, finance"
        assert push(ledger, server, mapping, rows, 1).passed == {"unchanged": 4}
        moved = [row(a, any=0.34), row(b, any=0.35), row(c, roles_missing=["decision"]), row(d, leads=3)]
        assert push(ledger, server, mapping, moved, 2).sent == 3
        late = push(ledger, server, mapping, [row(a), *(row(name, any=0.9) for name in (b, c, d))], 1)
        assert late.passed == {"unchanged": 1, "older": 3}
    assert [name for name, _ in server.writes].count(a) == 1


@EACH
def test_with_an_unknown_dependence_the_bounds_alone_are_written(ledger: Ledger, vendor: str) -> None:
    (a,) = names_of(vendor, 1)
    with server_of(vendor, [a]) as server:
        mapping = mapping_of(vendor, server, of="accounts")
        push(ledger, server, mapping, [row(a, any=None)], 0)
        names, held = mapping.properties, server.held[a]
    assert held[names["any"]] in (None, "")
    assert (held[names["any_low"]], held[names["any_high"]]) == (20.0, 36.0)


@EACH
def test_who_objects_is_not_counted_and_what_is_over_is_cleared(ledger: Ledger, vendor: str) -> None:
    a, b, c = names_of(vendor, 3)
    with server_of(vendor, [a, b, c]) as server:
        mapping = mapping_of(vendor, server, of="accounts")
        objects = row(b, leads=1, opted_out=1, any=None, any_low=None, any_high=None, active_leads=0)
        first = push(ledger, server, mapping, [row(a, opted_out=1), objects, row(c)], 0)
        assert (first.sent, first.passed) == (2, {"opted out": 1})
        leads = mapping.properties["leads"]
        assert (server.held[a][leads], server.held[b]) == (1, {})
        gone = push(ledger, server, mapping, [row(a, leads=1, opted_out=1)], 1)
        assert gone.sent == 2
        for name in (a, c):
            told = {value: server.held[name][key] for value, key in mapping.properties.items()}
            assert told.pop("leads") == 0
            assert told.pop("as_of")
            assert set(told.values()) <= {None, ""}
        assert push(ledger, server, mapping, [], 2).sent == 0


@given(seed=st.integers(0, 10_000))
@settings(deadline=None, max_examples=8)
def test_whatever_fails_each_account_ends_up_as_the_last_run_said(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    vendor = TAKERS[seed % 2]
    names = names_of(vendor, 30)
    kept = Ledger.made(tmp_path_factory.mktemp("kept") / "ledger.sqlite")
    with server_of(vendor, names, Faults(seed, 0.4)) as server:
        mapping = mapping_of(vendor, server, of="accounts", batch=4)
        rows = [row(name, leads=1 + (seed + at) % 5) for at, name in enumerate(names)]
        for second in range(20):
            if push(kept, server, mapping, rows, second).passed == {"unchanged": 30}:
                break
        leads = mapping.properties["leads"]
        assert {name: server.held[name][leads] for name in names} == {one.account: one.leads for one in rows}
        quiet = len(server.writes)
        push(kept, server, mapping, rows, 21)
        assert len(server.writes) == quiet
    kept.close()


@EACH
def test_connect_looks_at_the_rights_and_properties_of_companies(vendor: str) -> None:
    with server_of(vendor, []) as server:
        names = {value: told.name for value, told in crm_profile(vendor, "accounts").properties.items()}
        said = {"vendor": vendor, "of": "accounts", "url": server.url, "properties": names}
        mapping = PushMapping.model_validate(said)
        with CrmLine(mapping, environment_of(vendor, server)) as line:
            found = connect(mapping, crm_of(mapping), line, create=vendor == "hubspot")
    assert found.lacking == []
    assert {one.value for one in found.properties} == set(account_values(None, NOON))
    assert all(one.usable for one in found.properties)


def test_what_takes_no_accounts_says_so() -> None:
    for vendor in set(VENDORS) - set(TAKERS):
        with pytest.raises(LeadscoreError, match="accounts are not sent to it"):
            crm_profile(vendor, "accounts")
