"""Servers that are measured: started, asked on one connection or on several, their CPU and memory read."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psutil

CONNECTIONS = 16
START_SECONDS = 120.0


@dataclass(frozen=True)
class SentRequest:
    """What is sent where."""

    path: str = "/v1/score"
    body: bytes = b""


WhatIsAsked: TypeAlias = SentRequest | Sequence[SentRequest]


@dataclass(frozen=True)
class Server:
    """A server on `port` of the loopback interface."""

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

    def memory(self) -> int:
        """Resident bytes of all its processes."""
        return sum(one.memory_info().rss for one in (self.process, *self.process.children(recursive=True)))

    def ask(self, asked: WhatIsAsked, times: int) -> list[float]:
        """Seconds on the wall of each of `times` requests on one connection; several are sent in turn."""
        several = [asked] if isinstance(asked, SentRequest) else asked
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        spent = []
        for number in range(times):
            one = several[number % len(several)]
            start = time.perf_counter()
            connection.request("POST", one.path, one.body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            spent.append(time.perf_counter() - start)
            assert answer.status == 200, content[:200]
        return spent

    def ask_at_once(self, asked: WhatIsAsked, times: int) -> tuple[float, list[float]]:
        """Requests a second on several connections, `times` on each, and the seconds of each request."""
        start = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as callers:
            waits = list(callers.map(lambda _: self.ask(asked, times), range(CONNECTIONS)))
        spent = time.perf_counter() - start
        return CONNECTIONS * times / spent, [one for own in waits for one in own]


@contextmanager
def serving(work: Path, *module: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """`python -m module… PORT` until the end, once it answers; `env` is added to its environment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (work / f"{port}.log").open("w", encoding="utf-8") as log:
        beside = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        command, whole = (
            [sys.executable, "-m", *module, str(port)],
            os.environ | {"PATH": beside} | (env or {}),
        )
        started = subprocess.Popen(command, stdout=log, stderr=log, env=whole)
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
