"""HTTP: the CPU of one lead with 50 events and of a list of 1,000, against what others answer with.

All servers run side by side and are asked in turns, so that what else the machine does meets all alike. CPU
is that of all processes of a server; what asks is not counted.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import numpy as np

import data
import training
from features import Recipe, load_recipe, parse_lead
from features.clock.instants import parse_moment
from serving import Ladder, load_artefact
from serving.ledger import Ledger
from serving.registry import mlflow_loader as loader
from serving.registry.versions import signature_of
from tests.bench.rivals import COLUMNS
from tests.bench.rows import Row, at_least, at_most
from tests.bench.servers import CONNECTIONS, SentRequest, Server, serving

LEADS, ONES, BULKS, ROUNDS, EVENTS, REQUESTS = 2_500, 400, 2, 3, 50, 2_000
OTHERS = 1_000
"""Different leads of a long run: what is kept of one must not hide what is kept of each."""
PARTS = 10
"""Of a long run, after each of which memory is read: what grows goes on growing."""
UNLIMITED = {"LEADSCORE_REQUESTS_PER_SECOND": "0"}
"""Else who asks without a pause is told to wait."""


def run(requests: int = REQUESTS) -> list[Row]:
    """A model of a small simulated company; ratios of CPU, of waits, and what memory grows by."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        work = Path(folder)
        data.simulate(work, LEADS, 1)
        recipe = load_recipe(work / "recipe.toml")
        training.train(recipe, work, tracking=False, out=work)
        assert recipe.events is not None
        kinds = list(recipe.events.kinds)
        one, bare = json.dumps(lead(1, kinds)).encode(), {f"c{i}": float(i) for i in range(COLUMNS)}
        undated = {key: cell for key, cell in lead(1, kinds).items() if key != "as_of"}  # a row each time
        asked = {
            "ours": SentRequest("/v1/score", one),
            "ours, no reasons": SentRequest("/v1/score?reasons=0", one),
            "ours, kept": SentRequest("/v1/score", json.dumps(undated).encode()),
            "empty": SentRequest("/v1/score", one),
            "tutorial": SentRequest("/v1/score", json.dumps(bare).encode()),
            "mlflow": SentRequest("/invocations", mlflow_body(work, recipe, lead(1, kinds))),
        }
        Ledger.made(work / "ledger.sqlite").close()
        command = ("leadscore", "serve", "--model", str(work / "served"), "--port")
        ours = stack.enter_context(serving(work, *command, env=UNLIMITED))
        kept = UNLIMITED | {"LEADSCORE_LEDGER": str(work / "ledger.sqlite")}
        servers = {"ours": ours, "ours, no reasons": ours}
        servers["ours, kept"] = stack.enter_context(serving(work, *command, env=kept))
        for name in ("empty", "tutorial"):
            servers[name] = stack.enter_context(serving(work, "tests.bench.rivals", name))
        local = ("models", "serve", "-m", str(work / "mlflow"), "--env-manager", "local", "--port")
        servers["mlflow"] = stack.enter_context(serving(work, "mlflow", *local))
        rows = [*one_by_one(servers, asked), *at_once(servers, asked), *lists(ours, kinds)]
        others = [SentRequest(body=json.dumps(lead(number, kinds)).encode()) for number in range(OTHERS)]
        return [*rows, *lasting(ours, others, requests)]


