"""Leads of requests that arrive together are scored by one call: each gets the answer that it gets alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from features.columns import Columns, Floats
from serving.answer.ladder import Ladder
from serving.answer.time_budget import TimeBudget
from serving.scorer import Contributions, Scorer, explained
from serving.scorers import Blend, TreeEncoder, Trees
from tests.made import scorers
from tests.made.edge import Service

AS_OF = "2026-03-01T00:00:00Z"
POISON = 666.0
BODIES: list[Any] = [
    *({"lead_id": f"l{n}", "as_of": AS_OF, "fields": {"company_size": n}, "events": []} for n in range(30)),
    {"lead_id": "without events", "as_of": AS_OF, "fields": {"company_size": 3}},
    {"lead_id": "wrong", "as_of": AS_OF, "fields": {"no such field": 1}, "events": []},
    [{"lead_id": f"m{n}", "as_of": AS_OF, "fields": {"company_size": 9 * n}, "events": []} for n in range(9)],
]


@dataclass
class Touchy:
    """A real scorer that fails whenever a certain lead is among those that it is asked about."""

    inner: Scorer
    most: int = 0

    def explained(self, columns: Columns) -> tuple[Floats, Contributions]:
        self.most = max(self.most, columns.n_leads)
        if (columns["company_size"] == POISON).any():
            raise ArithmeticError
        return explained(self.inner, columns)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    return scorers.saved(tmp_path_factory.mktemp("artefact"))


def asked_at_once(service: Service, bodies: list[Any], language: str = "en") -> list[httpx.Response]:
    """The answers to requests that all arrive in one turn of the loop; every other in `language`."""
    headers = [{"Accept-Language": language if n % 2 else "en"} for n in range(len(bodies))]
    found: list[httpx.Response] = service.run(
        lambda client: asyncio.gather(
            *(client.post("/v1/score", json=b, headers=h) for b, h in zip(bodies, headers, strict=True))
        )
    )
    return found


@pytest.mark.parametrize("language", ["en", "fr"])
def test_together_each_gets_the_answer_that_it_gets_alone(ladder: Ladder, language: str) -> None:
    touchy = Touchy(ladder.top.scorer)
    rungs = (replace(ladder.top, scorer=touchy), *ladder.rungs[1:])  # type: ignore[arg-type]
    service = Service(ladder=replace(ladder, rungs=rungs))
    together = asked_at_once(service, BODIES, language)
    assert touchy.most >= 15, "scored together"
    for number, (body, answer) in enumerate(zip(BODIES, together, strict=True)):
        said = {"Accept-Language": language if number % 2 else "en"}
        alone = service.ask("POST", "/v1/score", json=body, headers=said)
        assert (answer.status_code, answer.content) == (alone.status_code, alone.content)


def test_a_lead_on_which_a_rung_fails_takes_nobody_with_it(ladder: Ladder) -> None:
    rungs = (replace(ladder.top, scorer=Touchy(ladder.top.scorer)), *ladder.rungs[1:])  # type: ignore[arg-type]
    budget = TimeBudget()
    service = Service(ladder=replace(ladder, rungs=rungs), budget=budget)
    poison = {**BODIES[0], "lead_id": "poison", "fields": {"company_size": POISON}}
    answers = asked_at_once(service, [*BODIES[:5], poison, *BODIES[5:10]])
    by = {one.json()["lead_id"]: one.json() for one in answers}
    assert by.pop("poison")["scored_by"]["version"] == ladder.rungs[1].scorer.version
    assert {one["scored_by"]["version"] for one in by.values()} == {ladder.top.scorer.version}
    assert not any("failed" in " ".join(one["warnings"]) for one in by.values())


class Growing(Counter[Any]):
    """Counts that another thread adds to whenever they are gone through."""

    def items(self) -> Any:
        for number, pair in enumerate(super().items()):
            self["rung", f"later {number}"] += 1
            yield pair


class Panicking(Counter[Any]):
    """Counts that panic as compiled code does: with no Exception."""

    def __iter__(self) -> Any:
        raise GeneratorExit

    keys = items = __iter__


class Stopping(Panicking):
    """Counts that raise what no future can hold."""

    def __iter__(self) -> Any:
        raise StopIteration

    keys = items = __iter__


class Broken(Counter[Any]):
    """Counts that cannot be read."""

    def __iter__(self) -> Any:
        raise ArithmeticError

    keys = items = __iter__


@pytest.mark.parametrize(
    ("counts", "status"), [(Growing, 200), (Broken, 500), (Panicking, 500), (Stopping, 500)]
)
def test_everybody_is_answered_whatever_becomes_of_the_counts(
    ladder: Ladder, counts: Any, status: int
) -> None:
    budget = TimeBudget()
    service = Service(ladder=ladder, budget=budget)
    budget.passed_over = counts({("rung", "failed"): 1})

    async def asked(client: httpx.AsyncClient) -> list[httpx.Response]:
        told = [{"Accept-Language": language} for language in ("en", "fr", "en", "fr", "en")]  # two turns
        asking = (client.post("/v1/score", json=BODIES[n], headers=told[n]) for n in range(5))
        return await asyncio.wait_for(asyncio.gather(*asking), 20)

    assert [one.status_code for one in service.run(asked)] == [status] * 5


def test_as_many_reasons_are_given_as_are_asked_for(ladder: Ladder) -> None:
    service = Service(ladder=ladder)
    for body in (BODIES[0], BODIES[:25]):
        for most in (0, 1, 2):
            said = service.ask("POST", f"/v1/score?reasons={most}", json=body).json()
            found = [one["reasons_for"] for one in (said if isinstance(said, list) else [said])]
            assert all(len(one) <= most for one in found)
            assert not most or any(found)
    for wrong in ("-1", "11", "many", "", "1.5"):
        refused = service.ask("POST", f"/v1/score?reasons={wrong}", json=BODIES[0])
        assert (refused.status_code, refused.json()["problems"][0]["field"]) == (400, "reasons")


@pytest.mark.slow
def test_a_lead_with_100_000_events_in_a_list_of_1_000_changes_nobody_else(ladder: Ladder) -> None:
    """It is answered too: by all its events, as alone."""
    service = Service(ladder=ladder)
    events = [{"kind": "page_view", "occurred_at": "2026-02-01"}] * 100_000
    large = {"lead_id": "large", "as_of": AS_OF, "fields": {"company_size": 5}, "events": events}
    small = [{**BODIES[0], "lead_id": f"s{n}", "fields": {"company_size": n}} for n in range(999)]
    answers = service.ask("POST", "/v1/score", json=[*small[:500], large, *small[500:]]).json()
    without = service.ask("POST", "/v1/score", json=small).json()
    assert answers[:500] + answers[501:] == without
    assert answers[500] == service.ask("POST", "/v1/score", json=large).json()
    assert answers[500]["status"] == "scored"


def test_equal_parts_are_one_also_after_each_has_been_asked() -> None:
    members = [scorers.trees(shift=shift) for shift in (0.0, 0.5)]
    typical = {"company_size": 9.0, "industry": 1.0}
    members = [
        replace(one, encoder=TreeEncoder(**one.encoder.model_dump() | {"typical": typical}))
        for one in members
    ]
    columns = scorers.columns((scorers.SIZE, scorers.INDUSTRY), 5)
    for member in members:
        member.margin(columns)  # what its encoder now keeps for itself is an array
    first, other = (member for member in Blend(tuple(members), version="test").members)
    assert isinstance(first, Trees)
    assert isinstance(other, Trees)
    assert first is not other
    assert first.encoder is other.encoder
