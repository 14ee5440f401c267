"""Marketo: 300 leads a call, never a new one; HTTP 200 whatever happened, errors inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from features.errors import LeadscoreError
from serving.vendors.adapter import Ask, Call, CrmAnswer, CrmField, Fate, Outgoing, Reply, Right
from serving.vendors.answers import found, obliged, seconds_of
from serving.vendors.faults import fault, of_status, single, whole
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import CrmProfile, FaultKind, crm_profile
from serving.vendors.values import rendered

_NOBODY = 2_147_483_647
"""A lead's id that no instance has reached: whether it may be written is told without writing anybody."""


@dataclass(frozen=True)
class ToMarketo:
    """Marketo as `mapping` has it: leads by their number."""

    mapping: PushMapping

    @property
    def _profile(self) -> CrmProfile:
        return crm_profile("marketo")

    def call(self, records: Sequence[Outgoing]) -> Call:
        """One update by id; null clears a field. An id that is no number stays a text, and is refused."""
        rows = [
            {
                "id": int(record.lead_id) if record.lead_id.isdecimal() else record.lead_id,
                **rendered(record.values, self.mapping),
            }
            for record in records
        ]
        return Call("POST", self._profile.paths["update"], self._updating(rows))

    def _updating(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"action": "updateOnly", "lookupField": "id", "input": rows}

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """A result for each record in their order, or errors for the whole request."""
        body = answer.body if isinstance(answer.body, dict) else {}
        if answer.status != 200 or body.get("success") is not True:
            return self._whole(answer, body)
        results = body.get("result") or []
        if len(results) != len(records):
            return [single(self.mapping, "silent") for _ in records]
        return [self._fate(one if isinstance(one, dict) else {}) for one in results]

    def _fate(self, result: dict[str, Any]) -> Fate:
        if result.get("status") in ("updated", "created"):
            return Fate()
        reasons = result.get("reasons") or [{}]
        code = str(reasons[0].get("code") or "")
        return single(self.mapping, self._profile.errors.get(code, "refused"), code)

    def _whole(self, answer: CrmAnswer, body: dict[str, Any]) -> Reply:
        errors = [one for one in body.get("errors") or [] if isinstance(one, dict)]
        code = str(errors[0].get("code") or "") if errors else ""
        kind: FaultKind = self._profile.errors.get(code, of_status(answer.status))
        text = str(errors[0].get("message") or "") if errors else ""
        field = next((name for name in self.mapping.properties.values() if name in text), "")
        seconds = seconds_of(answer)
        if code == "606" and seconds is None:
            seconds = 20.0  # the window of the limit; Marketo does not say how much of it is left
        return whole(self.mapping, kind, code, field, seconds)

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """Marketo tells it in no answer; error 607 does when none is left."""
        return None

    def account(self, ask: Ask) -> str:
        """The Munchkin id: it stands in the address."""
        return (urlsplit(self.mapping.url).hostname or "").split(".")[0]

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """Whether leads may be written, asked with one that does not exist; and fields, where made here."""
        answer = ask(Call("POST", self._profile.paths["update"], self._updating([{"id": _NOBODY}])))
        code = str((found(answer.body, "errors") or [{}])[0].get("code") or "")
        if answer.status != 200 or self._profile.errors.get(code) == "token":
            told = fault(self.mapping, "token", code)
            raise LeadscoreError(told.problem, told.remedy)
        remedy = "Give the API role this permission (Admin › Users & Roles › Roles)."
        rights = [Right("Read-Write Lead", code != "603", remedy)]
        return rights + ([Right("Read-Write Schema Custom Field", None, remedy)] if creates else [])

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """The fields of leads by their REST names."""
        fields: dict[str, CrmField] = {}
        path: str | None = self._profile.paths["properties"]
        while path is not None:
            body = self._whole_answer(ask, Call("GET", path))
            for one in body.get("result") or []:
                writable = not one.get("isApiReadOnly", False)
                fields[str(one["name"])] = CrmField(str(one["name"]), str(one["dataType"]), writable=writable)
            token = body.get("nextPageToken") if body.get("moreResult") else None
            path = f"{self._profile.paths['properties']}?nextPageToken={token}" if token else None
        return fields

    def create(self, ask: Ask, name: str) -> str:
        """Make the field for our value `name`."""
        told = self._profile.property_of(name)
        row = {"name": told.name, "displayName": told.called(self.mapping.language)}
        body = {"input": [row | {"dataType": told.type}]}
        self._whole_answer(ask, Call("POST", self._profile.paths["properties"], body))
        return told.name

    def _whole_answer(self, ask: Ask, call: Call) -> dict[str, Any]:
        body = obliged(ask, call, self.mapping)
        if not isinstance(body, dict) or body.get("success") is not True:
            code = str((found(body, "errors") or [{}])[0].get("code") or "")
            told = fault(self.mapping, self._profile.errors.get(code, "refused"), code)
            raise LeadscoreError(told.problem, told.remedy)
        return body
