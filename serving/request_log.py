"""Scored requests kept for the skew check: one JSON line each, only where the operator asks for it.

Set LEADSCORE_REQUEST_LOG to a file and the service appends to it. The file holds lead data (fields, events,
moments): it is a data store like the CRM itself, with the same duties of access and deletion, which is why
nothing is logged unless somebody names the file. It is created readable by its owner only.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from features import Feature, LeadscoreError, dump_features, load_features

VARIABLE = "LEADSCORE_REQUEST_LOG"


@dataclass(frozen=True)
class LoggedRequest:
    """One line: the request as it came, its as_of in µs, the row that was computed, the model that read it.

    `line` is its 1-based place in the file. Missing values of `row` are None, also those of numbers.
    """

    line: int
    lead: Mapping[str, Any]
    as_of_us: int
    row: Mapping[str, float | str | None]
    features: tuple[Feature, ...]
    model: str


class RequestLog:
    """Appends requests to a file; several worker processes may append to the same one.

    A line goes out in one write to a descriptor opened for appending, so lines do not mix. The definitions
    of the features are written once per process and set (again into a fresh file, so that logs may be
    rotated), and referred to by their hash.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self._made: dict[tuple[Feature, ...], dict[str, Any]] = {}
        self._written: set[str] = set()
        self._failed = False

    @classmethod
    def from_environment(cls) -> RequestLog | None:
        """The log that LEADSCORE_REQUEST_LOG names, None where it is not set."""
        name = os.environ.get(VARIABLE)
        return cls(name) if name else None

    def append(
        self,
        lead: Mapping[str, Any],
        as_of_us: int,
        features: Sequence[Feature],
        row: Mapping[str, float | str | None],
        model: str,
    ) -> None:
        """Log one scored request: envelope `lead`, and the `row` of `features` computed for it.

        A log that cannot be written costs no lead its answer: it is said once on stderr.
        """
        definitions = self._definitions(tuple(features))
        values = {name: None if value != value else value for name, value in row.items()}  # NaN is no JSON
        line = {"features": definitions["features"], "model": model, "as_of_us": as_of_us}
        try:
            self._write(definitions, line | {"lead": lead, "row": values})
        except (OSError, ValueError) as error:
            self._say(error)

    def _definitions(self, features: tuple[Feature, ...]) -> dict[str, Any]:
        made = self._made.get(features)
        if made is None:
            dumped = dump_features(features)
            known = sha256(json.dumps(dumped).encode()).hexdigest()[:16]
            made = self._made[features] = {"features": known, "definitions": dumped}
        return made

    def _write(self, definitions: dict[str, Any], line: dict[str, Any]) -> None:
        text = json.dumps(line, allow_nan=False) + "\n"
        descriptor = os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            known = line["features"] in self._written and os.fstat(descriptor).st_size > 0  # not a fresh file
            before = "" if known else json.dumps(definitions) + "\n"
            os.write(descriptor, (before + text).encode())
        finally:
            os.close(descriptor)
        self._written.add(line["features"])

    def _say(self, error: Exception) -> None:
        if not self._failed:
            print(
                f"leadscore: requests are not logged to {VARIABLE}: {type(error).__name__}", file=sys.stderr
            )
        self._failed = True


def read_log(path: Path | str) -> Iterator[LoggedRequest]:
    """The logged requests in order.

    Raises:
        LeadscoreError: no such file, or a line that `RequestLog` did not write.
    """
    if not Path(path).exists():
        raise LeadscoreError(
            f"{path}: no such file.",
            f"Set {VARIABLE} to a file where the service runs; requests append to it.",
        )
    defined: dict[str, tuple[Feature, ...]] = {}
    with Path(path).open(encoding="utf-8") as stream:
        for number, text in enumerate(stream, start=1):
            try:
                line = json.loads(text)
                if "definitions" in line:
                    defined[line["features"]] = load_features(line["definitions"])
                    continue
                yield LoggedRequest(
                    number,
                    line["lead"],
                    line["as_of_us"],
                    line["row"],
                    defined[line["features"]],
                    line["model"],
                )
            except (ValueError, KeyError, TypeError):
                raise LeadscoreError(
                    f"{path}, line {number}: is not a logged request.",
                    "Give the file that the service wrote; drop a last line that was cut off.",
                ) from None
