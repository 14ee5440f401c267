"""Scoring: what columns, reasons and HTTP add to the bare margin of one lead; MLflow's own way beside it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import data
import training
from features import load_recipe, parse_lead
from features.clock.instants import to_us
from features.columns import Columns
from features.readings import stack
from leadscore.demo import service
from serving import Ladder, load_artefact
from tests.bench.rows import Row, at_most, cpu_seconds

LEADS, MANY, REPEATS = 2_500, 2_000, 100
EVENTS = [{"kind": "page_view", "occurred_at": f"2026-01-{day:02d}T10:00:00Z"} for day in range(1, 29)]
REQUEST: dict[str, Any] = {
    "lead_id": "L1",
    "as_of": "2026-02-01T00:00:00Z",
    "created_at": "2026-01-01T00:00:00Z",
    "fields": {"origin": "inbound", "company_size": 120, "country": "FR", "job_title": "Head of Sales"},
    "events": EVENTS,
}


def run() -> list[Row]:
    """One lead in process and over HTTP, then many at once; a model of a small simulated company."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        data.simulate(work, LEADS, 1)
        recipe = load_recipe(work / "recipe.toml")
        training.train(recipe, work, tracking=False, out=work)
        ladder = Ladder.of(load_artefact(work / "served"))
        lead = parse_lead(
            recipe,
            lead_id="L1",
            fields=REQUEST["fields"],
            events=EVENTS,
            as_of_us=to_us(pd.Timestamp(REQUEST["as_of"]).to_pydatetime()),
            created_at=REQUEST["created_at"],
        )
        columns = stack(ladder.features, ladder.rows([lead]))
        scorer = ladder.top.scorer
        margin = each(lambda: scorer.margin(columns))
        found = [
            Row("margin of one lead, columns ready", margin * 1e6, "µs"),
            Row("its reasons, against that", each(lambda: scorer.contributions(columns)) / margin, "×"),
            Row("its whole answer, against that", each(lambda: ladder.score([lead])) / margin, "×"),
            Row("MLflow's pyfunc, against that", pyfunc(work / "served", columns) / margin, "×"),
            many(ladder, columns, margin),
        ]
        return [*found, *over_http(work)]


def each(work: Callable[[], object]) -> float:
    """CPU seconds of one call, the least of three rounds."""
    return cpu_seconds(lambda: [work() for _ in range(REPEATS)]) / REPEATS


def many(ladder: Ladder, columns: Columns, margin: float) -> Row:
    """A lead among many against a lead alone: what batch saves."""
    wide = {name: np.repeat(column, MANY) for name, column in columns.items()}
    seconds = cpu_seconds(lambda: ladder.top.scorer.margin(wide)) / MANY
    return at_most("a lead among 2,000, against one alone", seconds / margin, "×", 0.5)


def pyfunc(folder: Path, columns: Columns) -> float:
    """CPU seconds of one lead through the loader that MLflow calls."""
    from serving.registry.mlflow_loader import LeadscoreModel

    model = LeadscoreModel()
    model.load_context(SimpleNamespace(artifacts={"artefact": str(folder)}))
    frame = pd.DataFrame(dict(columns))
    return each(lambda: model.predict(None, frame))


def over_http(work: Path) -> list[Row]:
    """A real server on the loopback interface; the clock on the wall, median and 99th percentile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(work)
        patch.setenv("LEADSCORE_MODEL", str(work / "served"))
        with service() as address:
            spent = [seconds_of(lambda: post(address)) for _ in range(350)][50:]
    p50, p99 = np.quantile(spent, [0.5, 0.99])
    return [
        Row("the answer over HTTP, a connection each, median", float(p50) * 1e3, "ms"),
        Row("its 99th percentile, against the median", float(p99 / p50), "×"),
    ]


def post(address: str) -> bytes:
    """The service's answer to the one lead."""
    asked = urllib.request.Request(f"{address}/v1/score", json.dumps(REQUEST).encode())
    with urllib.request.urlopen(asked, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds on the wall."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
