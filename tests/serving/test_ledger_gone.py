"""Merged, deleted, erased leads and their way back; a cursor moves with what it points past."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from features.errors import LeadError
from features.lead import LeadReader
from serving.ledger import EventSent, LeadSent, Ledger, LedgerTables, Writer, lead_of
from serving.ledger.cursors import CursorMove, cursor_of
from serving.ledger.gone import merge_of, survivors
from serving.ledger.person import everything_of, forget
from serving.ledger.pushed import PushState, pushed
from serving.ledger.schema import METADATA, SCORES
from serving.ledger.sent import DecisionSent, OutcomeSent, ScoreGiven, Sent
from serving.rights import delete_person
from tests.made import inbound
from tests.made.postgres import ledger_in_postgres

pytestmark = pytest.mark.slow

NOON = 1_750_000_000_000_000
LATER = NOON + 1_000_000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    sqlite = request.param == "sqlite"
    made = Ledger.made(tmp_path / "ledger.sqlite") if sqlite else ledger_in_postgres()
    yield made
    made.close()


def lead(lead_id: str, at: int = NOON, **cells: str) -> LeadSent:
    return LeadSent("hubspot", lead_id, {"Create Date": "2025-01-01", **cells}, at)


def event(lead_id: str, event_id: str, at: int = NOON) -> EventSent:
    return EventSent("hubspot", lead_id, "form_submit", at, event_id)


def stored(ledger: Ledger, *rows: Sent) -> list[str]:
    with Writer(ledger) as writer:
        return list(writer.submit(rows).result().items)


def rows_of(ledger: Ledger, lead_id: str) -> int:
    with ledger.reading() as connection:
        return sum(
            connection.execute(
                select(func.count()).select_from(table).where(table.c.lead_id == lead_id)
            ).scalar_one()
            for table in METADATA.tables.values()
            if "lead_id" in table.c
        )


def kinds_at(ledger: Ledger, lead_id: str, at: int) -> int:
    found = lead_of(ledger, LeadReader(inbound.recipe()), lead_id, at)
    return sum(len(one.ages) for one in (found.by_kind or {}).values())


def test_merged_records_are_one_lead_from_then_on_and_two_after_it_is_undone(ledger: Ledger) -> None:
    first = lead("A", Email="a@acme.example", **{"Job Title": ""})
    second = lead("B", Email="b@acme.example", **{"Job Title": "CTO"})
    stored(ledger, first, second, event("A", "1"), event("B", "2"), *merge_of("hubspot", "B", "A", LATER))
    reader = LeadReader(inbound.recipe())
    assert kinds_at(ledger, "A", LATER - 1) == 1
    assert kinds_at(ledger, "A", LATER) == kinds_at(ledger, "B", LATER) == 2
    joined = lead_of(ledger, reader, "A", LATER)
    assert "cto" in str(joined.values["title"])
    tables = LedgerTables(ledger, Path()).frames(inbound.recipe())
    assert list(tables["leads"]["Record ID"]) == ["A"]
    assert list(tables["leads"]["Email"]) == ["a@acme.example"]
    assert list(tables["events"]["lead_id"]) == ["A", "A"]
    stored(ledger, DecisionSent("hubspot", "B", "unmerge", LATER + 1))
    assert kinds_at(ledger, "A", LATER + 1) == kinds_at(ledger, "B", LATER + 1) == 1
    assert kinds_at(ledger, "A", LATER) == 2, "what was one lead then is still asked for as one"
    assert len(LedgerTables(ledger, Path()).frames(inbound.recipe())["leads"]) == 2


def test_a_merge_into_a_new_record_keeps_the_lead(ledger: Ledger) -> None:
    merges = [*merge_of("hubspot", "A", "N", LATER), *merge_of("hubspot", "B", "N", LATER)]
    stored(ledger, lead("A", Email="a@acme.example"), lead("B"), event("B", "2"), *merges)
    tables = LedgerTables(ledger, Path()).frames(inbound.recipe())
    assert list(tables["leads"]["Record ID"]) == ["N"]
    assert list(tables["leads"]["Email"]) == ["a@acme.example"]
    assert kinds_at(ledger, "N", LATER) == 1


def test_a_deleted_lead_is_no_lead_and_a_restored_one_is(ledger: Ledger) -> None:
    stored(ledger, lead("A"), event("A", "1"), DecisionSent("hubspot", "A", "deletion", LATER))
    with pytest.raises(LeadError, match="deleted"):
        kinds_at(ledger, "A", LATER)
    assert kinds_at(ledger, "A", LATER - 1) == 1
    frames = LedgerTables(ledger, Path()).frames(inbound.recipe())
    assert (len(frames["leads"]), len(frames["events"])) == (0, 0)
    stored(ledger, DecisionSent("hubspot", "A", "restore", LATER + 5), event("A", "2"))
    assert kinds_at(ledger, "A", LATER + 5) == 2


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_the_order_of_arrival_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Merges in a ring, undone, deleted: what stands is a fold of the source's own times."""
    ids = "ABCD"
    rows: list[Sent] = [lead(one) for one in ids]
    for place in range(data.draw(st.integers(0, 6))):
        away, into = data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids))
        kind = data.draw(st.sampled_from(["merge", "unmerge", "deletion", "restore"]))
        at = LATER + data.draw(st.integers(0, 3))
        if kind == "merge" and away != into:
            rows += merge_of("hubspot", away, into, at)
        elif kind != "merge":
            rows.append(DecisionSent("hubspot", away, kind, at, reason=str(place)))
    shuffled = list(rows)
    random.Random(data.draw(st.integers(0, 9))).shuffle(shuffled)
    found = []
    for place, order in enumerate((rows, shuffled)):
        ledger = Ledger.made(tmp_path_factory.mktemp("order") / f"{place}.sqlite")
        stored(ledger, *order)
        frames = LedgerTables(ledger, Path()).frames(inbound.recipe())
        with ledger.reading() as connection:
            found.append((survivors(connection), sorted(frames["leads"]["Record ID"])))
        for one in ids:
            try:
                lead_of(ledger, LeadReader(inbound.recipe()), one, LATER + 9)
                assert found[-1][0].get(one, one) is not None
            except LeadError:
                assert found[-1][0][one] is None
        ledger.close()
    assert found[0] == found[1]


