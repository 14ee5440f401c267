"""A request that is refused as a whole is told as problem+json, with its place and what to do."""

from __future__ import annotations

import asyncio
import warnings

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import State

from serving.answer.ladder import Ladder
from serving.answer.opening import Opened
from serving.answer.time_budget import TimeBudget
from serving.api.desk import Desk
from serving.api.problems import RequestProblem
from serving.edge.entry import Edge, Entrance
from serving.edge.metrics import Metrics
from serving.edge.watch import Watch
from tests.made import scorers
from tests.made.service import Server

CASES = [
    ("POST", "/v1/score", b"no json", 400, "body"),
    ("POST", "/v1/score", b"[" * 200_000, 400, "body"),
    ("POST", "/v1/score", b"[" + b"1," * 1_000 + b"1]", 413, "body"),
    ("GET", "/v1/score", b"", 405, "method"),
    ("POST", "/v1/model", b"{}", 405, "method"),
    ("DELETE", "/readyz", b"", 405, "method"),
    ("POST", "/livez", b"", 405, "method"),
    ("PUT", "/metrics", b"", 405, "method"),
    ("PATCH", "/", b"", 405, "method"),
    ("GET", "/v1/nothing", b"", 404, "path"),
    ("GET", "/jane.private@acme.io", b"", 404, "path"),
    ("POST", "//v1/score", b"{}", 404, "path"),
    ("GET", "/static_content/swagger-ui.css", b"", 404, "path"),
]


@pytest.mark.parametrize(("method", "path", "content", "status", "place"), CASES)
def test_it_is_a_problem_with_place_and_remedy(
    server: Server, method: str, path: str, content: bytes, status: int, place: str
) -> None:
    answer = httpx.request(method, server.url + path, content=content, headers={"X-Request-ID": "crm-7"})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.headers["x-request-id"] == "crm-7"
    said = RequestProblem.model_validate_json(answer.content)
    (problem,) = said.problems
    assert (said.status, problem.field) == (status, place)
    assert problem.problem
    assert problem.remedy
    assert "Traceback" not in answer.text
    assert "jane" not in answer.text
    if status == 405:
        assert answer.headers["allow"]


def test_health_and_figures_are_there_for_whoever_looks(server: Server) -> None:
    for path in ("/livez", "/readyz", "/metrics", "/"):
        assert httpx.get(server.url + path).status_code == 200
        assert httpx.head(server.url + path).status_code == 200
    told = httpx.get(f"{server.url}/metrics")
    assert told.headers["content-type"].startswith("text/plain; version=")
    assert 'leadscore_requests_total{path="/readyz",status="200"}' in told.text
    httpx.get(f"{server.url}/jane.private@acme.io")
    figures = httpx.get(f"{server.url}/metrics").text
    assert 'leadscore_requests_total{path="other",status="404"}' in figures
    assert "jane" not in figures


@pytest.mark.slow
@pytest.mark.parametrize("bare", [True, False])
def test_a_fault_of_our_own_is_a_500_without_a_trace_or_a_value(
    bare: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """By an app that raises, and by the real routes, which find nobody who answers."""
    with warnings.catch_warnings():  # what BentoML imports warns of itself
        warnings.simplefilter("ignore", DeprecationWarning)
        from serving.edge.service import routes

    async def raising(*_: object) -> None:
        raise ValueError("jane.private@acme.io")

    opened = Opened(Ladder.by_rules(scorers.recipe()), "here")
    watch = Watch(opened, None, None, lambda _: None)
    state = State({"entrance": Entrance(Desk(opened, watch), Metrics(watch, TimeBudget()))})
    inner = Starlette(routes=routes.routes, exception_handlers=routes.exception_handlers)
    edge = Edge(raising if bare else inner, state)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(edge), base_url="http://localhost"
        ) as client:
            return await client.post("/v1/score", json={"lead_id": "jane.private@acme.io"})

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert RequestProblem.model_validate_json(answer.content).problems[0].field == "service"
    said = capsys.readouterr()
    assert "jane" not in answer.text + said.out + said.err
    type_told = "ValueError" if bare else "AttributeError"
    assert said.out.startswith(f"leadscore: {type_told} in a request that was answered by 500\n")
    assert b'path="/v1/score",status="500"} 1.0' in state.entrance.metrics.text()
