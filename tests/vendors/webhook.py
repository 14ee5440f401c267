"""A receiver of webhooks as Standard Webhooks want it: a signature, and an id that is taken once."""

from __future__ import annotations

from typing import Any

from tests.vendors.server import Reply, VendorServer


class WebhookServer(VendorServer):
    """Takes lists of scores at /leadscore."""

    window = (10, 1.0)
    write_path = "^/leadscore"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.taken: dict[str, Reply] = {}

    def authorised(self, headers: dict[str, str], path: str) -> bool:
        return self.write_rights and super().authorised(headers, path)

    def route(self, method: str, path: str, body: Any) -> Reply:
        if method != "POST":
            return Reply(405)
        name = self.last_headers["webhook-id"]
        if name in self.taken:
            return self.taken[name]
        if len(self.last_raw) > 60_000:
            return Reply(413)
        refused = []
        for one in body["scores"]:
            values = dict(one)
            lead = values.pop("lead_id")
            if lead in self.poison or lead in self.deleted or lead not in self.held:
                refused.append({"lead_id": lead, "problem": "no such lead"})
            else:
                self.write(lead, values)
        self.taken[name] = Reply(200, {"refused": refused})
        return self.taken[name]
