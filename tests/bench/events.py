"""Events a second over HTTP with every commit synced: on SQLite, and on PostgreSQL with two replicas.

Senders wait for each answer before they send the next request; they run beside the service, on its cores.
What a busy machine does not change is the CPU time of the service for each event.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from serving.ledger import Ledger
from tests.bench.rows import Row
from tests.made.load import EventSender, sent_for
from tests.made.service import Server, free_port, started
from tests.serving.test_two_replicas import two_replicas

SECONDS = 8.0
LOADS = ((1, 1), (16, 1), (8, 100))
"""(senders, events a request)."""


def run() -> list[Row]:
    """Events a second and the median wait, by ledger and load."""
    with TemporaryDirectory() as folder, _on_sqlite(Path(folder)) as server:
        rows = _measured("SQLite, one service", [server])
    with two_replicas() as (_, replicas):
        rows += _measured("PostgreSQL, two replicas", replicas)
    return rows


@contextmanager
def _on_sqlite(folder: Path):  # type: ignore[no-untyped-def]
    Ledger.made(folder / "ledger.sqlite").close()
    port = free_port()
    command = [sys.executable, "-c", f"from serving.edge.service import run; run(port={port})"]
    yield from started(folder, command, port)


def _measured(what: str, servers: Sequence[Server]) -> list[Row]:
    found, urls = list[Row](), [one.url for one in servers]
    for place, (number, batch) in enumerate(LOADS):
        senders = [EventSender(urls, (place + 1) * 10**9 + n * 10**6, batch) for n in range(number)]
        before = _cpu_seconds(servers)
        sent_for(senders, SECONDS)
        spent = _cpu_seconds(servers) - before
        assert not any(sender.wrong for sender in senders)
        stored = sum(len(sender.acknowledged) for sender in senders)
        wait = median(wait for sender in senders for wait in sender.waits) * 1000
        load = f"{number} senders" if batch == 1 else f"{number} senders, {batch} events each"
        cost = f"{spent / stored * 1000:.2f} ms CPU"
        found.append(Row(f"{what}: {load}", stored / SECONDS, f"events/s ({wait:.1f} ms, {cost})"))
    return found


def _cpu_seconds(servers: Sequence[Server]) -> float:
    """CPU time of all processes of `servers`, each of which has a session of its own."""
    sessions, total = {one.process.pid for one in servers}, 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            cells = path.read_text().rpartition(")")[2].split()
            total += int(cells[11]) + int(cells[12]) if int(cells[3]) in sessions else 0
    return total / os.sysconf("SC_CLK_TCK")
