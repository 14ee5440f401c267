"""Bodies of the platforms' conversion APIs: one conversion as Meta's and LinkedIn's events."""

from __future__ import annotations

from typing import Any

from serving.conversions.candidates import Conversion


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


BODIES = {"meta": _meta, "linkedin": _linkedin}
