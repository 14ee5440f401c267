"""The power fails: what was not synced is lost, torn or written all the same; what was acknowledged is there.

Every call that SQLite makes on the files of a ledger is recorded while four senders write to it. For each cut
a disk is made of what was synced by then, and of a random part of what was not, sector by sector.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from serving.ledger import Ledger

ROOT = Path(__file__).parents[2]
SECTOR = 512
WRITES = """
import os, sys, threading
from serving.ledger import EventSent, Ledger, Writer
folder = sys.argv[1]
acknowledged = os.open(f"{folder}/ledger.sqlite.acknowledged", os.O_RDWR | os.O_CREAT)

def send(writer, first):
    for number in range(first, first + 40):
        event = EventSent("test", "L1", "visit", 1_772_000_000_000_000 + number, event_id=f"{number:08}")
        assert writer.submit([event]).result().count("stored") == 1
        os.pwrite(acknowledged, f"{number:08}".encode(), 8 * number)

with Writer(Ledger.opened(f"{folder}/ledger.sqlite")) as writer:
    senders = [threading.Thread(target=send, args=(writer, 40 * n)) for n in range(4)]
    [one.start() for one in senders]
    [one.join() for one in senders]
"""


@dataclass(frozen=True)
class Step:
    """One call: 'W' bytes at a place, 'T' a new size, 'S' all of the file is on the disk."""

    op: str
    file: str
    at: int
    written: bytes


def steps(log: Path) -> Iterator[Step]:
    content, place = log.read_bytes(), 0
    while place < len(content):
        op, length = struct.unpack_from("=cH", content, place)
        name = content[place + 3 : place + 3 + length].decode()
        at, size = struct.unpack_from("=QI", content, place + 3 + length)
        place += 15 + length
        yield Step(op.decode(), Path(name).name, at, content[place : place + size])
        place += size


def applied(disk: bytearray, step: Step) -> None:
    if step.op == "T":
        del disk[step.at :]
        disk.extend(bytes(step.at - len(disk)))
    elif step.op == "W":
        disk.extend(bytes(max(step.at - len(disk), 0)))
        disk[step.at : step.at + len(step.written)] = step.written


def after_cut(begun: dict[str, bytes], done: list[Step], draw: random.Random) -> dict[str, bytes]:
    """The files after a cut: all that was synced, and of the rest what a disk may have written by chance."""
    found = {}
    for name in begun.keys() | {step.file for step in done}:
        disk, mine = bytearray(begun.get(name, b"")), [step for step in done if step.file == name]
        synced = max((place for place, step in enumerate(mine) if step.op == "S"), default=-1)
        for step in mine[: synced + 1]:
            applied(disk, step)
        share = draw.choice([0.0, 0.5, 0.9, 1.0])
        for step in mine[synced + 1 :]:
            for part in sectors(step) if step.op == "W" else [step]:
                if draw.random() < share:
                    applied(disk, part)
        found[name] = bytes(disk)
    return found


def sectors(step: Step) -> list[Step]:
    starts = range(0, len(step.written), SECTOR)
    return [Step("W", step.file, step.at + s, step.written[s : s + SECTOR]) for s in starts]


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_when_the_power_fails(tmp_path: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler, or no Linux: calls cannot be recorded")
    recorder, log = tmp_path / "power_cut.so", tmp_path / "log"
    source = ROOT / "tests" / "made" / "power_cut.c"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-o", str(recorder), str(source), "-ldl"], check=True
    )
    Ledger.made(tmp_path / "ledger.sqlite").close()
    begun = {
        path.name: path.read_bytes() for path in tmp_path.glob("ledger.sqlite*") if path.suffix != ".lock"
    }
    begun = {name: content for name, content in begun.items() if not name.endswith("-shm")}
    own = {"LD_PRELOAD": str(recorder), "POWER_CUT_LOG": str(log), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", WRITES, str(tmp_path)]
    subprocess.run(command, check=True, env={**os.environ, **own})
    recorded, draw = list(steps(log)), random.Random(1)
    assert sum(step.op == "S" for step in recorded) > 20
    acknowledged = held = 0
    rounds = int(os.environ.get("LEADSCORE_CUTS", "150"))
    for number in range(rounds):
        cut = draw.randrange(len(recorded) + 1)
        done = recorded[:cut]
        told = {step.written for step in done if step.file.endswith(".acknowledged")}
        disk = tmp_path / f"cut-{number}"
        disk.mkdir()
        for name, content in after_cut(
            begun, [s for s in done if "acknowledged" not in s.file], draw
        ).items():
            (disk / name).write_bytes(content)
        kept = events_on(disk / "ledger.sqlite")
        assert len(kept) == len(set(kept)), f"cut {cut}"
        assert told <= set(kept), f"cut {cut}"
        acknowledged, held = acknowledged + len(told), held + len(kept)
        shutil.rmtree(disk)
    assert acknowledged > rounds
    print(f"{rounds} cuts: {acknowledged} acknowledged, 0 lost; {held} kept")


def events_on(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [str(row[0]).encode() for row in opened.execute("SELECT event_id FROM events")]
