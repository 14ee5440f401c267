"""Who is signed in: a cookie that names a key and ends, signed; and the token that stands in each form."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from features.clock import now_us
from serving.ledger.keys import ApiKey, KeyRing

VARIABLE = "LEADSCORE_SESSION_SECRET"
"""What signs the cookies; without it people sign in anew after each start of the service."""
COOKIE = "leadscore_session"
HOURS = 12
_HOUR_US = 3_600_000_000


def opened_session(key: ApiKey, ring: KeyRing, at_us: int | None = None) -> str:
    """The cookie of someone who showed `key`: its id, the end of the session, and a signature.

    It holds neither the key nor its hash. Signed with both the service's secret and the key's hash, it ends
    with either.
    """
    ends = (now_us() if at_us is None else at_us) + HOURS * _HOUR_US
    said = f"{key.key_id}.{ends}"
    return f"{said}.{_signature(said, ring.hashes[key.key_id])}"


def key_of_session(cookie: str, ring: KeyRing, at_us: int | None = None) -> ApiKey | None:
    """The live key that `cookie` stands for, None where it is none of ours, has ended or its key has."""
    now = now_us() if at_us is None else at_us
    said, _, signature = cookie.rpartition(".")
    key_id, _, ends = said.partition(".")
    same = hmac.compare_digest(
        _signature(said, ring.hashes.get(key_id, "")).encode(), signature.encode("utf-8", "surrogatepass")
    )
    key = ring.keys.get(key_id)
    if not same or key is None or not ends.isdecimal() or int(ends) <= now:
        return None
    return key if key.live(now) else None


def session_in(scope: Scope) -> str:
    """The cookie of the session that a request shows, '' where it shows none."""
    return Request(scope).cookies.get(COOKIE, "")


def form_token(scope: Scope) -> str:
    """What a form of this visitor has to send back: no other site, and no other session, can know it."""
    return _signature("form", session_in(scope) or "nobody")


def begin(answer: Response, cookie: str, *, secure: bool) -> None:
    """Hand the cookie out; it goes with the browser."""
    answer.set_cookie(COOKIE, cookie, path="/app", httponly=True, samesite="strict", secure=secure)


def end(answer: Response) -> None:
    """Take the cookie back."""
    answer.delete_cookie(COOKIE, path="/app", httponly=True, samesite="strict")


def share_secret() -> None:
    """Let all workers that are started from here sign alike."""
    os.environ.setdefault(VARIABLE, secrets.token_urlsafe(32))


def _signature(said: str, also: str) -> str:
    text = f"{said}\n{also}".encode("utf-8", "surrogatepass")
    return hmac.new(_secret(os.environ.get(VARIABLE, "")), text, hashlib.sha256).hexdigest()


@cache
def _secret(named: str) -> bytes:
    return named.encode() or secrets.token_bytes(32)
