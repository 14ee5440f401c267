"""JSON from a vendor's API: waits as it is told to, tries again what may pass, says plainly what does not."""

from __future__ import annotations

import time
from collections.abc import Mapping

import httpx

from features.errors import LeadscoreError
from serving.vendors.adapter import CrmAnswer
from serving.vendors.answers import seconds_of
from serving.vendors.web import answer_read, vendor_client

_TRIES = 5
_LONGEST_WAIT = 120.0


def ask(
    vendor: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    form: Mapping[str, str] | None = None,
    first_wait: float = 1.0,
) -> CrmAnswer:
    """The answer of `url` (GET, or POST of `form`); 429 and 5xx are asked again, up to five times.

    Raises:
        LeadscoreError: it cannot be reached, keeps failing, or answers what is no JSON. The words name the
            vendor and the status, never the URL's query, a key, or what was answered.
    """
    with vendor_client() as client:
        method = "GET" if form is None else "POST"
        request = client.build_request(method, url, data=dict(form) if form else None, headers=headers)
        for last in (False,) * (_TRIES - 1) + (True,):
            answer = _once(vendor, client, request, last)
            if answer.status != 429 and answer.status < 500:
                return answer
            if not last:
                asked = seconds_of(answer)
                time.sleep(min(first_wait if asked is None else asked, _LONGEST_WAIT))
                first_wait *= 2
    raise LeadscoreError(
        f"{vendor}: answers with status {answer.status}, five times in a row.",
        "Try again later; nothing is lost.",
    )


def _once(vendor: str, client: httpx.Client, request: httpx.Request, last: bool) -> CrmAnswer:
    try:
        reply = client.send(request)
    except httpx.HTTPError as error:
        if last:
            raise LeadscoreError(
                f"{vendor}: cannot be reached ({type(error).__name__}).",
                "Check the connection, then run it again.",
            ) from None
        return CrmAnswer(503)
    answer = answer_read(reply)
    if reply.is_success and answer.body is None and reply.content.strip():
        raise LeadscoreError(f"{vendor}: answers with what is no JSON.", "Check the address that is asked.")
    return answer
