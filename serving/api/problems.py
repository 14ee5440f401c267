"""What a request as a whole is refused with: application/problem+json (RFC 9457), with place and remedy.

An error of one lead is no refusal of its request: it stands in that lead's Score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from serving.score import Problem

MEDIA_TYPE = "application/problem+json"


class RequestProblem(BaseModel):
    """Why a request was refused: `title` and `status` are HTTP's, `problems` say where and what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    problems: list[Problem]


@dataclass
class RefusedError(Exception):
    """A request that is refused as a whole, with `status`, for the `problem` at `place`."""

    status: int
    place: str
    problem: str
    remedy: str
    headers: Mapping[str, str] | None = None

    def response(self) -> Response:
        """The answer that says so."""
        return refused(self.status, self.place, self.problem, self.remedy, self.headers)


async def answer_refused(_: Request, error: Exception) -> Response:
    """The handler of `RefusedError` in an application."""
    assert isinstance(error, RefusedError)
    return error.response()


def refused(
    status: int, place: str, problem: str, remedy: str, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that is refused with `status` for the `problem` at `place`."""
    said = RequestProblem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=f"{place}: {problem}. {remedy}",
        problems=[Problem(field=place, problem=problem, remedy=remedy)],
    )
    return Response(said.model_dump_json(), status, headers, MEDIA_TYPE)
