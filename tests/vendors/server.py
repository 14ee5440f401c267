"""What all vendors' servers share: a socket, limits in windows, faults at random, a log of the writes."""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.vendors.clock import TurnedClock


@dataclass
class Reply:
    """An answer on its way: status, JSON (None: no body), headers."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Faults:
    """What goes wrong with a share of the writes, drawn by `seed`; counted by kind."""

    seed: int = 0
    share: float = 0.0
    kinds: tuple[str, ...] = ("limit", "down", "lost before", "lost after", "fails after")
    drawn: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def draw(self) -> str:
        """A fault, or '' for none."""
        if self.random.random() >= self.share:
            return ""
        kind = self.random.choice(self.kinds)
        self.drawn[kind] += 1
        return kind


class VendorServer:
    """A vendor's API on a local port, in a `with` block. `records` are those that exist there."""

    token = "token-of-the-test"
    window: tuple[int, float] = (10_000, 1.0)
    """Calls, within seconds."""
    says_when = True
    """Whether it says how long to wait."""
    write_path = ""
    """Matches the path of a write, on which faults are drawn."""

    def __init__(
        self, records: Iterable[str], clock: TurnedClock | None = None, faults: Faults | None = None
    ) -> None:
        self.clock, self.faults = clock or TurnedClock(), faults or Faults()
        self.held: dict[str, dict[str, Any]] = {name: {} for name in records}
        self.deleted: set[str] = set()
        self.poison: set[str] = set()
        self.busy: set[str] = set()
        """Records that somebody else writes at the moment: refused once, then not any more."""
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.unconfirmed: set[tuple[str, str]] = set()
        """(record, its values as JSON) that were written with the caller never told."""
        self.requests: list[tuple[str, str]] = []
        self.over_limit = self.impatient = 0
        self.write_rights = True
        self.properties: dict[str, Any] = {}
        self._calls: deque[float] = deque()
        self._patience_until = 0.0
        self._lock = threading.Lock()

    # what a vendor is -------------------------------------------------------------------------------------
    def route(self, method: str, path: str, body: Any) -> Reply:
        raise NotImplementedError

    def limited(self, seconds: float) -> Reply:
        return Reply(429, {"error": "too many requests"}, {"Retry-After": f"{seconds:.0f}"})

    def failed(self) -> Reply:
        return Reply(503, {"error": "unavailable"})

    def unauthorised(self) -> Reply:
        return Reply(401, {"error": "unauthorised"})

    def authorised(self, headers: dict[str, str], path: str) -> bool:
        return headers.get("authorization") == f"Bearer {self.token}"

    # what all do ------------------------------------------------------------------------------------------
    def write(self, record: str, values: dict[str, Any]) -> None:
        self.held[record].update(values)
        self.writes.append((record, dict(values)))

    def handle(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Reply | None:
        """The answer; None: the connection breaks without one."""
        with self._lock:
            self.clock.sleep(0.01)
            self.requests.append((method, path.split("?")[0]))
            if not self.authorised(headers, path):
                return self.unauthorised()
            if (over := self._over()) is not None:
                return over
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                body = None
            if not (self.write_path and re.search(self.write_path, path)):
                return self.route(method, path, body)
            return self._with_fault(method, path, body)

    def _over(self) -> Reply | None:
        now, (calls, seconds) = self.clock.seconds(), self.window
        if now < self._patience_until:
            self.impatient += 1
            return self.limited(self._patience_until - now + 1)
        while self._calls and self._calls[0] <= now - seconds:
            self._calls.popleft()
        if len(self._calls) >= calls:
            self.over_limit += 1
            return self.limited(seconds)
        self._calls.append(now)
        return None

    def _with_fault(self, method: str, path: str, body: Any) -> Reply | None:
        fault = self.faults.draw()
        if fault == "limit":
            pause = float(self.faults.random.randint(1, 30)) if self.says_when else self.window[1]
            self._patience_until = self.clock.seconds() + pause
            return self.limited(pause)
        if fault == "down":
            return self.failed()
        if fault == "lost before":
            return None
        if fault == "expired":
            self.token = f"token-{len(self.requests)}"
            return self.unauthorised()
        if fault == "busy":
            self.busy |= set(self.faults.random.sample(sorted(self.held), k=min(3, len(self.held))))
        before = len(self.writes)
        reply = self.route(method, path, body)
        if fault in ("lost after", "fails after"):
            self.unconfirmed |= {(name, mark(values)) for name, values in self.writes[before:]}
            return None if fault == "lost after" else self.failed()
        return reply

    def __enter__(self) -> Any:
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                vendor.last_headers, vendor.last_raw = headers, raw
                reply = vendor.handle(self.command, self.path, headers, raw)
                if reply is None:
                    self.close_connection = True
                    return
                content = b"" if reply.body is None else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_PUT = _answer

            def log_message(self, *_: object) -> None:
                """Silence."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    last_headers: dict[str, str]
    last_raw: bytes
    url: str


def mark(values: dict[str, Any]) -> str:
    """Values as a key."""
    return json.dumps(values, sort_keys=True)
