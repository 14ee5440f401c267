"""The main job on a simulated company, as its users would do it: train, score an export, ask over HTTP."""

from __future__ import annotations

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from data.simulator import EXPORT_END
from features.errors import LeadscoreError
from leadscore.terminal import print_table, say

MARK = ".leadscore-demo"
EXPORT_LEADS = 300
START_SECONDS = 60
Invoke = Callable[[list[str]], Any]


def run_demo(folder: Path, leads: int, invoke: Invoke) -> None:
    """Make the company in `folder`, run each verb by `invoke`, and compare the export's scores with HTTP's.

    Raises:
        LeadscoreError: `folder` holds something else, the model was refused, or the two answers differ.
    """
    fresh(folder)
    before = Path.cwd(), os.environ.pop("MLFLOW_TRACKING_URI", None)
    os.chdir(folder)
    try:
        when = EXPORT_END.isoformat()
        told(
            invoke, "simulate", "-o", ".", "--leads", str(leads), "--seed", "1", "--export", str(EXPORT_LEADS)
        )
        told(invoke, "train", "recipe.toml")
        told(invoke, "promote", "acme")
        told(invoke, "status", "acme")
        told(
            invoke,
            "score",
            "export.csv",
            "-o",
            "scored.csv",
            "--events",
            "export_events.csv",
            "--as-of",
            when,
        )
        hottest = ten_hottest(Path("scored.csv"))
        show(hottest)
        with service() as address:
            answers = ask(address, [request(row["lead_id"], when) for row in hottest])
        agree(hottest, answers)
    finally:
        os.chdir(before[0])
        if before[1] is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before[1]
    next_steps(folder)


def fresh(folder: Path) -> None:
    """An empty `folder`, replacing what an earlier demo left there and nothing else."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise LeadscoreError(f"{folder}: is not empty and not of a demo.", "Name another with --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def told(invoke: Invoke, *words: str) -> None:
    """Say a command as one would type it, then run it; a verb that says no ends the demo."""
    say(f"\n$ leadscore {' '.join(words)}")
    if invoke(list(words)):
        raise LeadscoreError(
            f"'leadscore {words[0]}' said no; its output above says why.", "Try more --leads."
        )


def ten_hottest(scored: Path) -> list[dict[str, str]]:
    """The rows of a scored export with the ten highest probabilities, best first."""
    with scored.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["ls_rank"]]
    return sorted(rows, key=lambda row: int(row["ls_rank"]))[:10]


def show(rows: list[dict[str, str]]) -> None:
    """The hottest leads as a table, with the first reason for and against."""
    columns = ["lead", "probability", "score", "grade", "maturity", "next action", "for", "against"]
    cells = [
        (
            row["lead_id"],
            float(row["ls_probability"]),
            int(row["ls_score"]),
            *(row[f"ls_{name}"] for name in ("grade", "maturity", "next_action")),
            first(row["ls_reasons_for"]),
            first(row["ls_reasons_against"]),
        )
        for row in rows
    ]
    print_table(columns, cells, title="\nThe ten hottest leads of the export")


def first(reasons: str) -> str:
    """The first of several reasons."""
    return reasons.split(" (", 1)[0]


@contextmanager
def service() -> Iterator[str]:
    """A running 'leadscore serve' on a free port: its address. It is stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "leadscore", "serve", "--port", str(port)]
    say(f"\n$ leadscore serve --port {port}")
    with Path("serve.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        await_ready(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)
        say("The service is stopped.")


def await_ready(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the service says who would answer.

    Raises:
        LeadscoreError: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:
                say(f"{address}/readyz: {answer.read().decode()}")
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise LeadscoreError("The service did not start.", "Read serve.log in the demo's folder.")


def request(lead_id: str, when: str) -> dict[str, Any]:
    """What a CRM would send for a lead of the export: its fields and its events."""
    with Path("export.csv").open(encoding="utf-8", newline="") as stream:
        row = next(row for row in csv.DictReader(stream) if row["lead_id"] == lead_id)
    with Path("export_events.csv").open(encoding="utf-8", newline="") as stream:
        events = [event for event in csv.DictReader(stream) if event.pop("lead_id") == lead_id]
    created = row.pop("created_at")
    del row["lead_id"]
    return {"lead_id": lead_id, "created_at": created, "as_of": when, "fields": row, "events": events}


def ask(address: str, leads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The scores that the service answers for `leads`."""
    say(f"POST {address}/v1/score with {len(leads)} leads")
    body = json.dumps(leads).encode()
    asked = urllib.request.Request(f"{address}/v1/score", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=30) as answer:
        scores: list[dict[str, Any]] = json.load(answer)
    return scores


def agree(rows: list[dict[str, str]], answers: list[dict[str, Any]]) -> None:
    """Compare each lead's score in the export with the one over HTTP.

    Raises:
        LeadscoreError: they differ.
    """
    pairs = [
        (row["lead_id"], float(row["ls_probability"]), score)
        for row, score in zip(rows, answers, strict=True)
    ]
    print_table(
        ["lead", "export", "HTTP", "equal"],
        [(lead, p, a["probability"], "yes" if p == a["probability"] else "NO") for lead, p, a in pairs],
        title="\nThe same leads, scored twice",
    )
    if any(p != answer["probability"] or lead != answer["lead_id"] for lead, p, answer in pairs):
        raise LeadscoreError("Export and HTTP disagree.", "This is a defect of leadscore; please report it.")


def next_steps(folder: Path) -> None:
    """What to try after the demo."""
    say(
        f"""
Both answers are equal for each of the ten. What to try next:
  your own leads:            leadscore init YOUR_EXPORT.csv -o recipe.toml
  what answers, since when:  cd {folder} && leadscore status acme
  what the model looks at:   leadscore features {folder}/recipe.toml
  which column leaks:        leadscore inspect {folder}/recipe.toml -o inspection.html
(The command is .venv/bin/leadscore.)"""
    )
