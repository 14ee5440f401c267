"""Dynamics 365: UpsertMultiple in one transaction, an alternate key, 6,000 calls in five minutes."""

from __future__ import annotations

import re
from typing import Any

from serving.vendors import crm_profile
from tests.vendors.server import Reply, VendorServer

ORG = "11111111-2222-3333-4444-555555555555"
_KEY = re.compile(r"^msdyn_predictivescores\(msdyn_entityid='((?:[^']|'')+)',msdyn_entitytype='(\w+)'\)$")
_COLUMNS = {"msdyn_score": int, "msdyn_grade": int, "msdyn_scoretrend": int, "msdyn_scorereasons": str,
            "msdyn_scoredon": str, "msdyn_name": str}  # fmt: skip


class DynamicsServer(VendorServer):
    """An environment; scores are rows of their own, whether or not there is such a lead."""

    window = (6000, 300.0)
    write_path = "UpsertMultiple"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.held = {}
        self.known = dict(_COLUMNS)
        self.privileges = set(crm_profile("dynamics").scopes)

    def limited(self, seconds: float) -> Reply:
        error = {"code": "0x80072322", "message": "Number of requests exceeded the limit of 6000"}
        return Reply(429, {"error": error}, {"Retry-After": f"{seconds:.0f}"})

    def failed(self) -> Reply:
        return Reply(500, {"error": {"code": "0x80040216", "message": "An unexpected error occurred."}})

    def unauthorised(self) -> Reply:
        return Reply(401, None)

    def route(self, method: str, path: str, body: Any) -> Reply:
        if path.endswith("Microsoft.Dynamics.CRM.UpsertMultiple"):
            return self._upsert(body["Targets"])
        if path.endswith("/WhoAmI"):
            return Reply(200, {"OrganizationId": ORG, "UserId": "99999999-0000-0000-0000-000000000000"})
        if "RetrieveUserPrivilegeByPrivilegeName" in path:
            name = path.rsplit("'", 2)[1]
            held = [{"PrivilegeId": "1"}] if name in self.privileges else []
            return Reply(200, {"RolePrivileges": held})
        if "EntityDefinitions" in path:
            told = {one.name: one.type for one in crm_profile("dynamics").properties.values()}
            rows = [
                {"LogicalName": name, "AttributeType": told.get(name, "String").title()}
                for name in self.known
            ]
            return Reply(200, {"value": rows})
        return Reply(404, {"error": {"code": "0x8006088a", "message": "Resource not found"}})

    def _upsert(self, targets: list[dict[str, Any]]) -> Reply:
        """All of them or none."""
        if not self.write_rights:
            return refused(403, "0x80040220", "SecLib::CheckPrivilege failed")
        if len(targets) > 1000:
            return refused(400, "0x80040203", "too many")
        rows = []
        for target in targets:
            row = dict(target)
            assert row.pop("@odata.type") == "Microsoft.Dynamics.CRM.msdyn_predictivescore"
            key = _KEY.match(row.pop("@odata.id"))
            assert key is not None
            assert key[2] == "lead"
            name = key[1].replace("''", "'")
            for column, value in row.items():
                if column not in self.known:
                    text = f"Invalid property '{column}' was found in entity"
                    return refused(400, "0x8006088a", text)
                if value is not None and not isinstance(value, self.known[column]):
                    return refused(400, "0x80048d19", f"Error identified in Payload for {column}")
            if name in self.poison:
                return refused(
                    400, "0x8004431a", "A validation error occurred. msdyn_grade is outside the range"
                )
            rows.append((name, row))
        for name, row in rows:
            self.held.setdefault(name, {})
            self.write(name, row)
        return Reply(204)


def refused(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})
