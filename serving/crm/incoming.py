"""One request as it came, whatever carried it, and the answer to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Incoming:
    """A request: `url` is scheme, host, path and query as the sender called it; header names in lower case.

    `received_us` is when it came, in µs since 1970 UTC.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_us: int

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, of a repeated one the last."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    """What the sender is answered."""

    status: int
    body: str
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def reply_json(content: Any, status: int = 200) -> Reply:
    """`content` as JSON."""
    return Reply(status, json.dumps(content))


def reply_problem(
    status: int, place: str, problem: str, remedy: str, headers: Mapping[str, str] | None = None
) -> Reply:
    """A refusal as application/problem+json (RFC 9457), in the form of all refusals of the service."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"{place}: {problem}. {remedy}",
        "problems": [{"field": place, "problem": problem, "remedy": remedy}],
    }
    return Reply(status, json.dumps(content), "application/problem+json", headers or {})
