"""JSON from a vendor's API: waits as it is told to, tries again what may pass, says plainly what does not."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from features.errors import LeadscoreError

_TIMEOUT_SECONDS = 30.0
_TRIES = 5
_LONGEST_WAIT = 120.0
_MOST_BYTES = 100_000_000


@dataclass(frozen=True)
class JsonAnswer:
    """A status and what came with it, None where that is nothing."""

    status: int
    content: Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key must not be carried to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def ask(
    vendor: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    first_wait: float = 1.0,
) -> JsonAnswer:
    """The answer of `url` (GET, or POST of `form`); 429 and 5xx are asked again, up to five times.

    Raises:
        LeadscoreError: it cannot be reached, keeps failing, or answers what is no JSON. The words name the
            vendor and the status, never the URL's query, a key, or what was answered.
    """
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(
        url, data=body, headers={"Accept": "application/json", **(headers or {})}
    )
    wait = first_wait
    for last in (False,) * (_TRIES - 1) + (True,):
        status, text, retry_after = _once(vendor, request, last)
        if status != 429 and status < 500:
            return JsonAnswer(status, _json(vendor, text))
        if last:
            raise LeadscoreError(
                f"{vendor}: answers with status {status}, five times in a row.",
                "Try again later; nothing is lost.",
            )
        time.sleep(min(retry_after if retry_after is not None else wait, _LONGEST_WAIT))
        wait *= 2
    raise AssertionError("unreachable")


def _once(vendor: str, request: urllib.request.Request, last: bool) -> tuple[int, bytes, float | None]:
    try:
        with _OPENER.open(request, timeout=_TIMEOUT_SECONDS) as found:
            return found.status, found.read(_MOST_BYTES), None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(_MOST_BYTES), _seconds(error.headers.get("Retry-After"))
    except (OSError, HTTPException) as error:
        if last:
            reason = type(getattr(error, "reason", error)).__name__
            raise LeadscoreError(
                f"{vendor}: cannot be reached ({reason}).", "Check the connection, then run it again."
            ) from None
        return 503, b"", None


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text or ""))
    except ValueError:
        return None


def _json(vendor: str, text: bytes) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        raise LeadscoreError(
            f"{vendor}: answers with what is no JSON.", "Check the address that is asked."
        ) from None
