"""A disk that is full, a clock that is set: the service goes on, and loses nothing that it acknowledged."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from features.clock import DAY_US, now_us
from serving.ledger import ApiKeys, Ledger
from serving.ledger.schema import EVENTS
from tests.made.load import event_numbered
from tests.made.service import GOOD, free_port, started

ROOT = Path(__file__).parents[2]
RUN = "from serving.edge.service import run; run(port={})"
DAY = 86_400


def kept_events(path: Path) -> list[str]:
    with Ledger.opened(path).reading() as connection:
        return [str(one) for one in connection.execute(select(EVENTS.c.event_id)).scalars()]


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[Path]:
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_full_disk_is_told_scores_are_given_and_what_follows_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        Ledger.made(disk / "ledger.sqlite").close()
        monkeypatch.setenv("LEADSCORE_LEDGER", str(disk / "ledger.sqlite"))
        port = free_port()
        for server in started(tmp_path, [sys.executable, "-c", RUN.format(port)], port):
            (disk / "ballast").write_bytes(bytes(1_000_000))
            acknowledged, number, refused = list[str](), 0, None
            while refused is None:
                batch = [event_numbered(n) for n in range(number, number + 100)]
                answer = httpx.post(f"{server.url}/v1/events", json=batch, timeout=30)
                if answer.status_code != 200:
                    refused = answer
                    continue
                acknowledged += [str(one["event_id"]) for one in batch]
                number += 100
            assert refused.status_code == 503
            assert "the disk is full" in refused.json()["detail"]
            assert "Retry-After" in refused.headers
            score = httpx.post(f"{server.url}/v1/score", json=GOOD, timeout=30).json()
            assert score["status"] == "scored"
            (disk / "ballast").unlink()
            batch = [event_numbered(n) for n in range(number, number + 100)]
            again = httpx.post(f"{server.url}/v1/events", json=batch, timeout=30)
            assert (again.status_code, again.json()["stored"]) == (200, 100), "nothing of it was half-stored"
            acknowledged += [str(one["event_id"]) for one in batch]
        kept = kept_events(disk / "ledger.sqlite")
        assert sorted(kept) == sorted(acknowledged)
        print(f"disk full after {number:,} events: {len(acknowledged):,} acknowledged, 0 lost, 0 double")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_clock_that_jumps_loses_nothing_and_keeps_nobody_out_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("no C compiler, or no Linux: the clock cannot be set")
    library, clock = tmp_path / "clock_jump.so", tmp_path / "clock"
    source = str(ROOT / "tests" / "made" / "clock_jump.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), source, "-ldl"], check=True)
    clock.write_bytes(struct.pack("=q", 0))
    key, _ = ApiKeys(Ledger.made(tmp_path / "ledger.sqlite")).new("a", ["admin"], now_us() + 30 * DAY_US)
    monkeypatch.setenv("LEADSCORE_REQUESTS_PER_SECOND", "100000")
    port = free_port()
    command = [shutil.which("env") or "env", f"LD_PRELOAD={library}", f"CLOCK_JUMP={clock}"]
    for server in started(tmp_path, [*command, sys.executable, "-c", RUN.format(port)], port):
        number, acknowledged, moments = 0, list[str](), list[datetime]()
        with httpx.Client(base_url=server.url, headers={"X-API-Key": key}, timeout=30) as client:
            for jump in (0, 5 * DAY, -5 * DAY, 3600, -400 * DAY, 0):
                set_to(clock, jump)
                for _ in range(20):
                    answer = client.post("/v1/events", json=event_numbered(number))
                    assert (answer.status_code, answer.json()["stored"]) == (200, 1)
                    acknowledged.append(f"e{number}")
                    number += 1
                score = client.post("/v1/score", json={k: v for k, v in GOOD.items() if k != "as_of"})
                if jump >= -5 * DAY:
                    moments.append(datetime.fromisoformat(score.json()["as_of"]))
                assert score.status_code in (200, 422)  # before the lead's creation there is no score
            set_to(clock, 400 * DAY)
            assert client.get("/v1/model").status_code == 401, "the key has ended by then"
            set_to(clock, 0)
            assert client.get("/v1/model").status_code == 200
        assert (moments[1] - moments[0]).days == 5
        assert moments[-1] > moments[0]
    assert sorted(kept_events(tmp_path / "ledger.sqlite")) == sorted(acknowledged)
    print(f"7 jumps: {len(acknowledged)} acknowledged, 0 lost, 0 double")


def set_to(clock: Path, seconds: int) -> None:
    with clock.open("r+b") as file:
        os.pwrite(file.fileno(), struct.pack("=q", seconds), 0)
