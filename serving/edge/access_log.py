"""One line a request, as JSON on stdout: what was asked, of which kind, how it ended; nothing of a lead.

Paths are patterns, not what was asked; a request's id and trace are told where they have the form of one.
"""

from __future__ import annotations

import json
import os
import re
import sys
from datetime import UTC, datetime

from starlette.types import Scope

VARIABLE = "LEADSCORE_ACCESS_LOG"
_QUIET = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
"""What machines ask every few seconds is told only where it fails."""
_PLAIN = re.compile(rb"[0-9A-Za-z._:-]{1,64}")
"""A request id that is told: one with another sign may be an address."""
_TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
"""https://www.w3.org/TR/trace-context: version, trace, parent, flags."""


def told(
    scope: Scope, *, request_id: bytes, path: str, status: int, seconds: float, size: int, caller: str
) -> None:
    """Write the line of one request, unless LEADSCORE_ACCESS_LOG=off; `caller` is the id of its key."""
    if (path in _QUIET and status < 400) or os.environ.get(VARIABLE) == "off":
        return
    line: dict[str, object] = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request": request_id.decode() if _PLAIN.fullmatch(request_id) else None,
        "method": scope["method"] if scope["method"].isalpha() and len(scope["method"]) < 10 else None,
        "path": path,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "bytes": size,
        "caller": caller,
    }
    trace = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    found = _TRACE.fullmatch(trace)
    if found:
        line["trace"] = found[1].decode()
    try:
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    except (OSError, ValueError):
        pass  # a full disk or a closed pipe costs no caller its answer
