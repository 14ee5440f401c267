"""How much, how often, how slowly: bodies, requests a second, senders that never end."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from types import FrameType

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from features.errors import LeadscoreError
from serving.api.desk import Mount
from serving.api.problems import RefusedError

VARIABLE = "LEADSCORE_REQUESTS_PER_SECOND"
_DEFAULT_RATE = 200.0
_BURST_SECONDS = 2.0
"""So many seconds' worth of requests may come at once."""
MOST_AT_ONCE = 1_000
"""Requests that are being answered or received; a further one is told to come again."""
MOST_UNPROVEN = 200
"""Of them those that need no key: who proves nothing, and sends slowly, keeps out nobody with a key."""
_BODY_SECONDS, _ENDING_SECONDS = 30.0, 2.0
"""A body that takes longer holds a place that others need."""
_ASKED_UNIT = b"retry_after_unit=ms"


@dataclass
class Pace:
    """Requests a second by caller: a bucket of `rate` × 2 s each, refilled as time goes by (0: no limit)."""

    rate: float = _DEFAULT_RATE
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> Pace:
        """By LEADSCORE_REQUESTS_PER_SECOND (default 200).

        Raises:
            LeadscoreError: it is no number of at least 0.
        """
        try:
            rate = float(os.environ.get(VARIABLE) or _DEFAULT_RATE)
        except ValueError:
            rate = math.nan
        if not 0 <= rate < math.inf:
            raise LeadscoreError(f"{VARIABLE}: is not a number of at least 0.", "Say 200, or 0 for no limit.")
        return cls(rate)

    def wait(self, caller: str, now: float | None = None) -> float:
        """Take one from the bucket of `caller`: 0, or the seconds until there is one again."""
        if not self.rate:
            return 0.0
        now = time.monotonic() if now is None else now
        full = max(1.0, self.rate * _BURST_SECONDS)
        left, since = self._left.get(caller, (full, now))
        left = min(full, left + (now - since) * self.rate)
        if left < 1:
            self._left[caller] = (left, now)
            return (1 - left) / self.rate
        self._left[caller] = (left - 1, now)
        return 0.0


def too_often(seconds: float, scope: Scope, mount: Mount | None) -> RefusedError:
    """What a caller is told that is to come again after `seconds`, in the unit that it reads."""
    unit = mount.retry_unit if mount is not None else "s"
    if _ASKED_UNIT in scope.get("query_string", b"").split(b"&"):
        unit = "ms"
    after = math.ceil(seconds * 1000) if unit == "ms" else math.ceil(seconds)
    remedy = f"Come again after {max(1, after)} {unit}, or send several leads in one request."
    return RefusedError(
        429, "requests", "come more often than is allowed", remedy, {"Retry-After": str(max(1, after))}
    )


@dataclass
class Bodies:
    """Reads bodies, each within 30 s; once the service is told to end, those that are not there get 2 s."""

    _waiting: set[asyncio.Timeout] = field(default_factory=set)

    async def whole(self, scope: Scope, receive: Receive, most: int) -> bytes:
        """The body of a request.

        Raises:
            RefusedError: it is larger than `most` bytes, or takes too long to come.
            ClientDisconnect: its sender left.
        """
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if told.isdigit() and int(told) > most:
            raise _too_large(most)
        try:
            async with asyncio.timeout(_BODY_SECONDS) as patience:
                self._waiting.add(patience)
                return await _received(receive, most)
        except TimeoutError:
            remedy = "Send it at once, or in smaller parts."
            raise RefusedError(
                408, "body", f"took longer than {_BODY_SECONDS:.0f} s", remedy, {"Connection": "close"}
            ) from None
        finally:
            self._waiting.discard(patience)

    def hurry(self) -> None:
        """Refuse whoever has not sent all within two seconds: a service that ends waits for nobody else."""
        by = asyncio.get_running_loop().time() + _ENDING_SECONDS
        for patience in list(self._waiting):
            patience.reschedule(by)

    def hurry_at_end(self) -> None:
        """Hurry when this process is told to end; from the thread that signals come to, else never."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop, before = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

        def ends(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.hurry)
            if callable(before):
                before(number, frame)

        if callable(before):
            signal.signal(signal.SIGTERM, ends)


async def _received(receive: Receive, most: int) -> bytes:
    parts, size = list[bytes](), 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
        if not message.get("more_body"):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A receive that gives `body` once, then what `receive` gives."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


def _too_large(most: int) -> RefusedError:
    words = f"is larger than {most / 1e6:g} MB"
    return RefusedError(413, "body", words, "Send fewer leads in one request.", {"Connection": "close"})
