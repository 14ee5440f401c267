"""A service in a process of its own, and leads that are asked about."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from serving.artefact.folder import save_artefact
from serving.rules.default import default_rules
from tests.made import scorers

ROOT = Path(__file__).parents[2]
AS_OF = "2026-03-02T12:00:00+00:00"
GOOD: dict[str, Any] = {
    "lead_id": "a",
    "created_at": "2026-02-01",
    "fields": {"company_size": 40, "industry": "Software", "email": "jane.private@acme.io", "title": "VP"},
    "events": [{"kind": "demo_request", "occurred_at": "2026-03-02T11:30:00Z"}],
    "as_of": AS_OF,
}
MISSPELT: dict[str, Any] = {**GOOD, "lead_id": "b", "fields": {"company_sise": 40}}


class Server:
    """A running service: its address, folder and log."""

    def __init__(self, folder: Path, command: list[str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.model = folder / "model"
        self.log = folder / "log.txt"
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        own = {"LEADSCORE_MODEL": str(self.model), "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **own}, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> None:
        """Until it says that it is ready."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise TimeoutError(self.log.read_text())

    def stop(self) -> None:
        """The whole group: the service starts workers of its own."""
        if self.process.poll() is not None:
            return
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


def started(folder: Path, command: list[str], port: int) -> Iterator[Server]:
    rules = default_rules(scorers.recipe())
    save_artefact(
        folder / "model", scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear()
    )
    server = Server(folder, command, port)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
