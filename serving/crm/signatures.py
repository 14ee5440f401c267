"""How each vendor signs what it sends: the digests alone, as their documentation gives them.

Sources: developers.hubspot.com "Validating requests" (v1, v2, v3 and the escapes to decode), Meta's and
LinkedIn's webhook guides, Calendly's "Webhook signatures", Ringover's webhook documentation.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from typing import Any

_DECODED = {
    "3A": ":", "2F": "/", "3F": "?", "40": "@", "21": "!", "24": "$", "27": "'", "28": "(", "29": ")",
    "2A": "*", "2C": ",", "3B": ";",
}  # fmt: skip
_ESCAPE = re.compile("%(" + "|".join(_DECODED) + ")", re.IGNORECASE)


def hubspot_v1(secret: str, body: bytes) -> str:
    """Hex SHA-256 of secret and body."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def hubspot_v2(secret: str, method: str, url: str, body: bytes) -> str:
    """Hex SHA-256 of secret, method, URI and body."""
    return hashlib.sha256(f"{secret}{method}{url}".encode() + body).hexdigest()


def hubspot_v3(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Base64 of the HMAC-SHA-256 of method, URI (some escapes decoded), body and timestamp in ms."""
    return _signed_request(secret, method, hubspot_uri(url), body, timestamp)


def hubspot_uri(url: str) -> str:
    """The URI as HubSpot signs it.

    >>> hubspot_uri("https://a.example/in?at=10%3A30&name=a%20b")
    'https://a.example/in?at=10:30&name=a%20b'
    """
    return _ESCAPE.sub(lambda found: _DECODED[found[1].upper()], url)


def ringover_v3(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Base64 of the HMAC-SHA-256 of method, URL, body and timestamp."""
    return _signed_request(secret, method, url, body, timestamp)


def hmac_hex(secret: str, content: bytes) -> str:
    """Hex HMAC-SHA-256, as Meta, LinkedIn and Calendly sign."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def jwt_claims(secret: str, token: str) -> dict[str, Any] | None:
    """The claims of a JSON Web Token that `secret` signed with HS512, None for any other token.

    The algorithm is ours to choose: what the token's own header names is only compared.
    """
    parts = token.split(".")
    if len(parts) != 3:
        return None
    signed = f"{parts[0]}.{parts[1]}".encode("utf-8", "replace")
    expected = hmac.new(secret.encode(), signed, hashlib.sha512).digest()
    header, claims, given = (_decoded(part) for part in parts)
    if given is None or not hmac.compare_digest(expected, given):
        return None
    try:
        named, found = json.loads(header or b""), json.loads(claims or b"")
    except ValueError:
        return None
    said = isinstance(named, dict) and named.get("alg") == "HS512"
    return found if said and isinstance(found, dict) else None


def _decoded(part: str) -> bytes | None:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def _signed_request(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    content = f"{method}{url}".encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), content, hashlib.sha256).digest()).decode()
