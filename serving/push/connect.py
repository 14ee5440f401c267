"""A CRM looked at before anything is sent: the account, the rights of the token, the properties there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from features.errors import LeadscoreError
from serving.push.line import NoAnswer
from serving.push.tally import Asks
from serving.vendors import Call, CrmAnswer, PushMapping
from serving.vendors.adapter import CrmField, Right
from serving.vendors.profile import option_words
from serving.vendors.registry import CrmVendor

_ALSO = {
    "string": {"textarea", "picklist"}, "textarea": {"string"}, "text": {"textarea", "string", "varchar"},
    "varchar": {"text", "varchar_auto"}, "double": {"int", "percent"}, "percent": {"double"},
    "integer": {"bigint"}, "date": {"datetime"},
    "memo": {"string"}, "picklist": {"state", "status"}, "float": {"score"},
}  # fmt: skip
"""Types that hold what ours holds, beside our own."""


@dataclass(frozen=True)
class PropertyState:
    """One of our values and its property. `state`: 'there', 'created', 'to create', or what is wrong."""

    value: str
    name: str
    type: str
    label: str
    state: str

    @property
    def usable(self) -> bool:
        """Whether it can be written as it is."""
        return self.state in ("there", "created")


@dataclass(frozen=True)
class Connected:
    """What was found: the mapping with the account and the properties, the rights, the properties' states."""

    mapping: PushMapping
    rights: list[Right]
    properties: list[PropertyState]

    @property
    def lacking(self) -> list[str]:
        """What keeps a push from working, in sentences."""
        rights = [f"{one.name}: not given. {one.remedy}" for one in self.rights if one.given is False]
        return rights + [f"{one.name}: {one.state}." for one in self.properties if not one.usable]


def connect(mapping: PushMapping, crm: CrmVendor, line: Asks, *, create: bool = False) -> Connected:
    """Look at the CRM of `mapping`; with `create` make the properties that it lacks, where that can be done.

    Looked at are the values that `mapping` names: one that a person took out of the file stays out. Run again
    it changes nothing that is there.

    Raises:
        LeadscoreError: the CRM cannot be reached, or refuses the token.
    """
    profile = mapping.profile
    names = mapping.properties

    def ask(call: Call) -> CrmAnswer:
        try:
            answer = line(call)
            return line(call) if answer.status == 401 and line.renew() else answer
        except NoAnswer as none:
            words = f"{profile.title}: {none.words}."
            raise LeadscoreError(words, f"Check the url, such as {profile.url_example}.") from None

    account = crm.account(ask)
    rights = crm.rights(ask, create and profile.creates)
    there = crm.properties(ask)
    denied = any(right.given is False for right in rights)
    states: list[PropertyState] = []
    keys: dict[str, str] = {}
    ours = [name for name in profile.properties if name in names]
    for value in (*ours, *mapping.further):
        told = profile.property_of(value)
        name = names[value]
        found = there.get(name) or _by_key(there.values(), name)
        state = "to create" if found is None else _state(found, value, told.type, mapping)
        key = found.key if found else name
        if found is None and create and profile.creates and not denied:
            key, state = crm.create(ask, value), "created"
        keys |= {value: key} if found or state == "created" or mapping.vendor != "pipedrive" else {}
        states.append(PropertyState(value, name, told.type, told.called(mapping.language), state))
    made = mapping.going_to(keys or mapping.properties)
    return Connected(made.model_copy(update={"account": account}), rights, states)


def _by_key(there: Iterable[CrmField], key: str) -> CrmField | None:
    return next((one for one in there if one.key == key), None)


def _state(found: CrmField, value: str, kind: str, mapping: PushMapping) -> str:
    if not found.writable:
        return "the token may not write it"
    if found.type != kind and found.type not in _ALSO.get(kind, set()):
        return f"is of type {found.type}, and {kind} is needed"
    words = option_words().get(value, {})
    wanted = (
        list(words) if kind == "enumeration" else [getattr(both, mapping.language) for both in words.values()]
    )
    lacking = [word for word in wanted if word not in found.options]
    return f"lacks the options {', '.join(lacking)}" if found.options and lacking else "there"
