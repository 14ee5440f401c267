"""Reading an answer: what must be there, what it asks for; an answer that says no, as an error."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Any

from features.errors import LeadscoreError
from serving.vendors.adapter import Ask, Call, CrmAnswer
from serving.vendors.faults import fault, of_status
from serving.vendors.mapping import PushMapping


def seconds_of(answer: CrmAnswer) -> float | None:
    """The seconds that a Retry-After header asks to wait; it may be a date. None where there is none."""
    text = answer.headers.get("retry-after", "").strip()
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (TypeError, ValueError):
        return None


def obliged(ask: Ask, call: Call, mapping: PushMapping) -> Any:
    """The JSON of a call that `connect` cannot do without.

    Raises:
        LeadscoreError: it was refused, or is no JSON object.
    """
    answer = ask(call)
    if answer.status >= 300:
        told = fault(mapping, of_status(answer.status), str(answer.status))
        raise LeadscoreError(told.problem, told.remedy)
    if not isinstance(answer.body, (dict, list)):
        title = mapping.profile.title
        raise LeadscoreError(f"{title}: {call.path} gives no JSON.", "Check the url: is it the API's?")
    return answer.body


def found(body: Any, *keys: str) -> Any:
    """What stands under `keys`, '' where nothing does."""
    for key in keys:
        body = body.get(key) if isinstance(body, dict) else None
    return "" if body is None else body
