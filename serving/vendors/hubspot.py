"""HubSpot: batch update by record id, 100 a call; 207 tells partial success, at 400 one spoils the batch."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from serving.vendors.adapter import Ask, Call, CrmAnswer, CrmField, Fate, Outgoing, Reply, Right
from serving.vendors.answers import found, obliged, seconds_of
from serving.vendors.faults import of_status, single, whole
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import CrmProfile, FaultKind, option_words
from serving.vendors.values import rendered

_FIELD_TYPES = {"number": "number", "string": "textarea", "enumeration": "select", "datetime": "date"}

_GROUPS = {"leads": "contactinformation", "accounts": "companyinformation"}


@dataclass(frozen=True)
class ToHubSpot:
    """HubSpot as `mapping` has it. It creates no record: an upsert would make a contact of a deleted one."""

    mapping: PushMapping

    @property
    def _profile(self) -> CrmProfile:
        return self.mapping.profile

    def _path(self, name: str) -> str:
        return self._profile.paths[name].format(object=self.mapping.about)

    def call(self, records: Sequence[Outgoing]) -> Call:
        """One batch; an empty text clears a property."""
        named = {"idProperty": self.mapping.id_property} if self.mapping.id_property else {}
        inputs = [
            {"id": record.lead_id, "properties": rendered(record.values, self.mapping, ""), **named}
            for record in records
        ]
        return Call("POST", self._path("update"), {"inputs": inputs})

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """200 and 207 tell of each record; what is told of none was not confirmed, and is sent again."""
        body = answer.body if isinstance(answer.body, dict) else {}
        if answer.status not in (200, 201, 202, 207):
            return self._whole(answer, body)
        errors = self._errors(body)
        rest = [record.lead_id for record in records if record.lead_id not in errors]
        taken = self._taken(body, rest)
        return [
            errors.get(record.lead_id)
            or (Fate() if record.lead_id in taken else single(self.mapping, "silent"))
            for record in records
        ]

    def _taken(self, body: dict[str, Any], rest: Sequence[str]) -> frozenset[str]:
        """Which of `rest` the results tell of: by record id; by a property of ours only as many, or none."""
        results = [str(one.get("id")) for one in body.get("results") or [] if isinstance(one, dict)]
        if self.mapping.id_property:
            return frozenset(rest if len(set(results)) == len(rest) else ())
        return frozenset(results)

    def _errors(self, body: dict[str, Any]) -> dict[str, Fate]:
        told: dict[str, Fate] = {}
        for error in body.get("errors") or []:
            kind, code, field = self._kind(error, "refused")
            for name in (error.get("context") or {}).get("ids") or []:
                told[str(name)] = single(self.mapping, kind, code, field)
        return told

    def _whole(self, answer: CrmAnswer, body: dict[str, Any]) -> Reply:
        kind, code, field = self._kind(body, of_status(answer.status))
        if answer.status == 429:
            kind = "daily" if body.get("policyName") == "DAILY" else "limit"
            code = ""
        return whole(self.mapping, kind, code, field, seconds_of(answer))

    def _kind(self, error: dict[str, Any], otherwise: FaultKind) -> tuple[FaultKind, str, str]:
        """What an error is: by its own codes, else by those in its message, which quotes them."""
        text = json.dumps(error)
        codes = [str(error.get("category") or ""), *re.findall(r'"?(?:error|code)\\?"?: ?\\?"(\w+)', text)]
        field = next(iter(re.findall(r'"?(?:name|propertyName)\\?"?: ?\[?\\?"(\w+)', text)), "")
        known = self._profile.errors
        code = next((code for code in reversed(codes) if code in known), "")
        return (known[code], code, field) if code else (otherwise, codes[0], field)

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """The day's calls, which private apps are told of in each answer."""
        left = answer.headers.get("x-hubspot-ratelimit-daily-remaining", "")
        most = answer.headers.get("x-hubspot-ratelimit-daily", "")
        return (int(left), int(most)) if left.isdigit() and most.isdigit() else None

    def account(self, ask: Ask) -> str:
        """The portal's id."""
        return str(found(obliged(ask, Call("GET", self._path("account")), self.mapping), "portalId"))

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """The scopes of a private app's token; of an OAuth token they are not told here."""
        answer = ask(Call("POST", self._path("rights"), {}, token_key="tokenKey"))
        body = answer.body if isinstance(answer.body, dict) else {}
        given = frozenset(body["scopes"]) if answer.status == 200 and "scopes" in body else None
        needed = [scope for scope, use in self._profile.scopes.items() if creates or use != "create"]
        needed = [scope.replace("contacts", self.mapping.about) for scope in needed]
        remedy = "Tick it in the private app (Settings › Integrations › Private Apps › Scopes)."
        return [Right(scope, None if given is None else scope in given, remedy) for scope in needed]

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """Every property of the object by its internal name."""
        body = obliged(ask, Call("GET", self._path("properties")), self.mapping)
        return {
            str(one["name"]): CrmField(
                str(one["name"]), str(one.get("type")),
                frozenset(str(option.get("value")) for option in one.get("options") or []),
                not (one.get("modificationMetadata") or {}).get("readOnlyValue", False),
            )
            for one in body.get("results") or []
        }  # fmt: skip

    def create(self, ask: Ask, name: str) -> str:
        """Make the property for our value `name`, with options where it has some."""
        told, language = self._profile.property_of(name), self.mapping.language
        words = option_words().get(name, {}) if told.type == "enumeration" else {}
        options = [
            {"label": getattr(both, language), "value": value, "displayOrder": place, "hidden": False}
            for place, (value, both) in enumerate(words.items())
        ]
        body = {
            "name": told.name, "label": told.called(language), "type": told.type,
            "fieldType": _FIELD_TYPES[told.type], "groupName": _GROUPS[self.mapping.of], "options": options,
        }  # fmt: skip
        made = obliged(ask, Call("POST", self._path("properties"), body), self.mapping)
        return str(made.get("name", told.name))
