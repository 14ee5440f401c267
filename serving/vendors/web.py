"""HTTP to a vendor's API: one client that carries a key to no other host, one reading of what it answers."""

from __future__ import annotations

from typing import Any

import httpx

from serving.vendors.adapter import CrmAnswer

SECONDS = 30.0
"""How long an answer may take; Dataverse itself gives a call two minutes, most others less than this."""


def vendor_client(url: str = "", seconds: float = SECONDS) -> httpx.Client:
    """A client for the API at `url`.

    A redirect is not followed: it would carry the key elsewhere. A proxy of the environment is honoured, as
    with curl.
    """
    headers = {"User-Agent": "leadscore", "Accept": "application/json"}
    return httpx.Client(base_url=url, timeout=seconds, follow_redirects=False, headers=headers)


def answer_read(reply: httpx.Response) -> CrmAnswer:
    """What came back, its body None where it is no JSON."""
    return CrmAnswer(reply.status_code, {k.lower(): v for k, v in reply.headers.items()}, json_of(reply))


def json_of(reply: httpx.Response) -> Any:
    """The JSON of a body, None where it is none."""
    try:
        return reply.json()
    except (ValueError, RecursionError):
        return None
