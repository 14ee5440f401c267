"""The ad platforms' conversion APIs: what each takes, refuses item by item or as a whole, and counts once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from tests.vendors.clock import TurnedClock
from tests.vendors.server import Faults, Reply, VendorServer

ACCOUNT = "1234567890"
ENVIRONMENT = {
    "google": {"GOOGLE_ADS_CUSTOMER_ID": "123-456-7890", "GOOGLE_ADS_ACCESS_TOKEN": VendorServer.token},
    "meta": {"META_DATASET_ID": ACCOUNT, "META_CONVERSIONS_TOKEN": VendorServer.token},
    "linkedin": {"LINKEDIN_CONVERSIONS_TOKEN": VendorServer.token},
    "microsoft": {
        "MICROSOFT_ADS_ACCOUNT_ID": ACCOUNT, "MICROSOFT_ADS_CUSTOMER_ID": "77",
        "MICROSOFT_ADS_DEVELOPER_TOKEN": "developer", "MICROSOFT_ADS_ACCESS_TOKEN": VendorServer.token,
    },
}  # fmt: skip
"""Platform → the environment of who may send to it."""
ADDRESS = {
    "google": "LEADSCORE_GOOGLE_ADS_API", "meta": "LEADSCORE_META_API",
    "linkedin": "LEADSCORE_LINKEDIN_API", "microsoft": "LEADSCORE_MICROSOFT_ADS_API",
}  # fmt: skip


class AdServer(VendorServer):
    """An account of a platform; `counted` is what it counts: id → the event as it stands there."""

    most = 1_000
    window = (300, 60.0)

    def __init__(
        self, clock: TurnedClock | None = None, faults: Faults | None = None, poison: Iterable[str] = ()
    ) -> None:
        super().__init__((), clock, faults)
        self.poison = set(poison)
        """Clicks of events that it refuses."""
        self.counted: dict[str, dict[str, Any]] = {}
        self.arrived: list[str] = []

    def faulty(self, event: dict[str, Any]) -> bool:
        return not self.poison.isdisjoint(re.findall(r"[\w-]+", str(event)))

    def count(self, name: str, event: dict[str, Any]) -> None:
        self.arrived.append(name)
        self.counted[name] = event


class GoogleAdServer(AdServer):
    """Data Manager: one faulty event fails the request and is named; the same id again restates."""

    most = 2_000
    write_path = "^/v1/events:ingest$"

    def route(self, method: str, path: str, body: Any) -> Reply:
        events = body["events"]
        if len(events) > self.most or body["encoding"] != "HEX":
            return self._bad([("events", "TOO_MANY")])
        known = {one["reference"] for one in body["destinations"]}
        assert all(one["operatingAccount"]["accountId"] == ACCOUNT for one in body["destinations"])
        bad = [
            (f"events.events[{at}]", "INVALID_CLICK_ID") for at, one in enumerate(events) if self.faulty(one)
        ]
        if bad or any(set(one["destinationReferences"]) - known for one in events):
            return self._bad(bad)
        for one in events:
            self.count(one["transactionId"], one)
        return Reply(200, {"requestId": f"r{len(self.requests)}"})

    def _bad(self, named: list[tuple[str, str]]) -> Reply:
        violations = [{"field": field, "description": "not valid", "reason": why} for field, why in named]
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        return Reply(400, {"error": {"code": 400, "status": "INVALID_ARGUMENT", "details": [detail]}})


class MetaAdServer(AdServer):
    """Conversions API: one faulty event fails the request, and which it was is not said."""

    write_path = "^/[0-9]+/events$"

    def route(self, method: str, path: str, body: Any) -> Reply:
        if path != f"/{ACCOUNT}/events":
            return Reply(404, {"error": {"code": 803}})
        events = body["data"]
        if len(events) > self.most or any(self.faulty(one) for one in events):
            return Reply(400, {"error": {"code": 100, "message": "Invalid parameter", "is_transient": False}})
        for one in events:
            if one["event_id"] not in self.counted:  # a repeated id is not counted again
                self.count(one["event_id"], one)
        return Reply(200, {"events_received": len(events), "messages": [], "fbtrace_id": "x"})


class LinkedInAdServer(AdServer):
    """Conversions API: a status for each event of a batch."""

    most = 5_000
    write_path = "^/rest/conversionEvents$"

    def route(self, method: str, path: str, body: Any) -> Reply:
        if self.last_headers.get("x-restli-method") != "BATCH_CREATE" or len(body["elements"]) > self.most:
            return Reply(400, {"code": "PARAM_INVALID"})
        told = []
        for one in body["elements"]:
            number = re.fullmatch(r"urn:lla:llaPartnerConversion:\d+", one["conversion"])
            if number is None or self.faulty(one):
                told.append({"status": 422})
                continue
            if one["eventId"] not in self.counted:
                self.count(one["eventId"], one)
            told.append({"status": 201})
        return Reply(200, {"elements": told})


class MicrosoftAdServer(AdServer):
    """Campaign Management v13: errors by place; click and time again are ignored; changes by both."""

    write_path = "^/CampaignManagement/v13/"

    def route(self, method: str, path: str, body: Any) -> Reply:
        if self.last_headers.get("customeraccountid") != ACCOUNT or not self.last_headers.get(
            "developertoken"
        ):
            return Reply(401, {"OperationErrors": [{"ErrorCode": "InvalidCredentials"}]})
        change = path.endswith("/OfflineConversionAdjustments/Apply")
        errors = []
        items = body["OfflineConversionAdjustments" if change else "OfflineConversions"]
        if len(items) > self.most:
            return Reply(400, {"OperationErrors": [{"ErrorCode": "ArrayLengthExceeded"}]})
        for at, one in enumerate(items):
            name = f"{one['MicrosoftClickId']} {one['ConversionTime']} {one['ConversionName']}"
            if self.faulty(one) or (change and name not in self.counted):
                errors.append({"Index": at, "ErrorCode": "OfflineConversionInvalid", "Message": "x"})
            elif change or name not in self.counted:
                self.count(name, self.counted.get(name, {}) | one)
        return Reply(200, {"PartialErrors": errors})


AD_SERVERS = {
    "google": GoogleAdServer, "meta": MetaAdServer, "linkedin": LinkedInAdServer,
    "microsoft": MicrosoftAdServer,
}  # fmt: skip
