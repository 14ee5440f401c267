"""What is sent and what is not; each thing that can be wrong, its sentence, and that nothing else suffers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from features.errors import LeadscoreError
from features.recipe.file import parse_recipe
from serving.ledger import LeadSent, Ledger, OutcomeSent, Writer
from serving.ledger.pushed import UNCONFIRMED, PushState, Taken, pushed, turn_of
from serving.ledger.schema import DECISIONS, SCORES
from serving.prospect import Within
from serving.push import CrmLine, PushRun, PushTally, due_of, planned
from serving.returned.crms import crm_columns, crm_table, templates
from serving.score import NextAction, Override, Reason
from serving.vendors import VENDORS, Call, CrmAnswer, PushMapping, crm_of, made_mapping, values_of
from serving.vendors.values import rendered
from tests.vendors import scores
from tests.vendors.clock import NOON
from tests.vendors.made import SERVERS, environment_of, ids, mapping_of
from tests.vendors.server import Reply, VendorServer

LATER = NOON + 10**12
PROBABILITIES = {name: name for name in ("probability", "within_7_days")}


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
        with ledger.reading() as connection:
            assert scores.number_of(json.loads(pushed(connection, vendor)[a].sent)["values"]) == 100


def test_a_ledger_that_lost_its_newest_scores_does_not_send_older_ones(ledger: Ledger, vendor: str) -> None:
    """One restored from a backup: the CRM was sent what the ledger does not hold any more."""
    (a,) = ids(vendor, 1)
    scores.keep(ledger, [scores.score(a, 1, score=10)])
    with server_of(vendor) as server:
        assert push(ledger, vendor, server).sent == 1
        state = PushState(ledger, vendor)
        with ledger.reading() as connection:
            held = pushed(connection, vendor)[a]
        state.record([Taken(a, held.sent, held.as_of_us + 10**9)], {}, LATER)
        state.record([Taken(a, "", held.as_of_us)], {}, LATER)  # an older one changes nothing
        scores.keep(ledger, [scores.score(a, 2, score=99)])
        assert push(ledger, vendor, server).passed == {"older": 1}
        with ledger.reading() as connection:
            kept = pushed(connection, vendor)[a]
    assert (kept.sent, kept.as_of_us) == (held.sent, held.as_of_us + 10**9)
    assert server.writes[-1][1][mapping_of(vendor, server).properties["score"]] == 10


def decide(ledger: Ledger, lead: str, kind: str, expires_us: int | None = None, later: int = 0) -> None:
    row: dict[str, Any] = {
        "natural_key": f"{lead} {kind} {later}",
        "digest": "",
        "source": "app",
        "lead_id": lead,
    }
    row |= {"kind": kind, "by": "somebody", "reason": "knows better", "expires_us": expires_us}
    row |= {"recorded_us": NOON, "decided_us": NOON - 10 + later}
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


def test_a_decision_that_was_taken_back_holds_nobody_and_one_that_a_score_shows_is_sent(
    ledger: Ledger,
) -> None:
    back, shown, hidden = ids("webhook", 3)
    until = datetime(2030, 1, 1, tzinfo=UTC)
    override = Override(maturity="hot", computed="cold", by="somebody", reason="knows better", until=until)
    scores.keep(ledger, [scores.score(name, 1) for name in (back, hidden)])
    scores.keep(ledger, [scores.score(shown, 1, maturity="hot", override=override)])
    for lead in (back, shown, hidden):
        decide(ledger, lead, "override")
    decide(ledger, back, "override", expires_us=NOON - 9, later=1)  # it ends the one before it too
    with server_of("webhook") as server:
        tally = push(ledger, "webhook", server)
    assert {name for name, _ in server.writes} == {back, shown}
    assert tally.passed == {"a person decided": 1}
    assert server.held[shown]["maturity"] == "hot"
    assert "knows better" not in str(server.held)


@pytest.mark.parametrize("status", ["abstained", "opted_out"])
def test_who_is_not_scored_any_more_is_cleared_in_every_crm_and_scored_again_is_filled_again(
    ledger: Ledger, vendor: str, status: str
) -> None:
    a, never = ids(vendor, 2)
    blank = dict.fromkeys(("probability", "score", "grade", "maturity", "scored_by"))
    none = {"status": status, "reasons_for": [], **blank}
    scores.keep(ledger, [scores.score(a, 1)])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server, language="fr")
        push(ledger, vendor, server, mapping)
        scores.keep(ledger, [scores.score(name, 2, **none) for name in (a, never)])
        assert push(ledger, vendor, server, mapping).sent == 1
        held = {value: server.held[a][key] for value, key in mapping.properties.items()}
        assert {name for name, one in held.items() if one not in ("", None)} == {"status", "scored_at"}
        words = {"abstained": "Non évalué", "opted_out": "Opposition"}
        unknown_trend = 3
        assert held["status"] in (status, words[status], unknown_trend)
        assert server.held.get(never, {}) == {}
        assert push(ledger, vendor, server, mapping).sent == 0
        scores.keep(ledger, [scores.score(a, 3, score=50)])
        assert push(ledger, vendor, server, mapping).sent == 1
        assert server.held[a][mapping.properties["score"]] == 50


@pytest.mark.parametrize("status", ["abstained", "opted_out"])
@pytest.mark.parametrize("arrived", [True, False])
def test_what_was_sent_and_not_accepted_is_cleared_once_for_it_may_have_arrived(
    ledger: Ledger, status: str, arrived: bool
) -> None:
    (a,) = ids("webhook", 1)
    none = {"status": status, **dict.fromkeys(("probability", "score", "grade", "maturity"))}
    scores.keep(ledger, [scores.score(a, 1)])
    with server_of("webhook") as server:
        if arrived:
            server.faults.share, server.faults.kinds = 1.0, ("lost after",)
        else:
            server.poison = {a}
        assert push(ledger, "webhook", server).sent == 0
        server.faults.share, server.poison = 0.0, set()
        scores.keep(ledger, [scores.score(a, 2, **none)])
        assert push(ledger, "webhook", server).sent == 1
        assert server.held[a]["score"] is None
        assert push(ledger, "webhook", server).sent == 0


@pytest.mark.parametrize("gone", ["all", "newest"])
def test_who_objects_is_cleared_also_where_the_ledger_keeps_no_score_of_what_was_sent(
    ledger: Ledger, gone: str
) -> None:
    """Retention deletes scores, and a ledger that was restored has older ones."""
    a, b = ids("webhook", 2)
    scores.keep(ledger, [scores.score(name, number) for name in (a, b) for number in (1, 2)])
    with server_of("webhook") as server:
        assert push(ledger, "webhook", server).sent == 2
        assert {server.held[name]["score"] for name in (a, b)} == {50}
        with Writer(ledger) as writer:
            writer.submit([LeadSent("crm", name, {"size": 10}, NOON) for name in (a, b)]).result()
        with ledger.transaction() as connection:
            old = delete(SCORES)
            connection.execute(old if gone == "all" else old.where(SCORES.c.as_of_us > NOON + 1_500_000))
        decide(ledger, a, "opt_out")
        tally = push(ledger, "webhook", server)
        assert (tally.sent, tally.passed) == (1, {"no score" if gone == "all" else "older": 1})
        assert (server.held[a]["score"], server.held[a]["status"]) == (None, "opted_out")
        assert server.held[b]["score"] == 50


def test_a_lead_whose_status_is_no_option_yet_is_cleared_once_it_is(ledger: Ledger) -> None:
    """Properties that an earlier version made know fewer statuses."""
    leads = ids("hubspot", 3)
    blank = dict.fromkeys(("probability", "score", "grade", "maturity"))
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of("hubspot") as server:
        mapping = mapping_of("hubspot", server)
        options = server.properties["leadscore_status"]["options"]  # type: ignore[attr-defined]
        push(ledger, "hubspot", server, mapping)
        abstained = next(one for one in options if one["value"] == "abstained")
        options.remove(abstained)
        scores.keep(ledger, [scores.score(name, 2, status="abstained", **blank) for name in leads[:1]])
        for _ in range(2):
            (sentence,) = push(ledger, "hubspot", server, mapping).refused
            assert "leadscore_status" in sentence
        options.append(abstained)
        assert push(ledger, "hubspot", server, mapping).sent == 1
        assert server.held[leads[0]]["leadscore_score"] == ""


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
        decide(ledger, c, "opt_out")
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


def test_records_refused_among_others_do_not_stop_the_run(ledger: Ledger, vendor: str) -> None:
    leads = ids(vendor, 60)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with SERVERS[vendor](leads) as server:
        server.poison = set(leads[::6])
        tally = push(ledger, vendor, server, mapping_of(vendor, server, batch=6))
    assert (tally.sent, tally.refused.total(), tally.stopped) == (50, 10, None)


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


def test_hubspots_contacts_are_found_by_a_property_of_ours(ledger: Ledger) -> None:
    scores.keep(ledger, [scores.score(name, 1) for name in ("A-1", "A-2", "A-3")])
    with server_of("hubspot") as server:
        server.unique = {"A-1": "510001", "A-2": "510002"}  # type: ignore[attr-defined]
        tally = push(ledger, "hubspot", server, mapping_of("hubspot", server, id_property="acme_id"))
        assert (tally.sent, tally.refused.total()) == (2, 1)
        assert {name for name, _ in server.writes} == {"510001", "510002"}
        stopped = push(
            ledger, "hubspot", server, mapping_of("hubspot", server, id_property="email", name="b")
        )
    assert (stopped.sent, stopped.refused.total()) == (0, 3)


class DyingLine:
    """A line whose process is killed after the CRM has carried a request out."""

    def __init__(self, line: CrmLine) -> None:
        self.line = line

    def __call__(self, call: Call) -> CrmAnswer:
        self.line(call)
        raise KeyboardInterrupt

    def renew(self) -> bool:
        return self.line.renew()


@pytest.mark.parametrize("how", ["lost", "killed"])
def test_what_was_never_confirmed_is_sent_again_though_it_is_as_before(
    ledger: Ledger, vendor: str, how: str
) -> None:
    """Accepted 50, then 90 whose answer was lost, then 50 again: what is kept says 50, and the CRM has 90."""
    (a,) = ids(vendor, 1)
    scores.keep(ledger, [scores.score(a, 1, score=50)])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server)
        assert push(ledger, vendor, server, mapping).sent == 1
        scores.keep(ledger, [scores.score(a, 2, score=90)])
        if how == "lost":
            server.faults.share, server.faults.kinds = 1.0, ("lost after",)
            assert push(ledger, vendor, server, mapping).sent == 0
        else:
            with CrmLine(mapping, environment_of(vendor, server)) as line, pytest.raises(KeyboardInterrupt):
                PushRun(ledger, mapping, crm_of(mapping), DyingLine(line), clock=server.clock).run()
        assert server.held[a][mapping.properties["score"]] == 90
        server.faults.share = 0.0
        scores.keep(ledger, [scores.score(a, 3, score=50)])
        assert push(ledger, vendor, server, mapping).sent == 1
        assert server.held[a][mapping.properties["score"]] == 50


def test_a_request_stays_below_marketos_megabyte(ledger: Ledger) -> None:
    leads = ids("marketo", 300)
    long = [Reason(text="x" * 6000, feature="demo", strength=1.0)]
    scores.keep(ledger, [scores.score(name, 1, reasons_for=long) for name in leads])
    with SERVERS["marketo"](leads) as server:
        tally = push(ledger, "marketo", server)
        assert (tally.sent, tally.retried) == (300, 0)
        assert tally.requests == 2
    assert all(len(values["leadscoreReasons"]) == 5000 for values in server.held.values())


@pytest.mark.parametrize("status", [200, 202, 302, 404])
def test_an_answer_from_something_else_is_no_acceptance(ledger: Ledger, vendor: str, status: int) -> None:
    """A captive portal, a proxy's page, an API that moved."""
    if vendor == "webhook" and status < 300:
        return  # whose 2xx is all that it promises
    leads = ids(vendor, 12)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with server_of(vendor) as server:
        mapping = mapping_of(vendor, server)
        server.route = lambda *_: Reply(status, "<html>Welcome</html>")  # type: ignore[method-assign]
        tally = push(ledger, vendor, server, mapping)
        assert tally.sent == 0
        assert len(server.requests) <= 60
    if status >= 300:
        assert tally.requests == 1
        assert "address" in str(tally.stopped)
    with ledger.reading() as connection:
        assert all(one.problem for one in pushed(connection, vendor).values())


