"""Scored requests kept for the skew check: one JSON line each, only where the operator asks for it.

Set LEADSCORE_REQUEST_LOG to a file and the service appends to it. The file holds lead data (fields, events,
moments): it is a data store like the CRM itself, with the same duties of access and deletion, which is why
nothing is logged unless somebody names the file. It is created readable by its owner only.

The log is bounded: LEADSCORE_REQUEST_LOG_MB (100) is the most that all of it takes. It is kept in five
pieces, `requests.jsonl` and the older `requests.jsonl.1` … `.4`; when a sixth would begin, the oldest is
dropped.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from features.catalogue import Feature, dump_features, load_features
from features.errors import LeadscoreError

VARIABLE = "LEADSCORE_REQUEST_LOG"
SIZE_VARIABLE = "LEADSCORE_REQUEST_LOG_MB"
_DEFAULT_MB = 100.0
_PIECES = 5


@dataclass(frozen=True)
class LoggedRequest:
    """One line: the request as it came, its as_of in µs, the row that was computed, the model that read it.

    `line` is its 1-based place in `file`, a piece of the log. Missing values of `row` are None, also those of
    numbers.
    """

    file: str
    line: int
    lead: Mapping[str, Any]
    as_of_us: int
    row: Mapping[str, float | str | None]
    features: tuple[Feature, ...]
    model: str


class RequestLog:
    """Appends requests to a file; several worker processes may append to the same one.

    A line goes out in one write to a descriptor opened for appending, so lines do not mix. The definitions
    of the features are written once per process, piece and set, and referred to by their hash. All pieces
    together stay below `most_mb` megabytes, but for a last line.
    """

    def __init__(self, path: Path | str, most_mb: float = _DEFAULT_MB) -> None:
        self.path = Path(path)
        self._piece_bytes = most_mb * 1_000_000 / _PIECES
        self._made: dict[tuple[Feature, ...], dict[str, Any]] = {}
        self._written: set[str] = set()
        self._piece = -1  # the inode of the file that `_written` is about
        self._failed = False

    @classmethod
    def from_environment(cls) -> RequestLog | None:
        """The log that LEADSCORE_REQUEST_LOG names, None where it is not set.

        Raises:
            LeadscoreError: LEADSCORE_REQUEST_LOG_MB is not a number above 0.
        """
        name, size = os.environ.get(VARIABLE), os.environ.get(SIZE_VARIABLE) or str(_DEFAULT_MB)
        if not name:
            return None
        try:
            most_mb = float(size)
        except ValueError:
            most_mb = 0.0
        if not 0 < most_mb < float("inf"):
            raise LeadscoreError(
                f"{SIZE_VARIABLE}: is not a number of megabytes above 0.",
                f"Say {SIZE_VARIABLE}=100, or leave it out.",
            )
        return cls(name, most_mb)

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
        descriptor = self._open()
        try:
            found = os.fstat(descriptor)
            if found.st_ino != self._piece or found.st_size == 0:
                self._piece = found.st_ino
                self._written.clear()
            before = "" if line["features"] in self._written else json.dumps(definitions) + "\n"
            os.write(descriptor, (before + text).encode())
        finally:
            os.close(descriptor)
        self._written.add(line["features"])

    def _open(self) -> int:
        """A descriptor of the present piece; one that is full is put behind the others first."""
        while True:
            descriptor = os.open(self.path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
            if os.fstat(descriptor).st_size < self._piece_bytes:
                return descriptor
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)  # several workers find it full at once
                if os.stat(self.path).st_ino == os.fstat(descriptor).st_ino:
                    self._shift()
            except FileNotFoundError:
                pass  # another worker has just put it behind, and nobody has begun the next
            finally:
                os.close(descriptor)

    def _shift(self) -> None:
        """`.3` becomes `.4` and so on, the present piece `.1`; what was the oldest is gone."""
        for number in range(_PIECES - 1, 0, -1):
            older = _piece(self.path, number)
            newer = _piece(self.path, number - 1)
            if newer.exists():
                newer.replace(older)

    def _say(self, error: Exception) -> None:
        if not self._failed:
            print(
                f"leadscore: requests are not logged to {VARIABLE}: {type(error).__name__}", file=sys.stderr
            )
        self._failed = True


def _piece(path: Path, number: int) -> Path:
    """The piece that `number` others came after; 0 is the present one."""
    return path.with_name(f"{path.name}.{number}") if number else path


def pieces_of(path: Path | str) -> list[Path]:
    """The files of a log that are there, the oldest first."""
    pieces = (_piece(Path(path), number) for number in range(_PIECES - 1, -1, -1))
    return [piece for piece in pieces if piece.exists()]


def read_log(path: Path | str) -> Iterator[LoggedRequest]:
    """The logged requests in order, of all pieces of the log whose present one is `path`.

    Raises:
        LeadscoreError: no such file, no request in it, or a line that `RequestLog` did not write.
    """
    pieces = pieces_of(path)
    if not pieces:
        raise LeadscoreError(
            f"{path}: no such file.",
            f"Set {VARIABLE} to a file where the service runs; requests append to it.",
        )
    defined: dict[str, tuple[Feature, ...]] = {}
    empty = True
    for piece in pieces:
        for request in _read_piece(piece, defined):
            empty = False
            yield request
    if empty:
        raise LeadscoreError(f"{path}: holds no request.", "Send some to the service that writes it.")


def _read_piece(path: Path, defined: dict[str, tuple[Feature, ...]]) -> Iterator[LoggedRequest]:
    """The requests of one file; definitions that it holds are added to `defined`."""
    with path.open("rb") as stream:
        for number, text in enumerate(stream, start=1):
            try:
                line = json.loads(text)
                if "definitions" in line:
                    defined[line["features"]] = load_features(line["definitions"])
                    continue
                yield _logged(path, number, line, defined)
            except (ValueError, KeyError, TypeError, RecursionError):
                raise LeadscoreError(
                    f"{path}, line {number}: is not a logged request.",
                    "Give the file that the service wrote; drop a last line that was cut off.",
                ) from None


def _logged(
    path: Path, number: int, line: Mapping[str, Any], defined: Mapping[str, tuple[Feature, ...]]
) -> LoggedRequest:
    features = defined[line["features"]]
    return LoggedRequest(
        str(path), number, line["lead"], line["as_of_us"], line["row"], features, line["model"]
    )
