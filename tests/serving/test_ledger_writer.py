"""Acknowledged means committed: keys make intake idempotent, one writer a file, nothing half-stored."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, select

from features import LeadscoreError
from serving.ledger import EventSent, LeadSent, Ledger, OutcomeSent, ScoreGiven, Writer
from serving.ledger.schema import EVENTS

NOON = 1_750_000_000_000_000
ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def visit(number: int, kind: str = "visit", source: str = "web") -> EventSent:
    return EventSent(source, f"L{number}", kind, NOON + number, event_id=f"e{number}")


def test_the_same_event_twice_is_one_and_another_under_its_key_is_a_conflict(ledger: Ledger) -> None:
    with Writer(ledger) as writer:
        first = writer.submit([visit(1), visit(2), visit(1)]).result()
        assert first.items == ("stored", "stored", "known")
        again = writer.submit([visit(1), visit(2, kind="demo"), visit(2, source="crm"), visit(3)]).result()
    assert again.items == ("known", "conflict", "stored", "stored")
    assert [problem is None for problem in again.problems] == [True, False, True, True]
    assert ledger.counts()["events"] == 4
    with ledger.reading() as connection:
        kept = connection.execute(
            select(EVENTS.c.kind).where(EVENTS.c.event_id == "e2", EVENTS.c.source == "web")
        )
        assert kept.scalar_one() == "visit"


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (EventSent("web", "L\x00", "visit", NOON), "lead_id"),
        (EventSent("web", "L1", "\ud83d", NOON), "kind"),
        (EventSent("web", "  ", "visit", NOON), "lead_id"),
        (EventSent("web", "L" * 501, "visit", NOON), "lead_id"),
        (EventSent("web", "L1", "visit", 253_402_300_800_000_000), "occurred"),
        (LeadSent("web", "L1", {"size": float("nan")}, NOON), "cells"),
        (LeadSent("web", "L1", {"name": "a\x00b"}, NOON), "cells"),
        (OutcomeSent("web", "L1", "", None), "stage"),
    ],
)
def test_what_no_database_keeps_is_refused_and_spoils_no_neighbour(
    ledger: Ledger, bad: EventSent | LeadSent | OutcomeSent, field: str
) -> None:
    with Writer(ledger) as writer:
        receipt = writer.submit([visit(1), bad, visit(2)]).result()
    assert receipt.items == ("stored", "refused", "stored")
    assert receipt.problems[1] is not None
    assert receipt.problems[1].field == field
    assert ledger.counts()["events"] == 2
    assert ledger.counts()["leads"] == 0


def test_an_idempotency_key_answers_the_same_again_and_refuses_another_body(ledger: Ledger) -> None:
    with Writer(ledger) as writer:
        first = writer.submit([visit(1)], caller="a", key="k", body=b"one").result()
        again = writer.submit([visit(1)], caller="a", key="k", body=b"one").result()
        other = writer.submit([visit(2)], caller="a", key="k", body=b"two").result()
        stranger = writer.submit([visit(3)], caller="b", key="k", body=b"three").result()
    assert first.items == again.items == ("stored",)
    assert (first.replayed, again.replayed) == (False, True)
    assert other.key_conflict
    assert other.items == ()
    assert stranger.items == ("stored",)
    assert ledger.counts()["events"] == 2


def test_a_key_that_comes_twice_within_one_commit_has_one_receipt(ledger: Ledger) -> None:
    with Writer(ledger) as writer:
        slow = writer.submit(
            [visit(number) for number in range(5_000)]
        )  # the next three wait for it together
        answers = [writer.submit([visit(9_000)], key="k", body=body) for body in (b"one", b"one", b"two")]
        found = [answer.result() for answer in answers]
        assert slow.result().count("stored") == 5_000
    assert found[0].items == found[1].items == ("stored",)
    assert [receipt.replayed for receipt in found] == [False, True, False]
    assert found[2].key_conflict


@pytest.mark.parametrize("key", ["k\x00", "\ud800", "k" * 501])
def test_a_key_that_cannot_be_kept_is_refused_before_it_meets_others(ledger: Ledger, key: str) -> None:
    with Writer(ledger) as writer, pytest.raises(LeadscoreError, match="Idempotency-Key"):
        writer.submit([visit(1)], key=key)


def test_a_coroutine_waits_for_the_commit(ledger: Ledger) -> None:
    async def send(writer: Writer) -> int:
        receipts = await asyncio.gather(
            *(asyncio.wrap_future(writer.submit([visit(number)])) for number in range(200))
        )
        return sum(receipt.count("stored") for receipt in receipts)

    with Writer(ledger) as writer:
        assert asyncio.run(send(writer)) == 200
        assert ledger.counts()["events"] == 200


def test_what_waits_is_committed_before_the_writer_ends_and_nothing_after(ledger: Ledger) -> None:
    writer = Writer(ledger)
    answers = [writer.submit([visit(number)]) for number in range(100)]
    writer.close()
    assert all(answer.done() for answer in answers)
    assert ledger.counts()["events"] == 100
    with pytest.raises(LeadscoreError, match="closed"):
        writer.submit([visit(101)])


def test_a_score_is_kept_once_however_often_it_is_sent(ledger: Ledger) -> None:
    score = ScoreGiven("L1", NOON, "model", "3", "abc", '{"probability":0.2}', '{"size":10}')
    with Writer(ledger) as writer:
        assert writer.submit([score, score]).result().items == ("stored", "known")


def test_a_second_writer_of_one_file_is_refused(ledger: Ledger) -> None:
    with Writer(ledger), pytest.raises(LeadscoreError, match=f"process {os.getpid()} writes to this ledger"):
        Writer(Ledger.opened(ledger.path))
    Writer(ledger).close()


def test_a_full_disk_is_told_and_what_follows_is_stored(ledger: Ledger) -> None:
    """SQLite's own answer to a full disk: no page beyond the present ones."""
    most = [""]

    def bounded(connection: object, _record: object) -> None:
        if most[0]:
            connection.execute(f"PRAGMA max_page_count = {most[0]}")  # type: ignore[attr-defined]

    event.listen(ledger.engine, "connect", bounded)
    secret = "anna@example.org"
    with Writer(ledger) as writer:
        with ledger.reading() as connection:
            most[0] = str(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        ledger.close()
        full = writer.submit([LeadSent("web", f"L{n}", {"mail": secret}, NOON + n) for n in range(3_000)])
        with pytest.raises(LeadscoreError, match="the disk is full") as told:
            full.result()
        assert secret not in str(told.value)
        most[0] = "1000000"
        ledger.close()
        assert ledger.counts()["field_history"] == 0
        assert writer.submit([visit(1)]).result().items == ("stored",)


_SENDER = """
import sys
from serving.ledger import EventSent, Ledger, Writer
with Writer(Ledger.opened(sys.argv[1])) as writer:
    for start in range(int(sys.argv[2]), 10**9, 7):
        sent = [EventSent("web", f"L{n}", "visit", 1_750_000_000_000_000 + n, event_id=str(n))
                for n in range(start, start + 7)]
        writer.submit(sent).result()
        print(start + 7, flush=True)
"""


def kill_under_load(path: Path, rounds: int, seed: int = 1) -> tuple[int, int, int]:
    """(acknowledged, lost, doubled) events of senders that were killed in the midst of their work, in turn.

    Each goes on where the last acknowledged one ended, so that it sends again what was on its way.
    """
    draw, acknowledged = random.Random(seed), 0
    for _ in range(rounds):
        sender = subprocess.Popen(
            [sys.executable, "-c", _SENDER, str(path), str(acknowledged)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert sender.stdout is not None
        acknowledged = int(sender.stdout.readline())
        time.sleep(draw.uniform(0, 0.1))
        sender.send_signal(signal.SIGKILL)
        acknowledged = int((sender.stdout.read().split() or [acknowledged])[-1])
        sender.wait()
        sender.stdout.close()
    ledger = Ledger.opened(path)
    with ledger.reading() as connection:
        ids = [int(one) for one in connection.execute(select(EVENTS.c.event_id)).scalars()]
    ledger.close()
    return acknowledged, len(set(range(acknowledged)) - set(ids)), len(ids) - len(set(ids))


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled_when_the_process_is_killed(ledger: Ledger) -> None:
    assert ledger.path is not None
    acknowledged, lost, doubled = kill_under_load(ledger.path, rounds=10)
    assert acknowledged > 100
    assert (lost, doubled) == (0, 0)
