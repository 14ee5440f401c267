"""HubSpot's webhooks journal of one account: the changes of the last three days, entry by entry.

Source: developers.hubspot.com, "Webhooks journal and management APIs (2026-03)".
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from features.errors import LeadscoreError
from serving.pull.web import ask
from serving.vendors import CrmAnswer

API = "https://api.hubapi.com"
_JOURNAL = "/webhooks-journal/journal-local/2026-03"
_TOKEN = "/oauth/v1/token"
SCOPE = "developer.webhooks_journal.read"
_EARLY_SECONDS = 60.0
"""A token is renewed so long before its end."""


@dataclass(frozen=True)
class JournalEntry:
    """One entry: the offset that stands for it, and its changes in their order."""

    offset: str
    events: list[Any] = field(repr=False)


@dataclass
class HubSpotJournal:
    """The journal of `portal`, read with an app's client credentials (scope `SCOPE` and the objects' own)."""

    portal: str
    client_id: str
    client_secret: str = field(repr=False)
    api: str = ""
    first_wait: float = 1.0
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    @property
    def source(self) -> str:
        """The name of its cursor: an account's offsets mean nothing in another's journal."""
        return f"hubspot-journal:{self.portal}"

    def after(self, offset: str | None) -> JournalEntry | None:
        """The entry after `offset`, None where there is none yet; the earliest without one.

        Raises:
            LeadscoreError: the offset has expired or is not of this account, the app may not read, HubSpot
                cannot be reached.
        """
        path = f"/offset/{quote(offset, safe='')}/next" if offset is not None else "/earliest"
        answer = self._asked(path)
        if answer.status == 204 or (offset is None and answer.status == 404):
            return None
        if answer.status == 404:
            raise LeadscoreError(
                f"HubSpot: the journal of account {self.portal} has no such offset; it keeps three days.",
                "Import an export for what is missing, then pull with --restart.",
            )
        found = answer.body if isinstance(answer.body, dict) else {}
        entry = self._file(found.get("url"), path)
        offset = entry.get("offset") or found.get("currentOffset")
        events = entry.get("journalEvents")
        if not isinstance(offset, str) or not isinstance(events, list):
            raise LeadscoreError("HubSpot: an entry of the journal lacks its offset or its events.", _REPORT)
        return JournalEntry(offset, events)

    def _file(self, url: object, path: str) -> dict[str, Any]:
        """The entry's file, at an address that is signed and expires: without our token, and once more."""
        for _ in range(2):
            if not isinstance(url, str) or not url.startswith(
                ("https://", "http://127.0.0.1", "http://localhost")
            ):
                break
            answer = ask("HubSpot", url, first_wait=self.first_wait)
            if answer.status == 200 and isinstance(answer.body, dict):
                return answer.body
            again = self._asked(path).body
            url = again.get("url") if isinstance(again, dict) else None
        raise LeadscoreError(
            "HubSpot: the file of an entry of the journal cannot be read.", "Pull again later."
        )

    def _asked(self, path: str) -> CrmAnswer:
        url = f"{self.api or API}{_JOURNAL}{path}?installPortalId={quote(self.portal, safe='')}"
        for renewed in (False, True):
            if renewed or time.monotonic() >= self._until:
                self._renew()
            answer = ask(
                "HubSpot", url, headers={"Authorization": f"Bearer {self._token}"}, first_wait=self.first_wait
            )
            if answer.status != 401:
                break
        if answer.status in (401, 403):
            raise LeadscoreError(
                f"HubSpot: the app may not read account {self.portal}'s journal (status {answer.status}).",
                f"Give it the scope {SCOPE} and those of contacts, and install it in that account.",
            )
        if answer.status not in (200, 204, 404):
            raise LeadscoreError(f"HubSpot: answers with status {answer.status}.", _REPORT)
        return answer

    def _renew(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": SCOPE,
        }
        answer = ask("HubSpot", (self.api or API) + _TOKEN, form=form, first_wait=self.first_wait)
        found = answer.body if isinstance(answer.body, dict) else {}
        token = found.get("access_token")
        if answer.status != 200 or not isinstance(token, str):
            raise LeadscoreError(
                f"HubSpot: gives no token for this app (status {answer.status}).",
                "Check HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET, and the app's scopes.",
            )
        lasts = found.get("expires_in")
        self._token = token
        self._until = (
            time.monotonic() + (float(lasts) if isinstance(lasts, int | float) else 0) - _EARLY_SECONDS
        )


_REPORT = "Please report it as a bug if it stays."
