"""Salesforce: sObject Collections, 200 a call, a result a record inside 200, the org's daily pool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from serving.vendors import crm_profile
from serving.vendors.profile import About, CrmProperty
from tests.vendors.server import Reply, VendorServer

ORG = "00D000000000001EAA"


class SalesforceServer(VendorServer):
    """An org with leads `records`, or with accounts, whose custom fields are all there."""

    kind, prefix = "Lead", "00Q"
    write_path = "/composite/sobjects"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.pool = (100_000, 100_000)
        self.converted: set[str] = set()
        self.fields: dict[str, dict[str, Any]] = {}
        for of in get_args(About):
            self.add_fields(crm_profile("salesforce", of).properties.values())
        self.client = ("id-of-the-app", "secret-of-the-app")

    def add_fields(self, told: Iterable[CrmProperty]) -> None:
        """As an administrator makes them."""
        self.fields |= {one.name: {"name": one.name, "type": one.type, "updateable": True} for one in told}

    def authorised(self, headers: dict[str, str], path: str) -> bool:
        return path.startswith("/services/oauth2/token") or super().authorised(headers, path)

    def unauthorised(self) -> Reply:
        return Reply(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])

    def limited(self, seconds: float) -> Reply:
        return Reply(
            503, [{"message": "busy", "errorCode": "SERVER_UNAVAILABLE"}], {"Retry-After": f"{seconds:.0f}"}
        )

    def failed(self) -> Reply:
        return Reply(500, [{"message": "UNKNOWN_EXCEPTION", "errorCode": "UNKNOWN_EXCEPTION"}])

    def handle(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Reply | None:
        if path == "/services/oauth2/token":
            good = all(secret in raw.decode() for secret in self.client)
            return (
                Reply(200, {"access_token": self.token}) if good else Reply(400, {"error": "invalid_client"})
            )
        return super().handle(method, path, headers, raw)

    def route(self, method: str, path: str, body: Any) -> Reply:
        if path.endswith("/composite/sobjects"):
            return self._update(body)
        if path.endswith(f"/sobjects/{self.kind}/describe"):
            return Reply(
                200,
                {"name": self.kind, "updateable": self.write_rights, "fields": list(self.fields.values())},
            )
        if path == "/services/oauth2/userinfo":
            return Reply(200, {"organization_id": ORG})
        return Reply(404, [{"errorCode": "NOT_FOUND", "message": "no such resource"}])

    def _update(self, body: dict[str, Any]) -> Reply:
        left, most = self.pool
        if left <= 0:
            return Reply(
                403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
            )
        self.pool = (left - 1, most)
        rows = body["records"]
        if len(rows) > 200:
            return Reply(400, [{"errorCode": "EXCEEDED_ID_LIMIT", "message": "record limit reached"}])
        for row in rows:
            if row["attributes"]["type"] != self.kind:
                return Reply(400, [{"errorCode": "INVALID_TYPE", "message": "no such sobject"}])
            for name in set(row) - {"attributes", "id"}:
                if name not in self.fields:
                    text = f"No such column '{name}' on sobject of type Lead"
                    return Reply(400, [{"errorCode": "INVALID_FIELD", "message": text}])
        results = [self._one(row) for row in rows]
        self.busy.clear()
        return Reply(200, results, {"Sforce-Limit-Info": f"api-usage={most - left + 1}/{most}"})

    def _one(self, row: dict[str, Any]) -> dict[str, Any]:
        name = row["id"]
        if name not in self.held:
            return refused(
                "MALFORMED_ID" if not name.startswith(self.prefix) else "INVALID_CROSS_REFERENCE_KEY", ["Id"]
            )
        for names, code, fields in (
            (self.deleted, "ENTITY_IS_DELETED", []),
            (self.converted, "CANNOT_UPDATE_CONVERTED_LEAD", []),
            (self.poison, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Leadscore_Maturity__c"]),
            (self.busy, "UNABLE_TO_LOCK_ROW", []),
        ):
            if name in names:
                return refused(code, fields)
        if not self.write_rights:
            return refused("INSUFFICIENT_ACCESS_OR_READONLY", [])
        for field, value in row.items():
            if (
                field in self.fields
                and self.fields[field]["type"] in ("double", "percent")
                and isinstance(value, str)
            ):
                return refused("INVALID_TYPE_ON_FIELD_IN_RECORD", [field])
        self.write(name, {field: value for field, value in row.items() if field not in ("attributes", "id")})
        return {"id": name, "success": True, "errors": []}


def refused(code: str, fields: list[str]) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": "a message", "fields": fields}]}
