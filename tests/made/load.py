"""Senders over HTTP who go on until they are stopped, and know what was acknowledged to them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit


def event_numbered(number: int) -> dict[str, Any]:
    """One event of fifty leads."""
    return {"lead_id": f"L{number % 50}", "kind": "demo_request", "event_id": f"e{number}",
            "occurred_at": "2026-03-01T10:00:00Z"}  # fmt: skip


class EventSender(threading.Thread):
    """Sends `batch` events a request to `urls` in turn; what is not acknowledged goes to the next of them."""

    def __init__(self, urls: Sequence[str], first: int, batch: int = 1) -> None:
        super().__init__(daemon=True)
        self.urls, self.number, self.batch = list(urls), first, batch
        self.acknowledged, self.waits, self.wrong = list[str](), list[float](), list[int]()
        self.stopped = threading.Event()

    def run(self) -> None:
        """Until it is stopped."""
        turn = 0
        lines: dict[str, http.client.HTTPConnection] = {}
        while not self.stopped.is_set():
            url = self.urls[turn % len(self.urls)]
            try:
                line = lines.setdefault(url, _line(url))
                began = time.perf_counter()
                status = self._sent(line)
            except (OSError, http.client.HTTPException):
                lines.pop(url).close()
                turn += 1
                self.stopped.wait(0.05)
                continue
            turn += 1
            if status == 200:
                self.waits.append(time.perf_counter() - began)
                self.acknowledged += [f"e{n}" for n in range(self.number, self.number + self.batch)]
                self.number += self.batch
            elif status != 503:
                self.wrong.append(status)
        for line in lines.values():
            line.close()

    def _sent(self, line: http.client.HTTPConnection) -> int:
        events = [event_numbered(n) for n in range(self.number, self.number + self.batch)]
        body = json.dumps(events if self.batch > 1 else events[0])
        line.request("POST", "/v1/events", body, {"Content-Type": "application/json"})
        answer = line.getresponse()
        answer.read()
        return answer.status


def _line(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)


def sent_for(senders: Sequence[EventSender], seconds: float) -> None:
    """Let them send for so long, then wait until each has ended."""
    for sender in senders:
        sender.start()
    time.sleep(seconds)
    for sender in senders:
        sender.stopped.set()
    for sender in senders:
        sender.join()
