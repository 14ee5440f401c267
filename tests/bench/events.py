"""Events a second over HTTP with every commit synced: on SQLite, and on PostgreSQL with two replicas.

Senders wait for each answer before they send the next request; they run beside the service, on its cores.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from serving.ledger import Ledger
from tests.bench.rows import Row
from tests.made.load import EventSender, sent_for
from tests.serving.test_service_http import free_port, started
from tests.serving.test_two_replicas import two_replicas

SECONDS = 8.0
LOADS = ((1, 1), (16, 1), (8, 100))
"""(senders, events a request)."""


def run() -> list[Row]:
    """Events a second and the median wait, by ledger and load."""
    with TemporaryDirectory() as folder, _on_sqlite(Path(folder)) as server:
        rows = _measured("SQLite, one service", [server.url])
    with two_replicas() as (_, replicas):
        rows += _measured("PostgreSQL, two replicas", [one.url for one in replicas])
    return rows


@contextmanager
def _on_sqlite(folder: Path):  # type: ignore[no-untyped-def]
    Ledger.made(folder / "ledger.sqlite").close()
    port = free_port()
    command = [sys.executable, "-c", f"from serving.edge.service import run; run(port={port})"]
    yield from started(folder, command, port)


def _measured(what: str, urls: Sequence[str]) -> list[Row]:
    found: list[Row] = []
    for place, (number, batch) in enumerate(LOADS):
        senders = [EventSender(urls, (place + 1) * 10**9 + n * 10**6, batch) for n in range(number)]
        sent_for(senders, SECONDS)
        assert not any(sender.wrong for sender in senders)
        stored = sum(len(sender.acknowledged) for sender in senders)
        wait = median(wait for sender in senders for wait in sender.waits) * 1000
        load = f"{number} senders" if batch == 1 else f"{number} senders, {batch} events each"
        found.append(Row(f"{what}: {load}", stored / SECONDS, f"events/s ({wait:.1f} ms)"))
    return found