def test_an_erased_lead_is_gone_from_every_table_and_does_not_come_back(ledger: Ledger) -> None:
    everything: list[Sent] = [
        lead("A", Email="a@acme.example"),
        event("A", "1"),
        OutcomeSent("hubspot", "A", "lead", NOON),
        ScoreGiven("A", NOON, "rules", "1", "h", "{}"),
        DecisionSent("hubspot", "A", "opt_out", NOON, by="ada"),
        lead("B"),
        lead("D"),
        lead("E"),
        *merge_of("hubspot", "D", "B", NOON),
        *merge_of("hubspot", "B", "A", NOON),
        *merge_of("hubspot", "E", "A", NOON),
        DecisionSent("hubspot", "E", "unmerge", NOON + 1),
        lead("C"),
    ]
    stored(ledger, *everything)
    assert stored(ledger, DecisionSent("hubspot", "A", "erasure", LATER), event("A", "late")) == [
        "stored",
        "refused",
    ]
    assert rows_of(ledger, "A") == 1, "the erasure alone"
    assert rows_of(ledger, "B") == 1, "what was merged into it goes with it"
    assert rows_of(ledger, "D") == 1, "and what was merged into that"
    assert rows_of(ledger, "E") > 1, "but not what was merged and is its own again"
    assert stored(ledger, lead("B"), lead("D"), lead("E", LATER)) == ["refused", "refused", "stored"]
    assert rows_of(ledger, "C") > 0
    assert stored(ledger, lead("A"), event("A", "2"), lead("C", LATER)) == ["refused", "refused", "stored"]
    assert stored(ledger, DecisionSent("hubspot", "A", "erasure", LATER)) == ["known"]
    assert stored(ledger, DecisionSent("hubspot", "A", "restore", LATER + 1)) == ["refused"]
    with pytest.raises(LeadError, match="erased"):
        kinds_at(ledger, "A", LATER)
    ledger.close()
    if ledger.path is not None:  # PostgreSQL cleans its files when it has time
        Ledger.opened(ledger.path).close()
        assert b"a@acme.example" not in ledger.path.read_bytes()


def test_a_cursor_moves_with_its_rows_and_from_where_it_stands(ledger: Ledger) -> None:
    with Writer(ledger) as writer:
        move = CursorMove("journal", None, "1")
        assert writer.submit([event("A", "1")], moves=move).result().items == ("stored",)
        assert cursor_of(ledger, "journal") == "1"
        again = writer.submit([event("A", "2")], moves=move).result()
        assert again.cursor_conflict
        assert again.items == ()
        both = [writer.submit([event("A", str(n))], moves=CursorMove("journal", "1", "2")) for n in (3, 4)]
        assert [one.result().cursor_conflict for one in both] == [False, True]
    assert cursor_of(ledger, "journal") == "2"
    assert ledger.counts()["events"] == 2


def test_what_a_push_under_way_noted_of_an_erased_lead_is_swept(ledger: Ledger) -> None:
    scored = [ScoreGiven(one, NOON, "rules", "1", "h", "{}") for one in "ABDVW"]
    stored(ledger, lead("A"), lead("B"), *scored)
    state = PushState(ledger, "hubspot")
    state.begin(["A", "B", "D", "V", "W"])
    stored(ledger, DecisionSent("hubspot", "A", "erasure", LATER))
    delete_person(ledger, "D", [])
    with ledger.transaction() as connection:
        connection.execute(delete(SCORES).where(SCORES.c.lead_id == "V"))
    state.begin(["A", "D"])  # by a run that had planned it before
    assert rows_of(ledger, "A") == 2
    assert PushState(ledger, "another").sweep() == 0
    assert (state.sweep(), state.sweep()) == (2, 0)
    assert (rows_of(ledger, "A"), rows_of(ledger, "D")) == (1, 0)
    with ledger.reading() as connection:
        kept = set(pushed(connection, "hubspot"))
    assert kept == {"B", "V", "W"}, "two were scored whole, and are no leads here; V's scores went by age"


@pytest.mark.parametrize("asked", ["A", "B"])
def test_a_person_is_handed_out_and_forgotten_under_every_id(ledger: Ledger, asked: str) -> None:
    """A form that joined the CRM's record is the same person, whichever of the two is asked for."""
    joined = merge_of("hubspot", "B", "A", NOON)
    stored(ledger, lead("A"), lead("B"), event("B", "1"), lead("C"), *joined)
    stored(ledger, DecisionSent("hubspot", "E", "erasure", NOON))
    found = everything_of(ledger, asked)
    assert {row["lead_id"] for rows in found.values() for row in rows} == {"A", "B"}
    forget(ledger, asked)
    assert (rows_of(ledger, "A"), rows_of(ledger, "B")) == (0, 0)
    assert rows_of(ledger, "C") == 2
    forget(ledger, "E")
    assert stored(ledger, lead("E")) == ["refused"]
