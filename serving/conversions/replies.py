"""What a platform's answer says became of each conversion, in sentences for who runs the command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from serving.conversions.apis import APIS, PlatformApi
from serving.conversions.platforms import PlatformName
from serving.vendors.adapter import CrmAnswer, Divide, Fate, Halt, Later, Renew, Reply, Trouble
from serving.vendors.answers import found, seconds_of
from serving.vendors.faults import of_status, shown_code

_SENTENCES = {
    "token": ("refuses the token", "Set a new one in {token}; it needs {right}."),
    "rights": ("does not let this token send conversions", "Give it {right}."),
    "address": ("does not know the address or the account", "Check {needs}."),
    "limit": ("asks for patience", "Nothing: it is sent again."),
    "failing": ("failed", "Nothing: it is sent again on the next run."),
    "silent": ("did not say what became of it", "Nothing: it is sent again on the next run."),
    "refused": ("refuses the conversion", "Look at its stage, moment and value; the next run tries again."),
}  # fmt: skip
_META = {190: "token", 10: "rights", 200: "rights", 4: "limit", 17: "limit", 613: "limit", 80004: "limit"}
"""Codes of Meta's Graph API ("Handling errors"): tokens, permissions, limits."""


def trouble(api: PlatformApi, kind: str, code: str = "") -> Trouble:
    """The sentence for `kind`; `code` is shown where it is a plain name or number."""
    problem, remedy = _SENTENCES.get(kind, _SENTENCES["refused"])
    plain = shown_code(code)
    needs = [*api.needs.values(), *(["the numbers of --name"] if api.by_number else [])]
    told = remedy.format(token=api.token, right=api.right, needs=", ".join(needs))
    return Trouble(f"{api.title} {problem}{f' ({plain})' if plain else ''}.", told)


def reply_of(platform: PlatformName, items: Sequence[object], answer: CrmAnswer) -> Reply:
    """What became of `items`: a list in their order, or one word for all."""
    api, body = APIS[platform], answer.body if isinstance(answer.body, dict) else {}
    if answer.status < 300:
        return [_fate(api, one) for one in _READ[platform](body, len(items))]
    named = _google_named(body, len(items)) if platform == "google" and answer.status == 400 else {}
    if named:  # one faulty event fails the request: the others are sent again without it
        rest = Fate(trouble(api, "silent"), passing=True)
        return [_fate(api, named[at]) if at in named else rest for at in range(len(items))]
    kind, code = str(of_status(answer.status)), ""
    if platform == "meta":
        number = found(body, "error", "code")
        kind, code = _META.get(number, kind), str(number)
        kind = "failing" if found(body, "error", "is_transient") is True and kind == "refused" else kind
    told = trouble(api, kind, code)
    if kind == "token":
        return Renew(told)
    if kind in ("rights", "address"):
        return Halt(told)
    if kind in ("limit", "failing", "busy"):
        return Later(told, seconds_of(answer), failing=kind == "failing")
    return Divide(told)


def _fate(api: PlatformApi, said: str | None) -> Fate:
    """Of one conversion: accepted (None), 'later', 'silent', or refused with a code."""
    if said is None:
        return Fate()
    if said in ("later", "silent"):
        kind = "failing" if said == "later" else "silent"
        return Fate(trouble(api, kind), passing=said == "later")
    return Fate(trouble(api, "refused", said))


def _google_named(body: dict[str, Any], count: int) -> dict[int, str]:
    """Place → reason, of the events that a BadRequest names: `events.events[3].event_timestamp`."""
    named: dict[int, str] = {}
    for detail in found(body, "error", "details") or []:
        for one in (detail.get("fieldViolations") or []) if isinstance(detail, dict) else []:
            place = re.search(r"events\[(\d+)\]", str(found(one, "field")))
            if place is not None and int(place[1]) < count:
                named[int(place[1])] = str(found(one, "reason")) or "INVALID_ARGUMENT"
    return named


def _of_google(body: dict[str, Any], count: int) -> list[str | None]:
    return [None if body.get("requestId") else "silent"] * count


def _of_meta(body: dict[str, Any], count: int) -> list[str | None]:
    """All or none; it tells how many it received."""
    return [None if body.get("events_received") == count else "silent"] * count


def _of_linkedin(body: dict[str, Any], count: int) -> list[str | None]:
    """A status each, in order."""
    told = [found(one, "status") for one in body.get("elements") or []]
    if len(told) != count:
        return ["silent"] * count
    return [_of_status(status) for status in told]


def _of_status(status: object) -> str | None:
    if status in (200, 201):
        return None
    return "later" if not isinstance(status, int) or status == 429 or status >= 500 else str(status)


def _of_microsoft(body: dict[str, Any], count: int) -> list[str | None]:
    """Errors by place; all others were taken."""
    if "PartialErrors" not in body:
        return ["silent"] * count
    said: list[str | None] = [None] * count
    for error in body["PartialErrors"] or []:
        place = found(error, "Index")
        if isinstance(place, int) and 0 <= place < count:
            said[place] = str(found(error, "ErrorCode") or found(error, "Code") or "refused")
    return said


_READ = {"google": _of_google, "meta": _of_meta, "linkedin": _of_linkedin, "microsoft": _of_microsoft}
