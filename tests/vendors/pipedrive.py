"""Pipedrive: one lead a call, 20 in 2 s; who asks on after 429 is blocked with 403."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.vendors.server import Reply, VendorServer

COMPANY = 7_654_321


class PipedriveServer(VendorServer):
    """A company with leads `records`."""

    window = (20, 2.0)
    write_path = "^/v1/leads/"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.admin = True
        self.blocked = False
        self.fields: dict[str, dict[str, Any]] = {}

    def authorised(self, headers: dict[str, str], path: str) -> bool:
        return headers.get("x-api-token") == self.token

    def limited(self, seconds: float) -> Reply:
        self.blocked = self.blocked or self.impatient > 3
        if self.blocked:
            return Reply(403, {"success": False, "error": "Forbidden: rate limit abuse"})
        return Reply(
            429, {"success": False, "error": "request over limit"}, {"Retry-After": f"{seconds:.0f}"}
        )

    def failed(self) -> Reply:
        return Reply(500, {"success": False, "error": "internal"})

    def add_field(self, name: str, kind: str) -> str:
        key = hashlib.sha1(name.encode()).hexdigest()
        self.fields[key] = {"key": key, "name": name, "field_type": kind}
        return key

    def route(self, method: str, path: str, body: Any) -> Reply:
        if path == "/v1/users/me":
            access = [{"app": "sales", "admin": self.admin}]
            return Reply(200, {"success": True, "data": {"company_id": COMPANY, "access": access}})
        if path.startswith("/v1/dealFields"):
            if method == "POST":
                if not self.admin:
                    return Reply(403, {"success": False, "error": "no permission"})
                key = self.add_field(body["name"], body["field_type"])
                return Reply(201, {"success": True, "data": self.fields[key]})
            return self._fields(path)
        return self._update(path.removeprefix("/v1/leads/"), body)

    def _fields(self, path: str) -> Reply:
        start = int(path.split("start=")[1].split("&")[0])
        rows = list(self.fields.values())
        page, more = rows[start : start + 4], len(rows) > start + 4
        told = {"start": start, "more_items_in_collection": more} | (
            {"next_start": start + 4} if more else {}
        )
        return Reply(200, {"success": True, "data": page, "additional_data": {"pagination": told}})

    def _update(self, name: str, body: dict[str, Any]) -> Reply:
        if not self.write_rights:
            return Reply(403, {"success": False, "error": "You do not have permission to edit this lead"})
        if name not in self.held or name in self.deleted:
            return Reply(404, {"success": False, "error": "Lead not found"})
        if name in self.poison:
            return Reply(400, {"success": False, "error": "invalid value"})
        for key, value in body.items():
            if key not in self.fields:
                return Reply(400, {"success": False, "error": f"'{key}' is not allowed"})
            if self.fields[key]["field_type"] == "double" and isinstance(value, str):
                return Reply(400, {"success": False, "error": f"{key} must be a number"})
        self.write(name, body)
        return Reply(200, {"success": True, "data": {"id": name}})
