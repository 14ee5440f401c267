"""A form with files, written to the disk as it comes: whole, or not at all."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from serving.api.problems import RefusedError
from serving.jobs.folder import plain_name
from serving.visit.answers import no_form, visitor

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_UPLOAD = 500_000_000
"""Bytes of one form; what is larger is scored by the command, which reads a file where it is."""
_SILENT_SECONDS = 60.0
_MOST_FIELD = 100_000
_DRAIN_SECONDS = 20.0
_MOST_PARTS = 100
"""Fields, and files, of one form."""
HALF = ".half-"


@dataclass
class Received:
    """The fields of a form, and its files by the names of their inputs: NAME, NAME-2 and so on."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)


@asynccontextmanager
async def received(request: Request, parent: Path, most: int = MOST_UPLOAD) -> AsyncIterator[Received]:
    """The form, with its files in a folder of `parent` that is gone after the block.

    Raises:
        RefusedError: it is larger than `most` bytes, is no form, or stops coming for a minute.
        ClientDisconnect: its sender left.
    """
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > most:
        raise too_large(request, most)
    folder = parent / f"{HALF}{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700, parents=True)
    parts = _Parts(folder)
    try:
        await _read(request, parts, most)
        yield parts.found
    finally:
        parts.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _read(request: Request, parts: _Parts, most: int) -> None:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise no_form(request.scope)
    parser, size = MultipartParser(options[b"boundary"], parts.callbacks()), 0
    stream = request.stream()
    try:
        while True:
            async with asyncio.timeout(_SILENT_SECONDS):
                chunk = await anext(stream, None)
            if chunk is None:
                break
            size += len(chunk)
            if size > most:
                raise too_large(request, most)
            parser.write(chunk)
    except _TooManyPartsError:
        say = visitor(request.scope).say
        raise RefusedError(
            400, say("form", "formulaire"), say(f"has more than {_MOST_PARTS} fields or files",
                                                f"a plus de {_MOST_PARTS} champs ou fichiers"),
            say("Send fewer at once.", "Envoyez-en moins à la fois."),
        ) from None  # fmt: skip
    except FormParserError:
        raise no_form(request.scope) from None
    except TimeoutError:
        raise ClientDisconnect from None
    if not parts.ended:
        raise no_form(request.scope)


class _TooManyPartsError(FormParserError):
    """More than any form of ours has."""


class _Parts:
    """The parts of a form as the parser finds them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.found, self.ended = folder, Received(), False
        self._name, self._header, self._value = "", b"", b""
        self._file: IO[bytes] | None = None
        self._fields = 0
        self._text = bytearray()

    def callbacks(self) -> MultipartCallbacks:
        return {
            "on_header_field": self._header_field, "on_header_value": self._header_value,
            "on_header_end": self._header_end, "on_part_data": self._data, "on_part_end": self._end,
            "on_end": self._all,
        }  # fmt: skip

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _header_field(self, content: bytes, start: int, end: int) -> None:
        self._header += content[start:end]

    def _header_value(self, content: bytes, start: int, end: int) -> None:
        self._value += content[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            options = parse_options_header(self._value)[1]
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            given = options.get(b"filename", b"").decode("utf-8", "replace")
            if given:
                if len(self.found.files) == _MOST_PARTS:
                    raise _TooManyPartsError
                own = self.folder / f"{len(self.found.files)}"
                own.mkdir(mode=0o700)
                path = own / plain_name(given)
                again = f"-{len(self.found.files) + 1}" if self._name in self.found.files else ""
                self.found.files[f"{self._name}{again}"] = path
                self._file = path.open("wb")
        self._header, self._value = b"", b""

    def _data(self, content: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(content[start:end])
        elif len(self._text) < _MOST_FIELD:
            self._text += content[start:end]

    def _end(self) -> None:
        if self._file is not None:
            self._file.close()
        elif self._fields == _MOST_PARTS:
            raise _TooManyPartsError
        else:
            self._fields += 1
            self.found.fields[self._name] = bytes(self._text).decode("utf-8", "replace")
        self._name, self._file, self._text = "", None, bytearray()

    def _all(self) -> None:
        self.ended = True


def too_large(request: Request, most: int) -> RefusedError:
    """The refusal of what is larger than `most` bytes."""
    who = visitor(request.scope)
    size = who.count(most // 1_000_000)
    return RefusedError(
        413, who.say("file", "fichier"),
        who.say(f"is larger than the {size} MB that this page takes",
                f"dépasse les {size} Mo que cette page accepte"),
        who.say("Export fewer columns or rows, or score it where it is: leadscore score FILE -o scored.csv",
                "Exportez moins de colonnes ou de lignes, ou notez-le sur place : "
                "leadscore score FICHIER -o scored.csv"),
    )  # fmt: skip


class Lingering(Response):
    """An answer to who is still sending: it is said at once, and what comes is thrown away for a while.

    A connection that is closed on a sender takes the answer with it: browsers then show an error of theirs.
    """

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, dict(answer.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say it, then drain."""
        headers = [*self.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": bytes(self.body), "more_body": True})
        until = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < until:
            try:
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                break
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        await send({"type": "http.response.body", "body": b"", "more_body": False})
