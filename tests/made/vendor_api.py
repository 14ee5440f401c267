"""Local servers that behave like a vendor's API, as its documentation describes it, with faults on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Fault = tuple[int, dict[str, str], object]
"""What is answered in place of the truth: status, headers, content."""


@dataclass
class VendorApi:
    """A server: `answer` tells what is at a path; `asked` is every (method, path) in order.

    `faults` are used up one by one, each at a path that begins with its first part; `watching` hears of every
    request before it is answered.
    """

    answer: Callable[[str, str, dict[str, list[str]], dict[str, str]], Fault]
    asked: list[str] = field(default_factory=list)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    watching: Callable[[str, int], None] = lambda path, number: None
    url: str = ""


@contextmanager
def serving(api: VendorApi) -> Iterator[VendorApi]:
    """`api` at a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            form = parse_qs(self.rfile.read(length).decode()) if length else parse_qs(parts.query)
            api.asked.append(f"{self.command} {parts.path}")
            api.watching(parts.path, len(api.asked))
            place = next((n for n, (path, _) in enumerate(api.faults) if parts.path.startswith(path)), None)
            if place is not None:
                status, headers, content = api.faults.pop(place)[1]
            else:
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, headers, content = api.answer(self.command, parts.path, form, headers)
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            body = b"" if content is None else body
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # the one who asked was killed
                self.close_connection = True

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hubspot_journal(entries: list[list[dict[str, Any]]], portal: str = "62515") -> VendorApi:
    """HubSpot's journal of one account, each entry a file behind an address of its own."""
    base = "/webhooks-journal/journal-local/2026-03"

    def offset(number: int) -> str:
        return f"0{portal}-{number:04d}"

    def entry(number: int) -> Fault:
        if number >= len(entries):
            return 204, {}, None
        return 200, {}, {"url": f"{api.url}/files/{number}?signature=s", "currentOffset": offset(number)}

    def answer(method: str, path: str, form: dict[str, list[str]], headers: dict[str, str]) -> Fault:
        if (method, path) == ("POST", "/oauth/v1/token"):
            right = form.get("client_secret") == ["secret"]
            return (
                (200, {}, {"access_token": "t", "expires_in": 1800})
                if right
                else (400, {}, {"status": "BAD"})
            )
        if path.startswith("/files/"):
            if "authorization" in headers:
                return 400, {}, {"message": "a signed address and a token"}
            number = int(path.removeprefix("/files/"))
            events = [{"portalId": int(portal), "objectTypeId": "0-1", **event} for event in entries[number]]
            return (
                200,
                {},
                {"offset": offset(number), "journalEvents": events, "publishedAt": "2025-11-30T11:00:00Z"},
            )
        if headers.get("authorization") != "Bearer t":
            return 401, {}, {"category": "EXPIRED_AUTHENTICATION"}
        if form.get("installPortalId") != [portal]:
            return 403, {}, {"category": "MISSING_SCOPES"}
        if path == f"{base}/earliest":
            return entry(0)
        known = {f"{base}/offset/{offset(number)}/next": number for number in range(len(entries))}
        return entry(known[path] + 1) if path in known else (404, {}, {"message": "no such offset"})

    api = VendorApi(answer)
    return api
