"""A scorer that hangs costs the requests that met it, and no other: the next rung answers, and it is said."""

from __future__ import annotations

import asyncio
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from features.columns import Columns, Floats
from features.errors import LeadscoreError
from serving.answer.compose import Rung
from serving.answer.ladder import Ladder
from serving.answer.time_budget import VARIABLE, TimeBudget
from serving.api.large_work import LargeWork
from serving.artefact.folder import load_artefact, save_artefact
from serving.rules.default import default_rules
from serving.scorer import Contributions, Scorer
from serving.skew.log import RequestLog
from tests.made import scorers
from tests.made.edge import Service

BODY = {"lead_id": "a", "fields": {"company_size": 40}, "events": []}


@dataclass
class Hanging:
    """A real scorer that answers only once it is let go."""

    inner: Scorer
    let_go: threading.Event = field(default_factory=threading.Event)
    asked: int = 0

    @property
    def rung(self) -> str:
        return self.inner.rung

    @property
    def version(self) -> str:
        return "hanging"

    @property
    def features(self) -> tuple[object, ...]:
        return self.inner.features

    def explained(self, columns: Columns) -> tuple[Floats, Contributions]:
        return self.margin(columns), self.inner.contributions(columns)

    def margin(self, columns: Columns) -> Floats:
        self.asked += 1
        self.let_go.wait(60)
        return self.inner.margin(columns)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@pytest.fixture
def ladder(tmp_path: Path) -> Ladder:
    rules = default_rules(scorers.recipe())
    save_artefact(tmp_path, scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear())
    return Ladder.of(load_artefact(tmp_path))


def hung(ladder: Ladder, budget: TimeBudget) -> tuple[Hanging, Ladder]:
    hanging = Hanging(scorers.linear())
    first = Rung(hanging, ladder.rungs[0].reference)  # type: ignore[arg-type]
    return hanging, replace(ladder, rungs=(first, *ladder.rungs[1:]), budget=budget)


def test_the_next_rung_answers_and_the_one_that_hangs_is_left_alone(ladder: Ladder) -> None:
    budget = TimeBudget(0.2, rest_seconds=0.0)
    hanging, climbing = hung(ladder, budget)
    service = Service(ladder=climbing, budget=budget)
    answers = [service.ask("POST", "/v1/score", json=BODY) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one.json()["scored_by"]["version"] for one in answers] == [ladder.rungs[1].scorer.version] * 3
    warnings = [" ".join(one.json()["warnings"]) for one in answers]
    assert "took longer than 0.2 s" in warnings[0]
    assert "took too long a moment ago" in warnings[1]
    assert "took too long a moment ago" in warnings[2]
    assert hanging.asked == 1
    assert budget.passed_over == {("model", "slow"): 1, ("model", "resting"): 2}
    figures = service.ask("GET", "/metrics").text
    assert 'leadscore_rungs_passed_over_total{rung="model",why="slow"} 1.0' in figures
    hanging.let_go.set()
    while budget.rests(climbing.top):  # until what hung has ended
        pass
    back = service.ask("POST", "/v1/score", json=BODY).json()
    assert back["scored_by"]["version"] == "hanging"


def test_while_it_hangs_a_probe_is_answered(ladder: Ladder) -> None:
    hanging, climbing = hung(ladder, TimeBudget(60))
    service = Service(ladder=climbing, budget=TimeBudget(60))

    async def both(client: httpx.AsyncClient) -> tuple[list[int], httpx.Response]:
        first = asyncio.create_task(client.post("/v1/score", json=BODY))
        while not hanging.asked:
            await asyncio.sleep(0)
        probed = [(await client.get(path)).status_code for path in ("/readyz", "/v1/model")]
        assert not first.done()
        second = asyncio.create_task(client.post("/v1/score", json=BODY))
        await asyncio.sleep(0)
        hanging.let_go.set()
        assert (await second).status_code == 200
        return probed, await first

    probed, answer = service.run(both)
    assert probed == [200, 200]
    assert answer.json()["scored_by"]["version"] == "hanging"


def test_it_rests_after_it_came_back_too(ladder: Ladder) -> None:
    budget = TimeBudget(0.1, rest_seconds=3600)
    hanging, climbing = hung(ladder, budget)
    climbing.score(climbing_leads(climbing))
    hanging.let_go.set()
    assert budget.rests(climbing.top)
    climbing.score(climbing_leads(climbing))
    assert hanging.asked == 1


def test_within_its_budget_every_answer_is_the_same_as_without(ladder: Ladder) -> None:
    leads = climbing_leads(ladder)
    assert replace(ladder, budget=TimeBudget(60)).score(leads) == ladder.score(leads)


def test_what_fails_in_the_thread_is_told_as_ever(ladder: Ladder) -> None:
    class Late(Hanging):
        def margin(self, columns: Columns) -> Floats:
            raise TimeoutError  # its own, not the budget's

    first = Rung(Late(scorers.linear()), ladder.rungs[0].reference)  # type: ignore[arg-type]
    budget = TimeBudget(60)
    climbing = replace(ladder, rungs=(first, *ladder.rungs[1:]), budget=budget)
    (score,) = climbing.score(climbing_leads(climbing))
    assert any("failed (TimeoutError)" in warning for warning in score.warnings)
    assert budget.passed_over == {("model", "failed"): 1}


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon"])
def test_a_budget_that_is_no_number_is_told(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(LeadscoreError, match=VARIABLE):
        TimeBudget.from_environment()


def climbing_leads(ladder: Ladder) -> list[object]:
    return [
        ladder.reader.read(
            lead_id="a", fields={"company_size": 40}, events=[], as_of_us=1_772_000_000_000_000
        )
    ]


@pytest.mark.parametrize("body", [BODY, [BODY] * 25], ids=["a turn", "a list"])
def test_a_hang_outside_a_rung_is_told_by_readiness_and_nobody_waits_for_it(
    ladder: Ladder, tmp_path: Path, body: object
) -> None:
    """Such as a request log on a pipe that nobody reads: a turn may take as long as ten rungs."""
    pipe = tmp_path / "requests.jsonl"
    os.mkfifo(pipe)
    service = Service(ladder=ladder, budget=TimeBudget(0.05, lead_seconds=0.0))
    service.desk.log, service.desk.large = RequestLog(pipe), LargeWork(least_seconds=0.0)

    async def asked(client: httpx.AsyncClient) -> None:
        asking = (client.post("/v1/score", json=body) for _ in range(3))
        waited = await asyncio.wait_for(asyncio.gather(*asking), 20)
        late, ready = await client.post("/v1/score", json=body), await client.get("/readyz")
        assert {one.status_code for one in (*waited, late, ready)} == {503}
        assert {one.headers["Retry-After"] for one in (*waited, late)} == {"5"}
        assert ready.json()["ready"] is False
        service.desk.log = None
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            while not (await client.get("/readyz")).json()["ready"]:
                with suppress(BlockingIOError):  # a pipe holds less than a list writes
                    os.read(reader, 1_000_000)
                await asyncio.sleep(0.01)
        finally:
            os.close(reader)
        assert (await client.post("/v1/score", json=body)).status_code == 200

    service.run(asked)
