"""Who sent it: each vendor's proof, with every secret that is valid now, in constant time, and its clock.

A request is proven by any of the sender's secrets, so that one is replaced without a gap: the new one is
added, the vendor is told, the old one is taken away.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from features.clock import from_us
from serving.crm.incoming import Incoming
from serving.crm.paths import found_at
from serving.crm.signatures import (
    hmac_hex,
    hubspot_v1,
    hubspot_v2,
    hubspot_v3,
    jwt_claims,
    ringover_v3,
)

ProofKind = Literal[
    "hubspot", "meta", "linkedin", "calendly", "ringover", "body_key", "basic", "header", "header_or_key"
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(ProofKind)
OLDEST_SECONDS = 300.0
"""How far the sender's clock may be from ours, before and after: HubSpot's own limit."""

_UNSIGNED = "carries no proof of its sender"
_FALSE = "is not signed with any of the sender's secrets"
_STALE = "was signed more than 5 minutes from now"


def unproven(kind: ProofKind, place: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    """Why nobody may believe that `incoming` is from the holder of `secrets`; None where it is.

    `place` is the header of a static key, or the path of a key in the body.
    """
    return _PROOFS[kind](place, secrets, incoming)


def _hubspot(_: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    """v3 where it is there, and then alone; else the version that the header names (v1 without one)."""
    method, url, body = incoming.method, incoming.url, incoming.body
    if (given := incoming.headers.get("x-hubspot-signature-v3")) is not None:
        at = incoming.headers.get("x-hubspot-request-timestamp", "")
        if not _recent(at, 1000, incoming):
            return _STALE
        return _unless_same(given, [hubspot_v3(secret, method, url, body, at) for secret in secrets])
    if (given := incoming.headers.get("x-hubspot-signature")) is None:
        return _UNSIGNED
    version = incoming.headers.get("x-hubspot-signature-version", "v1")
    if version == "v1":
        return _unless_same(given, [hubspot_v1(secret, body) for secret in secrets])
    if version == "v2":
        return _unless_same(given, [hubspot_v2(secret, method, url, body) for secret in secrets])
    return "is signed in a version that is not known; v1, v2 and v3 are"


def _meta(_: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    if (given := incoming.headers.get("x-hub-signature-256")) is None:
        return _UNSIGNED
    return _unless_same(given, [f"sha256={hmac_hex(secret, incoming.body)}" for secret in secrets])


def _linkedin(_: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    if (given := incoming.headers.get("x-li-signature")) is None:
        return _UNSIGNED
    signed = b"hmacsha256=" + incoming.body
    given = given.removeprefix("hmacsha256=")
    return _unless_same(given, [hmac_hex(secret, signed) for secret in secrets])


def _calendly(_: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    """`t=SECONDS,v1=DIGEST`, several digests while a key is replaced."""
    if (given := incoming.headers.get("calendly-webhook-signature")) is None:
        return _UNSIGNED
    pairs = [part.strip().partition("=") for part in given.split(",")]
    at = next((value for name, _, value in pairs if name == "t"), "")
    if not _recent(at, 1, incoming):
        return _STALE
    made = [hmac_hex(secret, f"{at}.".encode() + incoming.body) for secret in secrets]
    found = [_unless_same(value, made) for name, _, value in pairs if name == "v1"]
    return None if None in found else _FALSE


def _ringover(_: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    """A JSON Web Token that holds the message (v1), or a digest of the whole request (v3)."""
    headers = incoming.headers
    if (given := headers.get("x-ringover-webhook-signature-v3")) is not None:
        at = headers.get("x-ringover-request-signature-v3-timestamp", "")
        if not (_recent(at, 1, incoming) or _recent(at, 1000, incoming)):
            return _STALE
        made = [ringover_v3(s, incoming.method, incoming.url, incoming.body, at) for s in secrets]
        return _unless_same(given, made)
    if (token := headers.get("x-ringover-webhook-signature")) is None:
        return _UNSIGNED
    claims = next((found for s in secrets if (found := jwt_claims(s, token)) is not None), None)
    if claims is None:
        return _FALSE
    for name in ("iat", "exp"):
        at = str(claims.get(name, ""))
        if at and not _recent(at, 1, incoming, ahead_only=name == "exp"):
            return _STALE
    return None if _same_message(claims, incoming.body) else "is signed for another body"


def _same_message(claims: dict[str, object], body: bytes) -> bool:
    """Whether the signed message is the body: a token without one would prove any body."""
    signed = claims.get("payload", claims)
    try:
        sent = json.loads(body)
        return bool(sent == (json.loads(signed) if isinstance(signed, str) else signed))
    except (ValueError, RecursionError):
        return False


def _body_key(place: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    try:
        given = found_at(json.loads(incoming.body), place)
    except (ValueError, RecursionError):
        given = None
    return _UNSIGNED if not isinstance(given, str) else _unless_same(given, list(secrets))


def _basic(_: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    """RFC 7617; a secret is USER:PASSWORD."""
    scheme, _, coded = incoming.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return _UNSIGNED
    try:
        given = base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return _FALSE
    return _unless_same(given, list(secrets))


def _header(place: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    if (given := incoming.headers.get(place.lower())) is None:
        return _UNSIGNED
    return _unless_same(given.removeprefix("Bearer "), list(secrets))


def _header_or_key(place: str, secrets: Sequence[str], incoming: Incoming) -> str | None:
    """The header, or the query's `key` of a sender that can set no header."""
    if place.lower() in incoming.headers or not (given := incoming.query.get("key")):
        return _header(place, secrets, incoming)
    return _unless_same(given, list(secrets))


def _unless_same(given: str, expected: Sequence[str]) -> str | None:
    """Compared in constant time with each of them, also after one was the same."""
    coded = given.encode("utf-8", "surrogatepass")
    same = [hmac.compare_digest(coded, one.encode("utf-8", "surrogatepass")) for one in expected]
    return None if any(same) else _FALSE


def _recent(text: str, per_second: int, incoming: Incoming, *, ahead_only: bool = False) -> bool:
    """Whether a timestamp is within the limit of the moment of arrival; `ahead_only`: it is an end."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return False
    behind = from_us(incoming.received_us).timestamp() - int(text) / per_second
    return behind <= OLDEST_SECONDS if ahead_only else abs(behind) <= OLDEST_SECONDS


_PROOFS: dict[str, Callable[[str, Sequence[str], Incoming], str | None]] = {
    "hubspot": _hubspot, "meta": _meta, "linkedin": _linkedin, "calendly": _calendly,
    "ringover": _ringover, "body_key": _body_key, "basic": _basic, "header": _header,
    "header_or_key": _header_or_key,
}  # fmt: skip
