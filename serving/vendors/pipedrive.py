"""Pipedrive: one lead a call, a burst in two seconds, tokens of a day; 403 blocks who asks on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from serving.vendors.adapter import Ask, Call, CrmAnswer, CrmField, Fate, Outgoing, Reply, Right
from serving.vendors.answers import found, obliged, seconds_of
from serving.vendors.faults import fault, of_status, whole
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import CrmProfile, crm_profile
from serving.vendors.values import rendered

_PAGE = 500


@dataclass(frozen=True)
class ToPipedrive:
    """Pipedrive as `mapping` has it. Labels are left alone: a change would replace those that people set."""

    mapping: PushMapping

    @property
    def _profile(self) -> CrmProfile:
        return crm_profile("pipedrive")

    def call(self, records: Sequence[Outgoing]) -> Call:
        """The update of one lead; null clears a field."""
        (record,) = records
        path = self._profile.paths["update"].format(id=quote(record.lead_id, safe=""))
        return Call("PATCH", path, rendered(record.values, self.mapping))

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """`success` of the lead; 403 is a block for asking too often, unless the body says otherwise."""
        if answer.status == 200 and found(answer.body, "success") is True:
            return [Fate()]
        text = str(found(answer.body, "error")).lower()
        kind = of_status(answer.status)
        if answer.status == 403 and not any(word in text for word in ("scope", "permission", "access")):
            kind = "abuse"
        elif answer.status == 429 and "daily" in text:
            kind = "daily"
        elif answer.status in (404, 410) and isinstance(answer.body, dict):
            kind = "gone"
        elif answer.status == 400:
            kind = "key" if "uuid" in text or "lead_id" in text else "type"
        elif answer.status == 200:
            kind = "refused"
        field = next((key for key in self.mapping.properties.values() if key in text), "")
        return whole(self.mapping, kind, "", field, seconds_of(answer))

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """What is left of the day is told without what there was: nothing to take a share of."""
        return None

    def account(self, ask: Ask) -> str:
        """The company's id."""
        body = obliged(ask, Call("GET", self._profile.paths["account"], cost=2), self.mapping)
        return str(found(body, "data", "company_id"))

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """Pipedrive tells whether the user is an administrator of deals; of leads it tells nothing."""
        body = obliged(ask, Call("GET", self._profile.paths["account"], cost=2), self.mapping)
        access = found(body, "data", "access") or []
        admin = any(one.get("app") == "sales" and one.get("admin") for one in access)
        rights = [Right("edit leads", None, "Let the user edit leads of other users (Permission sets).")]
        remedy = "Give the user the deals admin permission, or make the fields by hand."
        return rights + ([Right("add custom fields (deals admin)", admin, remedy)] if creates else [])

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """The fields of deals, which leads share, by their names; requests want their keys."""
        fields: dict[str, CrmField] = {}
        start: int | None = 0
        while start is not None:
            path = f"{self._profile.paths['properties']}?start={start}&limit={_PAGE}"
            body = obliged(ask, Call("GET", path, cost=20), self.mapping)
            for one in found(body, "data") or []:
                options = frozenset(str(option.get("label")) for option in one.get("options") or [])
                fields[str(one["name"])] = CrmField(str(one["key"]), str(one["field_type"]), options)
            page = found(body, "additional_data", "pagination")
            start = page.get("next_start") if page and page.get("more_items_in_collection") else None
        return fields

    def create(self, ask: Ask, name: str) -> str:
        """Make the field for our value `name`; the key that Pipedrive gives it."""
        told = self._profile.property_of(name)
        body = {"name": told.name, "field_type": told.type}
        made = obliged(ask, Call("POST", self._profile.paths["properties"], body, cost=10), self.mapping)
        key = str(found(made, "data", "key"))
        if not key:
            raise AssertionError(str(fault(self.mapping, "refused")))
        return key
