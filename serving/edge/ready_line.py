"""What the person who starts the service sees: when it is ready, at which address, and who answers."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from urllib.request import ProxyHandler, build_opener

from serving.ledger import Ledger

_EVERY, _STILL = 0.2, 5.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that are listened on, but not asked."""


def say(text: str) -> None:
    """Talk to the person who starts the service, on stderr."""
    print(text, file=sys.stderr, flush=True)


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds a service that listens on `host`."""
    host = _EVERYWHERE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def kept_words(ledger: Ledger) -> str:
    """Where what is sent and answered is kept, and that it is away where it is."""
    if not ledger.presence.away:
        return f"What is sent and answered is kept in {ledger.name}."
    away = f"Warning: the ledger {ledger.name} is away ({ledger.presence.away})"
    return f"{away}: nothing is kept, and requests are answered by a copy of the keys, until it is here."


def tell_when_ready(host: str, port: int, say: Callable[[str], None]) -> None:
    """Say once the service answers, and every five seconds that it does not yet; returns at once."""
    threading.Thread(target=_wait, args=(address_of(host, port), say), daemon=True).start()


def _wait(address: str, say: Callable[[str], None]) -> None:
    began = told = time.monotonic()
    while (found := _readiness(address)) is None:
        if time.monotonic() - told > _STILL:
            told = time.monotonic()
            say(f"Still starting after {told - began:.0f} s …")
        time.sleep(_EVERY)
    if not found["ready"]:
        say(f"Ready at {address}: open {address}/app in a browser to begin. Stop with Ctrl-C.")
        return
    by = f"{found['rung']} {found['version']}".strip()
    say(f"Ready at {address}: '{found['name']}' is answered by {by}. Stop with Ctrl-C.")


def _readiness(address: str) -> dict[str, object] | None:
    """What /readyz says, None while nobody answers; never by a proxy."""
    try:
        with build_opener(ProxyHandler({})).open(f"{address}/readyz", timeout=2) as answer:
            return dict(json.load(answer))
    except (OSError, ValueError):
        return None