def one_by_one(servers: Mapping[str, Server], asked: Mapping[str, SentRequest]) -> list[Row]:
    """One lead with 50 events on one connection: CPU of all processes, and the wait."""
    cpu: dict[str, float] = {}
    waits: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS):
        for name, server in servers.items():
            times = ONES // 8 if name == "mlflow" else ONES
            server.ask(asked[name], times // 10)
            before = server.cpu()
            waits[name] += server.ask(asked[name], times)
            cpu[name] = min(cpu.get(name, np.inf), (server.cpu() - before) / times)
    empty = cpu["empty"]
    p50, p99 = np.quantile(waits["ours"], [0.5, 0.99])
    return [
        Row("one request: CPU of an empty BentoML endpoint", empty * 1e3, "ms"),
        at_most("one lead with 50 events and reasons, against that", cpu["ours"] / empty, "×", 2),
        at_most("the same without reasons", cpu["ours, no reasons"] / empty, "×", 1.5),
        Row("the same with reasons, kept in a ledger (SQLite)", cpu["ours, kept"] / empty, "×"),
        Row("a tutorial's FastAPI without features, against that", cpu["tutorial"] / empty, "×"),
        Row("'mlflow models serve' of the same model without features", cpu["mlflow"] / empty, "×"),
        Row("median wait: empty endpoint", float(np.median(waits["empty"])) * 1e3, "ms"),
        Row("median wait: one lead with reasons", p50 * 1e3, "ms"),
        at_most("its 99th percentile, against the median", p99 / p50, "×", 5),
    ]


def at_once(servers: Mapping[str, Server], asked: Mapping[str, SentRequest]) -> list[Row]:
    """The same on 16 connections: answers a second on the clock, CPU of each, and the wait."""
    rates: dict[str, float] = {}
    cpu: dict[str, float] = {}
    waits = list[float]()
    for _ in range(ROUNDS):
        for name, server in servers.items():
            times = ONES // 32 if name == "mlflow" else ONES // 8
            before = server.cpu()
            rate, spent = server.ask_at_once(asked[name], times)
            each = (server.cpu() - before) / (times * CONNECTIONS)
            rates[name], cpu[name] = max(rates.get(name, 0), rate), min(cpu.get(name, np.inf), each)
            waits += spent if name == "ours" else ()
    p50, p99 = np.quantile(waits, [0.5, 0.99])
    ours = rates["ours"]
    return [
        Row(f"{CONNECTIONS} connections: answers with reasons", ours, "a second"),
        at_least("against the tutorial", ours / rates["tutorial"], "×", 3),
        at_least("against 'mlflow models serve'", ours / rates["mlflow"], "×", 10),
        Row("against the empty endpoint", ours / rates["empty"], "×"),
        Row("CPU of an answer with reasons", cpu["ours"] * 1e3, "ms"),
        Row("the same, kept in a ledger", cpu["ours, kept"] * 1e3, "ms"),
        Row("CPU of the empty endpoint", cpu["empty"] * 1e3, "ms"),
        Row("CPU of the tutorial", cpu["tutorial"] * 1e3, "ms"),
        at_most("99th percentile of the wait, against the median", p99 / p50, "×", 5),
    ]


def lists(ours: Server, kinds: list[str]) -> list[Row]:
    """1,000 leads in one request, JSON in and out: leads a second of CPU."""
    few, many = (json.dumps([lead(i, kinds, n) for i in range(1_000)]).encode() for n in (5, EVENTS))
    bare = "/v1/score?reasons=0"
    return [
        at_least(
            "1,000 leads with 5 events and reasons", rate(ours, SentRequest(body=few)), "leads/s", 8_000
        ),
        at_least("the same without reasons", rate(ours, SentRequest(bare, few)), "leads/s", 20_000),
        Row("1,000 leads with 50 events and reasons", rate(ours, SentRequest(body=many)), "leads/s"),
        Row("the same without reasons", rate(ours, SentRequest(bare, many)), "leads/s"),
    ]


def lasting(ours: Server, asked: Sequence[SentRequest], requests: int) -> list[Row]:
    """What memory grows by while `requests` come on 16 connections, and the tail over all of them.

    A tenth more comes before, so that what is made once is there; memory that is kept for good shows in the
    second half as in the first.
    """
    each = max(1, requests // PARTS // CONNECTIONS)
    ours.ask_at_once(asked, each)
    memory, waits, start = [ours.memory()], list[float](), time.perf_counter()
    for _ in range(PARTS):
        waits += ours.ask_at_once(asked, each)[1]
        memory.append(ours.memory())
    minutes = (time.perf_counter() - start) / 60
    p50, p99 = np.quantile(waits, [0.5, 0.99])
    began, middle, ended = memory[0], memory[PARTS // 2], memory[-1]
    return [
        at_most(f"{len(waits):,} requests, {minutes:.1f} min: p99 / p50", p99 / p50, "×", 5),
        Row("memory when they began", began / 1e6, "MB"),
        Row("what it grew by in the first half of them", (middle - began) / 1e6, "MB"),
        Row("what it grew by in the second half", (ended - middle) / 1e6, "MB"),
    ]


def mlflow_body(work: Path, recipe: Recipe, sent: dict[str, Any]) -> bytes:
    """The same model saved for MLflow, and the features of one lead as MLflow's server wants them."""
    ladder = Ladder.of(load_artefact(work / "served"))
    features = ladder.top.scorer.features
    at = parse_moment(sent["as_of"], recipe.recipe.zone)
    known = parse_lead(
        recipe, lead_id="1", fields=sent["fields"], events=sent["events"], as_of_us=at,
        created_at=sent["created_at"],
    )  # fmt: skip
    row = ladder.plan.row(known)
    cells = [None if row[f.name] != row[f.name] else row[f.name] for f in features]
    mlflow.pyfunc.save_model(
        work / "mlflow",
        python_model=str(Path(loader.__file__)),
        artifacts={"artefact": str(work / "served")},
        signature=signature_of(features),
        pip_requirements=[],
    )
    return json.dumps({"dataframe_split": {"columns": [f.name for f in features], "data": [cells]}}).encode()


def rate(server: Server, asked: SentRequest) -> float:
    """Leads of a list of 1,000 per second of CPU."""
    spent = list[float]()
    for _ in range(ROUNDS):
        server.ask(asked, 1)
        before = server.cpu()
        server.ask(asked, BULKS)
        spent.append((server.cpu() - before) / BULKS)
    return 1_000 / min(spent)


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
