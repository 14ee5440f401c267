"""What a request as a whole is refused with: application/problem+json (RFC 9457), with place and remedy.

An error of one lead is no refusal of its request: it stands in that lead's Score.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict
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
