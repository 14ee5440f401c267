"""Which service runs here, and what it says of itself: asked over HTTP, never by a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from serving.ledger import Ledger
from serving.ledger.writer import writer_address

_SECONDS = 5.0


@dataclass(frozen=True)
class RunningService:
    """A service at `url`: what its /readyz says, or why it says nothing (`problem`)."""

    url: str
    said: dict[str, Any] | None = None
    problem: str | None = None


def running_service(url: str | None = None, ledger: Ledger | None = None) -> RunningService | None:
    """The service at `url`, else the one that writes to `ledger`, a file; None where neither names one."""
    address = url or (writer_address(ledger.path) if ledger is not None and ledger.path is not None else None)
    if address is None:
        return None
    address = address.rstrip("/")
    try:
        with httpx.Client(trust_env=False, timeout=_SECONDS) as client:
            answer = client.get(f"{address}/readyz")
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return RunningService(address, problem=f"cannot be reached ({type(error).__name__})")
    except ValueError:
        said = None
    if (
        answer.status_code != 200
        or not isinstance(said, dict)
        or not {"rung", "version", "name"} <= set(said)
    ):
        return RunningService(address, problem=f"is no leadscore that is ready (HTTP {answer.status_code})")
    return RunningService(address, said)
