"""What the engine and an adapter say to each other: records, a request, its answer, what became of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Value: TypeAlias = str | int | float | None
Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True)
class Outgoing:
    """A score on its way: `values` by our own names, `before` those that the CRM last accepted (or none).

    `tries`: how many runs it was refused in. `noted`: how the problem begins that is kept of a final refusal.
    """

    lead_id: str
    as_of_us: int
    values: Values = field(repr=False)
    before: Values | None = field(default=None, repr=False)
    tries: int = 0
    noted: str = ""


@dataclass(frozen=True)
class Call:
    """One HTTP request. `cost` is in the unit of the CRM's limits (calls, tokens).

    `token_key`: the key of the body under which the line puts the token, for a CRM that asks for it there.
    """

    method: str
    path: str
    body: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cost: float = 1.0
    token_key: str = ""


@dataclass(frozen=True)
class CrmAnswer:
    """What came back; `body` is the JSON, None where it is none. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Trouble:
    """What is wrong, in one sentence for an administrator, and what to do about it. Never a lead's value."""

    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}".strip()


@dataclass(frozen=True)
class Fate:
    """What became of one record: accepted, or not (`fault`); `passing`: try again within this run.

    `alike`: others may be refused for the same reason, which is then not the record's. `final`: the record is
    gone or locked, and takes nothing any more.
    """

    fault: Trouble | None = None
    passing: bool = False
    alike: bool = True
    final: bool = False


@dataclass(frozen=True)
class Later:
    """Nothing was accepted: a limit, or a passing failure. `seconds`: how long to wait, where it was said."""

    fault: Trouble
    seconds: float | None = None
    failing: bool = False
    """The CRM failed, and did not just ask for patience: a record may be why."""


@dataclass(frozen=True)
class Divide:
    """Nothing was accepted, and one of the records or more is why.

    `alike`: it may be a property instead, and then all of them are. `option`: the property of which a value
    is no option. `final`: as of a `Fate`.
    """

    fault: Trouble
    alike: bool = True
    option: str = ""
    final: bool = False


@dataclass(frozen=True)
class Halt:
    """Nothing was accepted, and no other record would be: rights, limits of a day, properties that lack."""

    fault: Trouble


@dataclass(frozen=True)
class Renew:
    """Nothing was accepted: the access token has run out."""

    fault: Trouble


Reply: TypeAlias = list[Fate] | Later | Divide | Halt | Renew
Ask: TypeAlias = Callable[[Call], CrmAnswer]


@dataclass(frozen=True)
class Right:
    """Something that a token must be allowed to do; `given` is None where the CRM does not say."""

    name: str
    given: bool | None
    remedy: str = ""


@dataclass(frozen=True)
class CrmField:
    """A property as it stands in the CRM: its key in requests, its type, its options where it has some."""

    key: str
    type: str
    options: frozenset[str] = frozenset()
    writable: bool = True


class CrmAdapter(Protocol):
    """A CRM: how a batch of scores becomes a request, and its answer what became of each."""

    def call(self, records: Sequence[Outgoing]) -> Call:
        """The request that sends `records`; sent twice it must leave the same as once."""

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """What became of `records`: a list in their order, or one word for all."""

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """(calls left today, calls a day) where the answer says it."""


class CrmSetup(Protocol):
    """What `connect` asks a CRM."""

    def account(self, ask: Ask) -> str:
        """Which account the token is of."""

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """The rights that pushing needs, with `creates` those for making properties too."""

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """The properties of the CRM's object by name."""

    def create(self, ask: Ask, name: str) -> str:
        """Make the property for our value `name`; its key in requests."""
