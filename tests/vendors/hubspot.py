"""HubSpot: batch update, 100 a call, 190 in 10 s; 207 names what is not there, 400 spoils a batch."""

from __future__ import annotations

import json
from typing import Any

from tests.vendors.server import Reply, VendorServer

PORTAL = 62515
SCOPES = [f"crm.{what}" for kind in ("contacts", "companies")
          for what in (f"objects.{kind}.write", f"schemas.{kind}.read", f"schemas.{kind}.write")]  # fmt: skip


class HubSpotServer(VendorServer):
    """A portal with contacts `records`, or with companies."""

    kind = "contacts"
    window = (190, 10.0)
    write_path = "/batch/update"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.scopes = list(SCOPES)
        self.daily = (650_000, 650_000)
        self.portal = PORTAL
        self.unique: dict[str, str] = {}
        """Values of the property 'acme_id', which are unique → record."""
        self.properties = {"email": {"name": "email", "type": "string", "options": []}}

    def limited(self, seconds: float) -> Reply:
        body = {"status": "error", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
        return Reply(429, body, {"Retry-After": f"{seconds:.0f}"})

    def failed(self) -> Reply:
        return Reply(502, None)

    def unauthorised(self) -> Reply:
        return Reply(401, {"status": "error", "category": "INVALID_AUTHENTICATION"})

    def route(self, method: str, path: str, body: Any) -> Reply:
        if path == f"/crm/v3/objects/{self.kind}/batch/update":
            return self._update(body["inputs"])
        if path.startswith(f"/crm/v3/properties/{self.kind}"):
            return self._properties(method, body)
        if path == "/account-info/v3/details":
            return Reply(200, {"portalId": self.portal})
        if path == "/oauth/v2/private-apps/get/access-token-info":
            known = body.get("tokenKey") == self.token
            return Reply(200, {"hubId": self.portal, "scopes": self.scopes}) if known else Reply(404, {})
        return Reply(404, {"status": "error"})

    def _properties(self, method: str, body: Any) -> Reply:
        if method == "GET":
            return Reply(200, {"results": list(self.properties.values())})
        if f"crm.schemas.{self.kind}.write" not in self.scopes:
            return Reply(403, {"status": "error", "category": "MISSING_SCOPES"})
        if body["name"] in self.properties:
            return Reply(409, {"status": "error", "category": "OBJECT_ALREADY_EXISTS"})
        self.properties[body["name"]] = body
        return Reply(201, body)

    def _update(self, inputs: list[dict[str, Any]]) -> Reply:
        if f"crm.objects.{self.kind}.write" not in self.scopes or not self.write_rights:
            return Reply(403, {"status": "error", "category": "MISSING_SCOPES", "message": "requires scopes"})
        if self.daily[0] <= 0:
            return Reply(429, {"status": "error", "errorType": "RATE_LIMIT", "policyName": "DAILY"})
        asked = [one["id"] for one in inputs]
        if any("idProperty" in one for one in inputs):
            if any(one.get("idProperty") != "acme_id" for one in inputs):
                message = "Unable to perform update/upsert by non-unique property"
                return Reply(400, {"status": "error", "category": "VALIDATION_ERROR", "message": message})
            inputs = [one | {"id": self.unique.get(one["id"], "0")} for one in inputs]
        names = [one["id"] for one in inputs]
        if len(names) > 100 or len(set(asked)) < len(asked):
            return Reply(400, {"status": "error", "category": "VALIDATION_ERROR", "message": "inputs"})
        for one in inputs:
            if (told := self._invalid(one)) is not None:
                message = f"CrmField values were not valid: {json.dumps([told])}"
                return Reply(400, {"status": "error", "category": "VALIDATION_ERROR", "message": message})
        there = [one for one in inputs if one["id"] in self.held and one["id"] not in self.deleted]
        for one in there:
            self.write(one["id"], one["properties"])
        known = {one["id"] for one in there}
        absent = [name for name, record in zip(asked, names, strict=True) if record not in known]
        self.daily = (self.daily[0] - 1, self.daily[1])
        headers = {
            "X-HubSpot-RateLimit-Daily": str(self.daily[1]),
            "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily[0]),
        }
        results = [
            {
                "id": one["id"],
                "properties": one["properties"],
                "archived": False,
                "createdAt": "2026-01-01T00:00:00Z",
                "updatedAt": "2026-01-02T00:00:00Z",
            }
            for one in there
        ]
        done = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": "2026-01-01T00:00:00Z",
            "completedAt": "2026-01-01T00:00:01Z",
        }
        if not absent:
            return Reply(200, done, headers)
        error = {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "Could not get some CONTACT objects",
            "context": {"ids": absent},
        }
        return Reply(207, done | {"numErrors": 1, "errors": [error]}, headers)

    def _invalid(self, one: dict[str, Any]) -> dict[str, Any] | None:
        if one["id"] in self.poison:
            return {
                "isValid": False,
                "error": "INVALID_OPTION",
                "name": "leadscore_maturity",
                "message": "hot",
            }
        for name, value in one["properties"].items():
            told = self.properties.get(name)
            if told is None:
                return {"isValid": False, "error": "PROPERTY_DOESNT_EXIST", "name": name}
            if told["type"] == "number" and not isinstance(value, int | float) and value != "":
                return {"isValid": False, "error": "INVALID_INTEGER", "name": name}
            if told["type"] == "datetime" and isinstance(value, int):
                return {"isValid": False, "error": "INVALID_DATE", "name": name}
            options = [option["value"] for option in told.get("options") or []]
            if options and value not in ("", *options):
                return {"isValid": False, "error": "INVALID_OPTION", "name": name}
        return None
