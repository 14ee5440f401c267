"""Bodies of the platforms' conversion APIs: one conversion, or a change of one, as each wants it."""

from __future__ import annotations

from typing import Any

from features.clock import from_us
from serving.conversions.candidates import Conversion
from serving.conversions.sent import Adjustment


def _meta(one: Conversion, currency: str, name: str) -> dict[str, Any]:
    """A CRM event of Meta's Conversion Leads; its time is in seconds, ids are never hashed."""
    person: dict[str, Any] = {}
    if one.click_id is not None:
        kind, text = one.click_id
        person["lead_id" if kind == "leadgen_id" else "fbc"] = int(text) if text.isdigit() else text
    person |= {"em": [one.email]} if one.email else {}
    person |= {"ph": [one.phone]} if one.phone else {}
    told: dict[str, Any] = {"event_source": "crm", "lead_event_source": "leadscore"}
    if one.value == one.value:
        told |= {"value": round(one.value, 2), "currency": currency}
    return {
        "event_name": name,
        "event_time": one.at_us // 1_000_000,
        "event_id": one.order_id,
        "action_source": "system_generated",
        "custom_data": told,
        "user_data": person,
    }


def _linkedin(one: Conversion, currency: str, name: str) -> dict[str, Any]:
    """An element of LinkedIn's conversionEvents; its time is in milliseconds, its amount a text."""
    ids = [{"idType": "SHA256_EMAIL", "idValue": one.email}] if one.email else []
    if one.click_id is not None:
        ids.append({"idType": "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID", "idValue": one.click_id[1]})
    event: dict[str, Any] = {
        "conversion": f"urn:lla:llaPartnerConversion:{name}",
        "conversionHappenedAt": one.at_us // 1_000,
        "eventId": one.order_id,
        "user": {"userIds": ids},
    }
    if one.value == one.value:
        event["conversionValue"] = {"currencyCode": currency, "amount": f"{one.value:.2f}"}
    return event


def _google(one: Conversion, currency: str, name: str) -> dict[str, Any]:
    """An event of the Data Manager API; sent again with the same id it restates the value."""
    event: dict[str, Any] = {
        "transactionId": one.order_id,
        "eventTimestamp": _iso(one.at_us),
        "eventSource": "OTHER",
    }
    if one.click_id is not None:
        event["adIdentifiers"] = {one.click_id[0]: one.click_id[1]}
    people = [{"emailAddress": one.email}] if one.email else []
    people += [{"phoneNumber": one.phone}] if one.phone else []
    if people:
        event["userData"] = {"userIdentifiers": people}
    if one.value == one.value:
        event |= {"conversionValue": round(one.value, 2), "currency": currency}
    return event


def _microsoft(one: Conversion, currency: str, name: str) -> dict[str, Any]:
    """An OfflineConversion of Campaign Management v13; it is known by its click and its time."""
    event: dict[str, Any] = {
        "MicrosoftClickId": one.click_id[1] if one.click_id else "",
        "ConversionName": name,
        "ConversionTime": _iso(one.at_us),
    }
    if one.value == one.value:
        event |= {"ConversionValue": round(one.value, 2), "ConversionCurrencyCode": currency}
    return event


def microsoft_change(change: Adjustment, currency: str, name: str, now_us: int) -> dict[str, Any]:
    """An OfflineConversionAdjustment: a restated value, or a retraction."""
    event: dict[str, Any] = {
        "MicrosoftClickId": change.click_id,
        "ConversionName": name,
        "ConversionTime": _iso(change.at_us),
        "AdjustmentType": change.kind.capitalize(),
        "AdjustmentTime": _iso(now_us),
    }
    if change.value is not None:
        event |= {"AdjustmentValue": change.value, "AdjustmentCurrencyCode": currency}
    return event


def _iso(at_us: int) -> str:
    """A moment in UTC to the second, as both take it."""
    return from_us(at_us).strftime("%Y-%m-%dT%H:%M:%SZ")


BODIES = {"google": _google, "meta": _meta, "linkedin": _linkedin, "microsoft": _microsoft}
