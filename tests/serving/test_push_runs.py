"""What is sent and what is not; each thing that can be wrong, its sentence, and that nothing else suffers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from features.errors import LeadscoreError
from features.recipe.file import parse_recipe
from serving.ledger import Ledger, OutcomeSent, Writer
from serving.ledger.pushed import UNCONFIRMED, PushState, pushed, turn_of
from serving.ledger.schema import DECISIONS
from serving.push import CrmLine, PushRun, PushTally, due_of, planned
from serving.score import NextAction
from serving.vendors import VENDORS, PushMapping, crm_of
from tests.vendors import scores
from tests.vendors.clock import NOON
from tests.vendors.made import SERVERS, environment_of, ids, mapping_of
from tests.vendors.server import VendorServer

LATER = NOON + 10**12


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def server_of(vendor: str, count: int = 12) -> VendorServer:
    return SERVERS[vendor](ids(vendor, count))


def push(
    ledger: Ledger, vendor: str, server: VendorServer, mapping: PushMapping | None = None, **said: Any
) -> PushTally:
    mapping = mapping or mapping_of(vendor, server)
    with CrmLine(mapping, environment_of(vendor, server), seconds=5) as line:
        return PushRun(ledger, mapping, crm_of(mapping), line, clock=server.clock, **said).run()


def test_sent_once_and_again_only_after_a_step_or_another_band(ledger: Ledger, vendor: str) -> None:
    a, b, c, d = ids(vendor, 4)
    scores.keep(ledger, [scores.score(name, 1, score=50) for name in (a, b, c, d)])
    with server_of(vendor) as server:
        assert push(ledger, vendor, server).sent == 4
        other = NextAction(action="write", deadline=None, reason="x")
        moved = [scores.score(a, 2, score=53), scores.score(b, 2, score=55)]
        moved += [scores.score(c, 2, score=51, maturity="hot"), scores.score(d, 2, next_action=other)]
        scores.keep(ledger, moved)
        again = push(ledger, vendor, server)
        assert (again.sent, again.passed["unchanged"]) == (3, 1)
        last = push(ledger, vendor, server)
        assert (last.sent, last.passed["unchanged"]) == (0, 4)
        assert last.requests == 0
    assert [name for name, _ in server.writes].count(a) == 1


def test_an_older_score_that_comes_late_changes_nothing(ledger: Ledger, vendor: str) -> None:
    (a,) = ids(vendor, 1)
    scores.keep(ledger, [scores.score(a, 100, score=80)])
    with server_of(vendor) as server:
        push(ledger, vendor, server)
        scores.keep(ledger, [scores.score(a, 50, score=10)])
        assert push(ledger, vendor, server).passed == {"unchanged": 1}
        state = PushState(ledger, vendor)
        state.record([], {}, LATER)
        with ledger.reading() as connection:
            assert scores.number_of(json.loads(pushed(connection, vendor)[a].sent)["values"]) == 100


def decide(ledger: Ledger, lead: str, kind: str, expires_us: int | None = None) -> None:
    row: dict[str, Any] = {"natural_key": f"{lead} {kind}", "digest": "", "source": "app", "lead_id": lead}
    row |= {"kind": kind, "by": "somebody", "reason": "knows better", "expires_us": expires_us}
    row |= {"recorded_us": NOON, "decided_us": NOON - 2}
    with ledger.transaction() as connection:
        connection.execute(insert(DECISIONS).values(row))


def test_closed_leads_and_decisions_of_people_are_not_touched(ledger: Ledger, vendor: str) -> None:
    won, overridden, expired, closed, abstained, fine = ids(vendor, 6)
    blank = dict.fromkeys(("probability", "score", "grade", "maturity"))
    scores.keep(ledger, [scores.score(name, 1) for name in (won, overridden, expired, fine)])
    scores.keep(ledger, [scores.score(closed, 1, status="closed", **blank),
                         scores.score(abstained, 1, status="abstained", **blank)])  # fmt: skip
    decide(ledger, overridden, "override")
    decide(ledger, expired, "override", expires_us=NOON - 1)
    recipe = parse_recipe("[tables]\nleads = 'leads.csv'\noutcomes = 'o.csv'\n[outcomes]\nwon = ['signed']\n")
    with Writer(ledger) as writer:
        writer.submit([OutcomeSent("crm", won, "signed", NOON)]).result()
    with server_of(vendor) as server:
        tally = push(ledger, vendor, server, recipe=recipe)
    assert tally.passed == {"closed": 2, "a person decided": 1, "no score": 1}
    assert {name for name, _ in server.writes} == {expired, fine}


def test_who_opts_out_is_cleared_where_a_score_was_sent_and_else_left_alone(
    ledger: Ledger, vendor: str
) -> None:
    a, b, c = ids(vendor, 3)
    blank = dict.fromkeys(("probability", "score", "grade", "maturity", "next_action", "scored_by"))
    out = {"status": "opted_out", "reasons_for": [], **blank}
    scores.keep(ledger, [scores.score(a, 1), scores.score(b, 1, **out), scores.score(c, 1)])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server)
        assert push(ledger, vendor, server, mapping).sent == 2
        scores.keep(ledger, [scores.score(a, 2, **out)])
        decide(ledger, c, "opt-out")
        assert push(ledger, vendor, server, mapping).sent == 2
        assert server.held.get(b, {}) == {}
        for lead in (a, c):
            assert server.held[lead][mapping.properties["score"]] in ("", None)
            assert server.held[lead][mapping.properties["reasons"]] in ("", None)
        assert push(ledger, vendor, server, mapping).sent == 0


def test_one_poison_in_a_batch_is_refused_alone(ledger: Ledger, vendor: str) -> None:
    leads = ids(vendor, 12)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of(vendor) as server:
        server.poison = {leads[5]}
        tally = push(ledger, vendor, server)
        assert (tally.sent, tally.refused.total()) == (11, 1)
        (sentence,) = tally.refused
        assert sentence.count("\n") == 0
        assert leads[5] not in sentence
        calls = len(server.requests)
        again = push(ledger, vendor, server)  # the next run tries that one, by itself
        assert (again.sent, again.refused.total(), len(server.requests) - calls) == (0, 1, 1)
        server.poison = set()
        assert push(ledger, vendor, server).sent == 1
        assert push(ledger, vendor, server).sent == 0


def test_a_deleted_record_is_refused_alone(ledger: Ledger, vendor: str) -> None:
    leads = ids(vendor, 12)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of(vendor) as server:
        server.deleted = set(leads[:10])
        tally = push(ledger, vendor, server)
    if vendor == "dynamics":  # its scores stand in a table of their own
        assert tally.sent == 12
        return
    assert tally.stopped is None
    assert (tally.sent, tally.refused.total()) == (2, 10)
    words = "refuses the record" if vendor == "webhook" else "is not in"
    assert words in next(iter(tally.refused))


def test_rights_taken_away_in_the_middle_stop_the_run_with_a_sentence(ledger: Ledger, vendor: str) -> None:
    leads = ids(vendor, 12)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server, batch=4)
        write = server.write

        def then_no_more(record: str, values: dict[str, Any]) -> None:
            write(record, values)
            server.write_rights = len(server.writes) < 4

        server.write = then_no_more  # type: ignore[method-assign]
        tally = push(ledger, vendor, server, mapping)
        if vendor == "salesforce":  # which says it of each record
            assert tally.refused.total() == 8
            assert "refuses the record" in next(iter(tally.refused))
        else:
            assert tally.stopped is not None
            assert "write" in str(tally.stopped) or "token" in str(tally.stopped)
            assert tally.left == 8
        assert tally.sent == 4
        server.write_rights = True
        server.write = write  # type: ignore[method-assign]
        assert push(ledger, vendor, server, mapping).sent == 8
    assert len(server.writes) == 12


def break_property(vendor: str, server: Any, name: str, how: str) -> None:
    """The property `name` is of another type, or not there any more."""
    if vendor == "hubspot":
        told = server.properties.pop(name)
        if how == "type":
            server.properties[name] = told | {"type": "number"}
    elif vendor in ("salesforce", "marketo"):
        told = server.fields.pop(name)
        if how == "type":
            server.fields[name] = "integer" if vendor == "marketo" else told | {"type": "double"}
    elif vendor == "pipedrive":
        told = server.fields.pop(name)
        if how == "type":
            server.fields[name] = told | {"field_type": "double"}
    elif how == "type":
        server.known[name] = int
    else:
        del server.known[name]


@pytest.mark.parametrize("how", ["type", "gone"])
@pytest.mark.parametrize("vendor", [name for name in VENDORS if name != "webhook"], indirect=True)
def test_a_property_that_lacks_or_is_of_another_type(ledger: Ledger, vendor: str, how: str) -> None:
    leads = ids(vendor, 40)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS[vendor](leads) as server:
        mapping = mapping_of(vendor, server)
        break_property(vendor, server, mapping.properties["reasons"], how)
        tally = push(ledger, vendor, server, mapping)
        assert tally.sent == 0
        assert len(server.requests) <= 40  # no hundred of requests for one sentence
    sentence = str(tally.stopped) if tally.stopped else next(iter(tally.refused))
    assert ("another type" if how == "type" else "no property") in sentence or vendor == "pipedrive"
    assert "Demo" not in sentence


def test_a_limit_reached_at_the_last_record_leaves_it_to_the_next_run(ledger: Ledger) -> None:
    leads = ids("hubspot", 201)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS["hubspot"](leads) as server:
        server.daily = (2, 650_000)  # type: ignore[attr-defined]
        tally = push(ledger, "hubspot", server, mapping_of("hubspot", server, reserve=0))
        assert (tally.sent, tally.left) == (200, 1)
        assert tally.stopped is not None
        assert "day" in str(tally.stopped)
        server.daily = (650_000, 650_000)  # type: ignore[attr-defined]
        assert push(ledger, "hubspot", server).sent == 1


def test_a_share_of_the_days_calls_is_left_to_others(ledger: Ledger) -> None:
    leads = ids("salesforce", 250)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS["salesforce"](leads) as server:
        server.pool = (1_001, 10_000)  # type: ignore[attr-defined]
        tally = push(ledger, "salesforce", server)
    assert (tally.sent, tally.left) == (200, 50)
    assert tally.stopped is not None
    assert "1,000 of the day's 10,000" in str(tally.stopped)


def test_pipedrive_is_asked_within_its_burst_and_a_block_ends_the_run(ledger: Ledger) -> None:
    leads = ids("pipedrive", 90)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS["pipedrive"](leads) as server:
        assert push(ledger, "pipedrive", server).sent == 90
        assert server.over_limit == 0
        assert server.clock.seconds() >= 8
        server.blocked = True  # type: ignore[attr-defined]
        server._patience_until = server.clock.seconds() + 10_000
        scores.keep(ledger, [scores.score(name, 2, score=90) for name in leads])
        tally = push(ledger, "pipedrive", server)
    assert tally.requests == 1
    assert tally.stopped is not None
    assert "blocks this token" in str(tally.stopped)


def test_a_wait_of_hours_is_left_to_the_next_run(ledger: Ledger) -> None:
    (a,) = ids("hubspot", 1)
    scores.keep(ledger, [scores.score(a, 1)])
    with server_of("hubspot") as server:
        mapping = mapping_of("hubspot", server)
        server._patience_until = server.clock.seconds() + 7200
        tally = push(ledger, "hubspot", server, mapping)
    assert tally.stopped is not None
    assert "120 minutes" in str(tally.stopped)
    assert server.clock.seconds() < 10


def test_a_token_of_another_account_sends_nothing(ledger: Ledger) -> None:
    (a,) = ids("hubspot", 1)
    scores.keep(ledger, [scores.score(a, 1)])
    with server_of("hubspot") as server:
        tally = push(ledger, "hubspot", server, mapping_of("hubspot", server, account="1"))
    assert tally.stopped is not None
    assert "account 62515" in str(tally.stopped)
    assert server.writes == []


def test_a_crm_that_is_not_there(ledger: Ledger) -> None:
    (a,) = ids("hubspot", 1)
    scores.keep(ledger, [scores.score(a, 1)])
    with server_of("hubspot") as server:
        mapping = mapping_of("hubspot", server)
    tally = push(ledger, "hubspot", server, mapping)
    assert tally.stopped is not None
    assert "cannot be reached" in str(tally.stopped)
    with ledger.reading() as connection:
        assert pushed(connection, "hubspot")[a].problem == UNCONFIRMED


def test_where_all_are_refused_alike_the_run_stops(ledger: Ledger, vendor: str) -> None:
    leads = ids(vendor, 40)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS[vendor](leads) as server:
        server.poison = set(leads)
        tally = push(ledger, vendor, server, mapping_of(vendor, server, batch=10))
        assert len(server.requests) <= 20
    assert tally.stopped is not None
    assert "on end, and none was accepted" in str(tally.stopped)
    assert tally.left > 0
    assert tally.left + tally.refused.total() == 40


def test_a_record_at_which_the_crm_breaks_the_connection_is_found(ledger: Ledger, vendor: str) -> None:
    leads = ids(vendor, 12)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server)
        route = server.route

        def breaks(method: str, path: str, body: Any) -> Any:
            return None if leads[5] in path + json.dumps(body) else route(method, path, body)

        server.route = breaks  # type: ignore[method-assign]
        tally = push(ledger, vendor, server, mapping)
    assert (tally.sent, tally.refused.total(), tally.stopped) == (11, 1, None)
    assert "no answer came" in next(iter(tally.refused))


def test_a_token_that_runs_out_is_renewed_also_where_the_account_is_checked(ledger: Ledger) -> None:
    leads = ids("salesforce", 3)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS["salesforce"](leads) as server:
        mapping = mapping_of("salesforce", server, account="00D000000000001EAA")
        with CrmLine(mapping, environment_of("salesforce", server), seconds=5) as line:
            run = PushRun(ledger, mapping, crm_of(mapping), line, clock=server.clock)
            assert run.run().sent == 3
            server.token = "the next one"
            scores.keep(ledger, [scores.score(name, 2, score=90) for name in leads])
            assert run.run().sent == 3
            server.token, server.client = "a third one", ("another", "secret")  # type: ignore[attr-defined]
            scores.keep(ledger, [scores.score(name, 3, score=20) for name in leads])
            tally = run.run()
    assert tally.stopped is not None
    assert "no token is given for this id and secret" in str(tally.stopped)


def test_two_runs_at_once_are_one(ledger: Ledger) -> None:
    scores.keep(ledger, [scores.score("L1", 1)])
    refused = pytest.raises(LeadscoreError, match="another process")
    with server_of("webhook") as server, turn_of(ledger, "webhook"), refused:
        push(ledger, "webhook", server)
    assert server.writes == []


def test_no_secret_and_no_value_is_logged(
    ledger: Ledger, vendor: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    leads = ids(vendor, 3)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of(vendor) as server:
        server.poison = {leads[0]}
        tally = push(ledger, vendor, server)
    told = caplog.text + "".join(capsys.readouterr()) + str(tally)
    secrets = [server.token, *getattr(server, "client", ())]
    assert not any(secret in told for secret in [*secrets, "Demo asked for"])


def test_the_most_promising_lead_is_sent_first_and_the_last_known_is_what_is_compared(ledger: Ledger) -> None:
    leads = ids("webhook", 3)
    scores.keep(ledger, [scores.score(name, 1, score=10 + 30 * place) for place, name in enumerate(leads)])
    with server_of("webhook") as server:
        mapping = mapping_of("webhook", server)
        plan = planned(ledger, mapping, None, LATER)
        assert plan.fresh == leads[::-1]
        assert [one.before for one in due_of(ledger, plan.fresh, mapping, None, LATER)] == [None] * 3
        push(ledger, "webhook", server, mapping)
        scores.keep(ledger, [scores.score(leads[0], 2, score=99)])
        (due,) = due_of(ledger, [leads[0]], mapping, None, LATER)
    assert due.before is not None
    assert (due.before["score"], due.values["score"]) == (10, 99)


def test_values_are_written_in_the_language_and_the_types_of_the_crm(ledger: Ledger, vendor: str) -> None:
    (a,) = ids(vendor, 1)
    until = datetime(2026, 12, 24, 17, 0, tzinfo=UTC)
    action = NextAction(action="call", deadline=until, reason="asked")
    scores.keep(ledger, [scores.score(a, 1, maturity="hot", next_action=action)])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server, language="fr")
        push(ledger, vendor, server, mapping)
    written = {value: server.held[a][key] for value, key in mapping.properties.items()}
    if vendor == "dynamics":
        assert (written["score"], written["grade"], written["status"]) == (50, 1, 3)
        return
    coded = vendor in ("hubspot", "webhook")
    assert written["maturity"] == ("hot" if coded else "Chaud")
    assert written["next_action"] == ("call" if coded else "Appeler")
    assert written["deadline"] == ("2026-12-24" if vendor == "pipedrive" else "2026-12-24T17:00:00Z")
    assert written["score"] == 50
