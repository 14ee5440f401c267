"""Salesforce: sObject Collections, 200 a call, a result for each record inside 200; the org's daily pool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from features.errors import LeadscoreError
from serving.vendors.adapter import Ask, Call, CrmAnswer, CrmField, Fate, Outgoing, Reply, Right
from serving.vendors.answers import found, obliged, seconds_of
from serving.vendors.faults import of_status, single, whole
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import FaultKind
from serving.vendors.values import rendered

_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


@dataclass(frozen=True)
class ToSalesforce:
    """Salesforce as `mapping` has it: leads (or another object) by their Id."""

    mapping: PushMapping

    def _path(self, name: str) -> str:
        return self.mapping.profile.paths[name].format(object=self.mapping.about)

    def call(self, records: Sequence[Outgoing]) -> Call:
        """One collection, each record by itself (`allOrNone` false); null clears a field."""
        kind = {"attributes": {"type": self.mapping.about}}
        rows = [{**kind, "id": record.lead_id, **rendered(record.values, self.mapping)} for record in records]
        return Call("PATCH", self._path("update"), {"allOrNone": False, "records": rows})

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """A result for each record, in their order."""
        if answer.status != 200:
            return self._whole(answer)
        results = answer.body if isinstance(answer.body, list) else []
        if len(results) != len(records):
            return [single(self.mapping, "silent") for _ in records]
        return [self._fate(one if isinstance(one, dict) else {}) for one in results]

    def _fate(self, result: dict[str, Any]) -> Fate:
        if result.get("success") is True:
            return Fate()
        errors = [one for one in result.get("errors") or [] if isinstance(one, dict)]
        first = errors[0] if errors else {}
        code = str(first.get("statusCode") or first.get("errorCode") or "")
        field = next(iter(first.get("fields") or []), "")
        return single(self.mapping, self.mapping.profile.errors.get(code, "refused"), code, str(field))

    def _whole(self, answer: CrmAnswer) -> Reply:
        errors = answer.body if isinstance(answer.body, list) else [answer.body]
        first = next((one for one in errors if isinstance(one, dict)), {})
        code = str(first.get("errorCode") or "")
        kind: FaultKind = self.mapping.profile.errors.get(code, of_status(answer.status))
        if answer.status == 404:  # of the resource: a record that is gone is told inside 200
            kind = "address"
        text = str(first.get("message") or "")
        field = next((name for name in self.mapping.properties.values() if name in text), "")
        return whole(self.mapping, kind, code, field, seconds_of(answer))

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """The org's calls of 24 h, of which each answer tells."""
        usage = _USAGE.search(answer.headers.get("sforce-limit-info", ""))
        return (int(usage[2]) - int(usage[1]), int(usage[2])) if usage else None

    def account(self, ask: Ask) -> str:
        """The organisation's id."""
        return str(found(obliged(ask, Call("GET", self._path("account")), self.mapping), "organization_id"))

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """Whether the object may be edited; of each field, `properties` tells."""
        body = obliged(ask, Call("GET", self._path("describe")), self.mapping)
        remedy = "Give the integration user a permission set with Edit on the object."
        return [Right(f"edit on {self.mapping.about}", bool(body.get("updateable")), remedy)]

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """Every field of the object that the token may see."""
        body = obliged(ask, Call("GET", self._path("describe")), self.mapping)
        return {
            str(one["name"]): CrmField(
                str(one["name"]), str(one.get("type")),
                frozenset(str(option.get("value")) for option in one.get("picklistValues") or []),
                bool(one.get("updateable", True)),
            )
            for one in body.get("fields") or []
        }  # fmt: skip

    def create(self, ask: Ask, name: str) -> str:
        """None is created: a field made through the API is hidden from everybody until someone shows it."""
        raise LeadscoreError(
            "Salesforce: fields are made by an administrator.", self.mapping.profile.where["properties"]
        )
