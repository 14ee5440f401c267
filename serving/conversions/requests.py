"""Conversions and their changes as the bodies of a platform's API, and what it cannot be told so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from features import LeadscoreError
from serving.conversions.apis import APIS
from serving.conversions.bodies import BODIES, microsoft_change
from serving.conversions.candidates import Candidates
from serving.conversions.platforms import PlatformName
from serving.conversions.sent import SentConversion, UploadPlan, after_change, as_sent
from serving.vendors.adapter import Call


@dataclass(frozen=True)
class ToSend:
    """One conversion, or a change of one, on its way; `after` is what is kept once it is accepted."""

    order_id: str
    after: SentConversion
    body: dict[str, Any] = field(repr=False)
    change: bool = False


def to_send(
    platform: PlatformName,
    plan: UploadPlan,
    candidates: Candidates,
    *,
    currency: str,
    names: Mapping[str, str],
) -> tuple[list[ToSend], Counter[str]]:
    """What of `plan` the API takes, the new before the changes, and how many not, by reason.

    Raises:
        LeadscoreError: the platform knows its conversions by number, and a stage has none.
    """
    api, body = APIS[platform], BODIES[platform]
    _check_numbers(platform, {one.stage for one in plan.new} | {one.stage for one in plan.adjustments}, names)
    items, left = list[ToSend](), Counter[str]()
    for one in plan.new:
        if platform == "microsoft" and one.click_id is None:
            left["known by a hash alone: upload the file of -o"] += 1
            continue
        items.append(ToSend(one.order_id, as_sent(one, plan.now_us), body(one, currency, names[one.stage])))
    now = {one.order_id: one for one in candidates.conversions}
    for change in plan.adjustments:
        after = after_change(change, plan.now_us)
        if change.kind not in api.takes:
            left[f"{change.kind.lower()}: the API takes none, upload the file of -o"] += 1
        elif api.change_path:
            told = microsoft_change(change, currency, names[change.stage], plan.now_us)
            items.append(ToSend(change.order_id, after, told, change=True))
        elif change.order_id in now:  # the same id again restates the value
            again = body(now[change.order_id], currency, names[change.stage])
            items.append(ToSend(change.order_id, after, again, change=True))
        else:
            left["its click id, address and number are gone: upload the file of -o"] += 1
    return items, left


def _check_numbers(platform: PlatformName, stages: set[str], names: Mapping[str, str]) -> None:
    lacking = sorted(stage for stage in stages if not names[stage].isdigit())
    if APIS[platform].by_number and lacking:
        raise LeadscoreError(
            f"{APIS[platform].title} knows a conversion by its number; {', '.join(lacking)} has none.",
            f"Say it with --name {lacking[0]} NUMBER, as the conversion's page on the platform shows it.",
        )


def request_of(
    platform: PlatformName, items: Sequence[ToSend], settings: Mapping[str, str], names: Mapping[str, str]
) -> Call:
    """The one request that sends `items`, which are all new or all changes."""
    api = APIS[platform]
    path = api.change_path if items[0].change and api.change_path else api.path
    bodies = [one.body for one in items]
    if platform == "google":
        content = _google(items, bodies, settings, names)
    elif platform == "microsoft":
        content = {"OfflineConversionAdjustments" if items[0].change else "OfflineConversions": bodies}
    else:
        content = {"data" if platform == "meta" else "elements": bodies}
    return Call("POST", path.format(**settings), content)


def _google(
    items: Sequence[ToSend],
    bodies: list[dict[str, Any]],
    settings: Mapping[str, str],
    names: Mapping[str, str],
) -> dict[str, Any]:
    """Each stage is a destination of its own; an event names the one that it is for."""
    account = {"accountType": "GOOGLE_ADS", "accountId": settings["account"].replace("-", "")}
    stages = sorted({one.after.stage for one in items})
    events = [
        body | {"destinationReferences": [one.after.stage]} for one, body in zip(items, bodies, strict=True)
    ]
    granted = {"adUserData": "CONSENT_GRANTED", "adPersonalization": "CONSENT_GRANTED"}
    return {
        "destinations": [
            {"reference": stage, "operatingAccount": account, "productDestinationId": names[stage]}
            for stage in stages
        ],
        "encoding": "HEX",
        "consent": granted,
        "events": events,
    }
