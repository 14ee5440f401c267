"""Thousands who connect and say nothing, hundreds who send slowly: the others are answered all the same."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from serving.edge.limits import MOST_UNPROVEN
from serving.ledger import Ledger
from tests.made.service import GOOD, Server, free_port, started

WANTED = 10_000
SLOW = 400
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Server]:
    Ledger.made(tmp_path / "ledger.sqlite").close()
    port = free_port()
    code = f"from serving.edge.service import run; run(port={port})"
    yield from started(tmp_path, [sys.executable, "-c", code], port)


async def connected(server: Server, number: int) -> list[Line]:
    """So many connections, some at a time: the kernel's queue of new ones is short."""
    port = urlsplit(server.url).port
    found: list[Line] = []
    while len(found) < number:
        some = min(100, number - len(found))
        found += await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(some)))
    return found


def half_sent(path: str) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{{".encode()


async def status_within(line: Line, seconds: float) -> int | None:
    """The status that comes in that time; None: it still waits for the rest."""
    try:
        return int((await asyncio.wait_for(line[0].readline(), seconds)).split()[1])
    except TimeoutError:
        return None


async def score(server: Server) -> tuple[int, float]:
    async with httpx.AsyncClient(timeout=60) as client:
        began = time.perf_counter()
        answer = await client.post(f"{server.url}/v1/score", json=GOOD)
    return answer.status_code, time.perf_counter() - began


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_connections_that_say_nothing_and_slow_senders_keep_nobody_out(service: Server) -> None:
    most = min(WANTED, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 500)

    async def tried() -> None:
        idle = await connected(service, most)
        with_idle = [await score(service) for _ in range(20)]
        slow = await connected(service, SLOW)
        for _, writer in slow:
            writer.write(half_sent("/v1/webhooks"))
        seen = Counter(await asyncio.gather(*(status_within(line, 3.0) for line in slow)))
        with_slow = [await score(service) for _ in range(20)]
        assert [status for status, _ in with_idle + with_slow] == [200] * 40
        assert seen[429] >= SLOW - MOST_UNPROVEN, "those who prove nothing get a share of the places"
        assert set(seen) <= {429, None}
        waits = [sorted(wait for _, wait in some)[10] * 1000 for some in (with_idle, with_slow)]
        print(
            f"{most} idle connections: a score in {waits[0]:.0f} ms; {SLOW} slow senders: {waits[1]:.0f} ms"
        )
        for _, writer in idle + slow:
            writer.transport.abort()
            writer.close()
        await asyncio.sleep(1)  # until all are closed

    asyncio.run(tried())
    assert httpx.post(f"{service.url}/v1/score", json=GOOD, timeout=30).status_code == 200


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_slow_senders_do_not_keep_the_service_from_ending(service: Server) -> None:
    async def held() -> float:
        slow = await connected(service, 50)
        for _, writer in slow:
            writer.write(half_sent("/v1/webhooks"))
        await asyncio.sleep(1)
        began = time.monotonic()
        os.killpg(service.process.pid, signal.SIGTERM)
        await asyncio.to_thread(service.process.wait, 25)  # it would wait 30 s for the rest of each body
        ended = time.monotonic() - began
        for _, writer in slow:
            writer.close()
        return ended

    print(f"ended {asyncio.run(held()):.1f} s after SIGTERM")
    assert service.process.returncode is not None
