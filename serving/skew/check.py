"""Did training and serving read the same lead alike? Logged requests are read again, the other way.

The idea is Chronon's "online offline consistency" job: https://chronon.ai/test_deploy_serve/Online_Offline_Consistency.html
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from features.catalogue import Feature
from features.recipe import Recipe
from serving.skew.log import LoggedRequest, read_log
from serving.skew.replay import replay

AT_ONCE = 5_000
"""Requests that are replayed together."""

Value = float | str | None


@dataclass
class SkewRow:
    """What the replay of one feature gave.

    `rows` were compared, `mismatches` of them are not equal. `worst` is the greatest difference of numbers
    (infinite where one reading misses a value that the other has), None for categories and without
    mismatch; `file` and `line` are where in the log it is.
    """

    feature: str
    rows: int = 0
    mismatches: int = 0
    worst: float | None = None
    line: int | None = None
    file: str | None = None

    @property
    def place(self) -> str | None:
        """File and line of the worst mismatch, for people."""
        return None if self.line is None else f"{Path(self.file or '').name}:{self.line}"

    def note(self, logged: Value, replayed: Value, request: LoggedRequest) -> None:
        """Count one comparison."""
        self.rows += 1
        logged, replayed = _plain(logged), _plain(replayed)
        if logged == replayed:
            return
        self.mismatches += 1
        if isinstance(logged, str) or isinstance(replayed, str):
            if self.line is None:
                self.line, self.file = request.line, request.file
            return
        apart = math.inf if logged is None or replayed is None else abs(logged - replayed)
        if self.worst is None or apart > self.worst:
            self.worst, self.line, self.file = apart, request.line, request.file


def check_skew(log: Path | str, recipe: Recipe) -> list[SkewRow]:
    """One row per logged feature, the most mismatches first; none has any where both readings agree.

    Each request is replayed by the features that it was logged with, on the fields and events that it
    brought: exact equality is expected, there is no tolerance.

    Raises:
        LeadscoreError: as `read_log`; or the recipe lacks a field of a logged feature.
    """
    rows: dict[str, SkewRow] = {}
    for requests in _batches(read_log(log)):
        features = requests[0].features
        columns = replay(features, recipe, requests)
        for feature in features:
            row = rows.setdefault(feature.name, SkewRow(feature.name))
            for request, replayed in zip(requests, columns[feature.name], strict=True):
                row.note(request.row[feature.name], replayed, request)
    return sorted(rows.values(), key=lambda row: (-row.mismatches, row.feature))


def _batches(requests: Iterable[LoggedRequest]) -> Iterator[list[LoggedRequest]]:
    """Up to AT_ONCE requests that have the same features and all have events, or all have none."""
    requests = iter(requests)
    while part := list(islice(requests, AT_ONCE)):
        alike: dict[tuple[tuple[Feature, ...], bool], list[LoggedRequest]] = {}
        for request in part:
            key = (request.features, request.lead.get("events") is not None)
            alike.setdefault(key, []).append(request)
        yield from alike.values()


def _plain(value: Value) -> Value:
    """A value as JSON has it: None where missing."""
    return None if value is None or value != value else value


def mismatches(rows: Sequence[SkewRow]) -> int:
    """All mismatches of a check."""
    return sum(row.mismatches for row in rows)
