"""A company whose CRM, forms, calendar and telephones send: its recipe, requests signed as vendors do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from features.recipe import Recipe, parse_recipe
from serving.crm.incoming import Incoming
from serving.crm.mapping import vendor_mapping, vendors
from serving.crm.senders import Sender
from serving.ledger.sent import LeadSent

GOLDEN = Path(__file__).parents[1] / "serving" / "golden_inbound"
URL = "https://leads.example.org/v1/in/"
ARRIVED = 1_764_500_600_000_000
"""30 November 2025, 11:03:20 UTC: some minutes after what the golden bodies tell."""
SECRETS = {vendor: f"{vendor}-secret" for vendor in vendors()} | {"pipedrive": "leadscore:pipe-secret"}
SECRETS |= {"google": "gk", "aircall": "at"}
RECIPE = """
[recipe]
name = "acme"
horizon_days = 30

[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
field_history = "changes.csv"

[lead]
id = "Record ID"
created_at = "Create Date"

[lead.fields.email]
type = "email"
column = "Email"

[lead.fields.phone]
type = "phone"
column = "Phone Number"

[lead.fields.title]
type = "text"
means = "title"
column = "Job Title"
known = "current"

[lead.fields.size]
type = "category"
means = "size"
column = "Number of Employees"

[lead.fields.origin]
type = "category"
means = "origin"

[lead.fields.campaign]
type = "category"
means = "campaign"

[lead.fields.seats]
type = "number"
column = "d4de1c1518b4531717c676029a45911c340390a6"

[events.kinds]
form_submit = "interest"
meeting_booked = "intent"
call_answered = "contact"

[outcomes]
won = ["customer"]
lost = []
"""


def recipe() -> Recipe:
    """Acme's recipe, made from an export of HubSpot."""
    return parse_recipe(RECIPE)


def known_lead() -> LeadSent:
    """A lead of the CRM with both addresses."""
    cells = {"Email": "Ada@Acme.example", "Phone Number": "+33 (0)1 23 45 67 89"}
    return LeadSent("hubspot", "1246965", cells, 1_764_000_000_000_000)


def sender(vendor: str, *secrets: str, **more: Any) -> Sender:
    """A vendor with its secret, or with `secrets`."""
    given = {"accounts": ("62515",)} if vendor == "hubspot" else {}
    given |= {"own_users": ("99",)} if vendor == "pipedrive" else {}
    return Sender(vendor, vendor_mapping(vendor), secrets or (SECRETS[vendor],), **{**given, **more})


def golden(vendor: str) -> list[dict[str, Any]]:
    """The vendor's bodies, each with its name and what it says."""
    found: list[dict[str, Any]] = json.loads((GOLDEN / f"{vendor}.json").read_text(encoding="utf-8"))
    return found


def signed(
    vendor: str,
    content: object,
    secret: str | None = None,
    at_us: int = ARRIVED,
    url: str | None = None,
    body: bytes | None = None,
) -> Incoming:
    """A request of `vendor` with its proof, made by its formula here, not by ours."""
    body = json.dumps(content).encode() if body is None else body
    url = url or URL + vendor
    headers = _SIGN[vendor](secret or SECRETS[vendor], url, body, at_us)
    return Incoming("POST", url, {"content-type": "application/json", **headers}, body, at_us)


def _hex(key: str, content: bytes) -> str:
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def _hubspot(key: str, url: str, body: bytes, at_us: int) -> dict[str, str]:
    at = str(at_us // 1000)
    digest = hmac.new(key.encode(), b"POST" + url.encode() + body + at.encode(), hashlib.sha256).digest()
    return {
        "x-hubspot-signature-v3": base64.b64encode(digest).decode(),
        "x-hubspot-request-timestamp": at,
    }


def _calendly(key: str, _: str, body: bytes, at_us: int) -> dict[str, str]:
    at = str(at_us // 1_000_000)
    return {"calendly-webhook-signature": f"t={at},v1={_hex(key, at.encode() + b'.' + body)}"}


def _ringover(key: str, url: str, body: bytes, at_us: int) -> dict[str, str]:
    def coded(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).decode().rstrip("=")

    claims = {"url": url, "payload": json.loads(body), "iat": at_us // 1_000_000}
    text = (
        f"{coded(json.dumps({'typ': 'JWT', 'alg': 'HS512'}).encode())}.{coded(json.dumps(claims).encode())}"
    )
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha512).digest()
    return {"x-ringover-webhook-signature": f"{text}.{coded(digest)}"}


def _in_the_body(_: str, __: str, ___: bytes, ____: int) -> dict[str, str]:
    return {}


def _header(key: str, _: str, __: bytes, ___: int) -> dict[str, str]:
    return {"x-leadscore-secret": key}


_SIGN: dict[str, Callable[[str, str, bytes, int], dict[str, str]]] = {
    "hubspot": _hubspot,
    "calendly": _calendly,
    "ringover": _ringover,
    "google": _in_the_body,
    "aircall": _in_the_body,
    "salesforce": _header,
    "dynamics": _header,
    "marketo": _header,
    "meta": lambda key, _, body, __: {"x-hub-signature-256": "sha256=" + _hex(key, body)},
    "linkedin": lambda key, _, body, __: {"x-li-signature": _hex(key, b"hmacsha256=" + body)},
    "pipedrive": lambda key, *_: {"authorization": "Basic " + base64.b64encode(key.encode()).decode()},
}
