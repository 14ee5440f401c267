"""Marketo: 300 leads a call, 1 MB, 100 calls in 20 s; 200 whatever happened, errors inside."""

from __future__ import annotations

import json
from typing import Any

from serving.vendors import crm_profile
from tests.vendors.server import Reply, VendorServer


class MarketoServer(VendorServer):
    """An instance with leads `records` (numbers), whose custom fields are all there."""

    window = (100, 20.0)
    says_when = False
    write_path = "/rest/v1/leads.json"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields = {one.name: one.type for one in crm_profile("marketo").properties.values()}
        self.left_today = 50_000
        self.client = ("id-of-the-service", "secret-of-the-service")

    def handle(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> Reply | None:
        if path.startswith("/identity/oauth/token"):
            good = all(secret in raw.decode() for secret in self.client)
            return Reply(200, {"access_token": self.token}) if good else Reply(401, {"error": "unauthorized"})
        if len(raw) > 1_000_000:
            return Reply(413)
        return super().handle(method, path, headers, raw)

    def limited(self, seconds: float) -> Reply:
        return wrong("606", "Max rate limit '100' exceeded with in '20' secs")

    def failed(self) -> Reply:
        return wrong("611", "System error")

    def unauthorised(self) -> Reply:
        return wrong("602", "Access token expired")

    def route(self, method: str, path: str, body: Any) -> Reply:
        if path.startswith("/rest/v1/leads/schema/fields.json"):
            if method == "POST":
                for one in body["input"]:
                    self.fields[one["name"]] = one["dataType"]
                return Reply(200, {"success": True, "result": [{"status": "created"}]})
            rows = [
                {"name": name, "dataType": kind, "isApiReadOnly": False} for name, kind in self.fields.items()
            ]
            return Reply(200, {"success": True, "result": rows, "moreResult": False})
        return self._update(body)

    def _update(self, body: dict[str, Any]) -> Reply:
        assert body["action"] == "updateOnly"
        assert body["lookupField"] == "id"
        if not self.write_rights:
            return wrong("603", "Access denied")
        if self.left_today <= 0:
            return wrong("607", "Daily quota reached")
        self.left_today -= 1
        if len(body["input"]) > 300:
            return wrong("1003", "too many")
        for row in body["input"]:
            if unknown := set(row) - {"id"} - set(self.fields):
                return wrong("1006", f"Field '{min(unknown)}' not found")
        results = [self._one(row) for row in body["input"]]
        self.busy.clear()
        return Reply(200, {"requestId": "e42b#14272d07d78", "success": True, "result": results})

    def _one(self, row: dict[str, Any]) -> dict[str, Any]:
        name = str(row["id"])
        if name not in self.held or name in self.deleted:
            return skipped("1004", "Lead not found")
        if name in self.poison:
            return skipped("1003", "Invalid value")
        if name in self.busy:
            return skipped("712", "Record is locked")
        for field, value in row.items():
            if self.fields.get(field) in ("integer", "float") and isinstance(value, str):
                return skipped("1001", "Invalid value for field")
        self.write(name, {field: value for field, value in row.items() if field != "id"})
        return {"id": row["id"], "status": "updated"}


def wrong(code: str, message: str) -> Reply:
    return Reply(200, {"requestId": "1", "success": False, "errors": [{"code": code, "message": message}]})


def skipped(code: str, message: str) -> dict[str, Any]:
    return json.loads(json.dumps({"status": "skipped", "reasons": [{"code": code, "message": message}]}))
