"""HTTP: the CPU of one lead with 50 events and of a list of 1,000, against what others answer with.

All servers run side by side and are asked in turns, so that what else the machine does meets all alike. CPU
is that of all processes of a server; what asks is not counted.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

import data
import training
from features import load_recipe
from tests.bench.rivals import COLUMNS
from tests.bench.rows import Row, at_least, at_most

LEADS, ONES, BULKS, ROUNDS, EVENTS, CONNECTIONS = 2_500, 400, 2, 3, 50, 16
START_SECONDS = 120.0


@dataclass(frozen=True)
class Server:
    """A server that answers POST /v1/score on `port` of the loopback interface."""

    process: psutil.Process
    port: int

    def cpu(self) -> float:
        """Seconds of all its processes so far."""
        spent = 0.0
        for one in (self.process, *self.process.children(recursive=True)):
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            spent += times.user + times.system
        return spent

    def ask(self, body: bytes, times: int) -> list[float]:
        """Seconds on the wall of each of `times` requests on one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        spent = []
        for _ in range(times):
            start = time.perf_counter()
            connection.request("POST", "/v1/score", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            spent.append(time.perf_counter() - start)
            assert answer.status == 200, content[:200]
        return spent

    def ask_at_once(self, body: bytes, times: int) -> float:
        """Requests a second on several connections, `times` on each."""
        start = time.perf_counter()
        callers = [threading.Thread(target=self.ask, args=(body, times)) for _ in range(CONNECTIONS)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        return CONNECTIONS * times / (time.perf_counter() - start)


def run() -> list[Row]:
    """A model of a small simulated company; ratios of CPU, and of what a caller waits."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        work = Path(folder)
        data.simulate(work, LEADS, 1)
        recipe = load_recipe(work / "recipe.toml")
        training.train(recipe, work, tracking=False, out=work)
        assert recipe.events is not None
        kinds = list(recipe.events.kinds)
        serve = ("leadscore", "serve", "--model", str(work / "served"), "--port")
        ours = stack.enter_context(serving(work, *serve))
        empty = stack.enter_context(serving(work, "tests.bench.rivals", "empty"))
        tutorial = stack.enter_context(serving(work, "tests.bench.rivals", "tutorial"))
        return measured(ours, empty, tutorial, kinds)


def measured(ours: Server, empty: Server, tutorial: Server, kinds: list[str]) -> list[Row]:
    """The rows of the table."""
    one = json.dumps(lead(1, kinds)).encode()
    bare = json.dumps({f"c{i}": float(i) for i in range(COLUMNS)}).encode()
    cpu: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, server, body in (("ours", ours, one), ("empty", empty, one), ("tutorial", tutorial, bare)):
            cpu[name] = min(cpu.get(name, np.inf), each(server, body, ONES))
    waits = np.quantile(ours.ask(one, ONES * ROUNDS), [0.5, 0.99])
    rates = [server.ask_at_once(body, ONES // 8) for server, body in ((ours, one), (tutorial, bare))]
    many = json.dumps([lead(i, kinds) for i in range(1_000)]).encode()
    few = json.dumps([lead(i, kinds, 5) for i in range(1_000)]).encode()
    return [
        Row("CPU of an empty BentoML endpoint", cpu["empty"] * 1e3, "ms"),
        at_most("one lead with 50 events and reasons, against that", cpu["ours"] / cpu["empty"], "×", 2),
        Row("a tutorial's FastAPI without features, against that", cpu["tutorial"] / cpu["empty"], "×"),
        at_most("one lead, 99th percentile of the wait, against the median", waits[1] / waits[0], "×", 5),
        at_least("answers a second at 16 connections, against the tutorial", rates[0] / rates[1], "×", 3),
        at_least("a list of 1,000 leads with 5 events and reasons", rate(ours, few), "leads/s", 8_000),
        Row("the same with 50 events each", rate(ours, many), "leads/s"),
    ]


def each(server: Server, body: bytes, times: int) -> float:
    """CPU seconds of one request."""
    server.ask(body, max(1, times // 10))
    before = server.cpu()
    server.ask(body, times)
    return (server.cpu() - before) / times


def rate(server: Server, body: bytes) -> float:
    """Leads of a list of 1,000 per second of CPU."""
    return 1_000 / min(each(server, body, BULKS) for _ in range(ROUNDS))


def lead(number: int, kinds: list[str], events: int = EVENTS) -> dict[str, Any]:
    """A lead of the simulated company as a CRM would send it."""
    made = random.Random(number)
    return {
        "lead_id": f"L{number}",
        "as_of": "2026-07-01T00:00:00Z",
        "created_at": "2025-12-30T08:00:00Z",
        "fields": {
            "market": "b2b",
            "origin": made.choice(["inbound", "paid", "referral"]),
            "email": f"ann{number}@acme{number}.com",
            "phone": "+33 1 42 68 53 00",
            "job_title": made.choice(["Head of Sales", "CEO", "Acheteur", "Software engineer"]),
            "company_size": made.randint(1, 900),
            "industry": "software",
            "country": "FR",
            "founded": 2001,
        },
        "events": [
            {
                "kind": made.choice(kinds),
                "occurred_at": f"2026-{made.randint(1, 6):02d}-{made.randint(1, 28):02d}T10:{place:02d}:00Z",
                "event_id": f"e{number}-{place}",
            }
            for place in range(events)
        ],
    }


@contextmanager
def serving(work: Path, *module: str) -> Iterator[Server]:
    """`python -m module… PORT` until the end, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (work / f"{port}.log").open("w", encoding="utf-8") as log:
        started = subprocess.Popen([sys.executable, "-m", *module, str(port)], stdout=log, stderr=log)
    try:
        _await(port, started)
        yield Server(psutil.Process(started.pid), port)
    finally:
        started.terminate()
        started.wait(timeout=30)


def _await(port: int, started: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and started.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("a server did not start")
