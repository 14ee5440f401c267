"""Dynamics 365: msdyn_predictivescores by UpsertMultiple; one transaction, so one record spoils a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from features.errors import LeadscoreError
from serving.vendors.adapter import Ask, Call, CrmAnswer, CrmField, Fate, Outgoing, Reply, Right, Value
from serving.vendors.answers import found, obliged, seconds_of
from serving.vendors.faults import of_status, whole
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import FaultKind, crm_profile
from serving.vendors.values import rendered

_GRADES = {"A": 0, "B": 1, "C": 2, "D": 3}
_IMPROVING, _STEADY, _DECLINING, _UNKNOWN = 0, 1, 2, 3


@dataclass(frozen=True)
class ToDynamics:
    """Dynamics as `mapping` has it. The alternate key names the lead: sent twice it is one score."""

    mapping: PushMapping

    def _path(self, name: str, **words: str) -> str:
        return crm_profile("dynamics").paths[name].format(**words)

    def call(self, records: Sequence[Outgoing]) -> Call:
        """One UpsertMultiple; null clears a column."""
        return Call("POST", self._path("update"), {"Targets": [self._row(record) for record in records]})

    def _row(self, record: Outgoing) -> dict[str, Any]:
        """The score's row. Its grade is the fit letter of ours: A to D is what the slot knows."""
        kind, lead = self.mapping.about, record.lead_id.replace("'", "''")
        row: dict[str, Any] = rendered(record.values, self.mapping)
        names = self.mapping.properties
        if "grade" in names:
            row[names["grade"]] = _GRADES.get(str(record.values["grade"])[:1])
        if "status" in names:
            row[names["status"]] = self._trend(record)
        return row | {
            "@odata.type": "Microsoft.Dynamics.CRM.msdyn_predictivescore",
            "@odata.id": f"msdyn_predictivescores(msdyn_entityid='{lead}',msdyn_entitytype='{kind}')",
            "msdyn_name": "leadscore",
        }

    def _trend(self, record: Outgoing) -> int:
        """Against what Dynamics last accepted, in the mapping's step."""
        now = record.values["score"]
        then: Value = record.before.get("score") if record.before else None
        if not isinstance(now, int) or not isinstance(then, int):
            return _UNKNOWN
        if abs(now - then) < self.mapping.step:
            return _STEADY
        return _IMPROVING if now > then else _DECLINING

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """204: all of them; anything else: none."""
        if answer.status in (200, 204):
            return [Fate() for _ in records]
        code = str(found(answer.body, "error", "code")).lower()
        kind: FaultKind = crm_profile("dynamics").errors.get(code, of_status(answer.status))
        kind = "limit" if answer.status == 429 else kind
        text = str(found(answer.body, "error", "message"))
        field = next((name for name in self.mapping.properties.values() if name in text), "")
        return whole(self.mapping, kind, code, field, seconds_of(answer))

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """The limits are of five minutes; of the day nothing is told."""
        return None

    def account(self, ask: Ask) -> str:
        """The organisation's id."""
        return str(found(obliged(ask, Call("GET", self._path("account")), self.mapping), "OrganizationId"))

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """The privileges of the application user."""
        user = str(found(obliged(ask, Call("GET", self._path("account")), self.mapping), "UserId"))
        given = []
        for name in crm_profile("dynamics").scopes:
            body = obliged(ask, Call("GET", self._path("rights", user=user, right=name)), self.mapping)
            remedy = "Give the application user a role that has it (System Administrator may write scores)."
            given.append(Right(name, bool(found(body, "RolePrivileges")), remedy))
        return given

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """The columns of the table of scores."""
        body = obliged(ask, Call("GET", self._path("describe")), self.mapping)
        rows = found(body, "value") or []
        return {str(one["LogicalName"]): CrmField(str(one["LogicalName"]), str(one["AttributeType"]).lower())
                for one in rows}  # fmt: skip

    def create(self, ask: Ask, name: str) -> str:
        """None is created: the table comes with Dynamics 365 Sales."""
        raise LeadscoreError(
            f"Dynamics 365: the table of scores has no column for '{name}'.",
            "Is Dynamics 365 Sales installed in this environment? The scores' table comes with it.",
        )