def test_an_option_that_vanished_keeps_back_only_leads_with_that_value(ledger: Ledger) -> None:
    leads = ids("hubspot", 250)
    given = [scores.score(name, 1, maturity="hot" if n % 3 else "warm") for n, name in enumerate(leads)]
    scores.keep(ledger, given)
    with SERVERS["hubspot"](leads) as server:
        mapping = mapping_of("hubspot", server)
        options = server.properties["leadscore_maturity"]["options"]
        options.remove(next(one for one in options if one["value"] == "hot"))
        tally = push(ledger, "hubspot", server, mapping)
        assert (tally.sent, tally.refused.total(), tally.stopped) == (84, 166, None)
        assert tally.requests <= 6
        (sentence,) = tally.refused
        assert "no option of the property any more" in sentence
        assert "leadscore_maturity" in sentence
        options.append({"value": "hot", "label": "Hot"})
        assert push(ledger, "hubspot", server, mapping).sent == 166


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


def test_what_an_earlier_version_wrote_as_a_fraction_is_written_again_in_per_cent(ledger: Ledger) -> None:
    (a,) = ids("hubspot", 1)
    scores.keep(ledger, [scores.score(a, 1, probability=0.23)])
    with server_of("hubspot") as server:
        mapping = mapping_of("hubspot", server)
        assert push(ledger, "hubspot", server, mapping).sent == 1
        with ledger.reading() as connection:
            held = pushed(connection, "hubspot")[a]
        sent = json.loads(held.sent) | {"properties": mapping.properties}
        PushState(ledger, "hubspot").record([Taken(a, json.dumps(sent), held.as_of_us)], {}, LATER)
        assert push(ledger, "hubspot", server, mapping).sent == 1
        assert server.held[a]["leadscore_probability"] == 23.0
        assert push(ledger, "hubspot", server, mapping).sent == 0


@given(st.floats(0.0001, 0.9999), st.sampled_from(sorted(set(VENDORS) & set(templates().crm) - {"dynamics"})))
def test_a_push_and_a_file_for_an_import_write_a_probability_alike(probability: float, vendor: str) -> None:
    days = Within(days=7, probability=probability)
    one = scores.score("a", probability=probability, horizons=[days, days.model_copy(update={"days": 90})])
    mapping = made_mapping({"vendor": vendor, "url": "https://x", "properties": PROBABILITIES}, "here")
    pushed_as = rendered(values_of(one, mapping.further), mapping)
    row = pa.table({"ls_probability": [probability], "ls_within_7_days": [probability]})
    known = [name for name in crm_columns(vendor) if name not in row.column_names]
    table = crm_table(pa.table({**{name: [None] for name in known}, **dict(row.to_pydict())}), vendor)
    headers = crm_columns(vendor, "en", row.column_names)
    for ours, column in (("probability", "ls_probability"), ("within_7_days", "ls_within_7_days")):
        (cell,) = table.column(headers[column]).to_pylist()
        assert pushed_as[ours] == pytest.approx(cell, abs=0.00501)  # a push has four decimals
