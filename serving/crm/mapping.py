"""How what a vendor sends becomes leads, events, outcomes and decisions: data, one TOML file a vendor."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as Names
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from features.errors import LeadscoreError, nearest_name
from features.refused import accepted_keys, wrong
from serving.crm.proofs import ProofKind

_TOML = ".toml"


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Conditions = dict[str, Texts]


class MappingPart(BaseModel):
    """A part of a mapping: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Proof(MappingPart):
    """`[proof]`: how the sender is known; `place` is a static key's header, or its path in the body."""

    kind: ProofKind
    place: str = ""


class Pairs(MappingPart):
    """Fields that come as a list of names and values: where the list is, and both in an item of it."""

    path: str
    name: str
    value: str


class Rule(MappingPart):
    """`[[rule]]`: what one item of a body says where it fulfils `when` and not `unless`.

    `lead` and the other templates are texts with `{paths}`; a rule whose lead or event id lacks something
    says so for that item. `at` is the path of the moment (`unit`: iso, s or ms), without which a lead's
    cells hold from the moment of arrival; an event needs one, or says `arrival`.

    Fields come from `cells` (name → path), from the objects at `spread` ('.' is the item) and from lists of
    `pairs`. A path may also be `=text`, or `@at`, the moment. With `match` the lead is the one that has the
    address in `address` (email, phone → path) or in a field; `first` are cells of a lead that is new.
    `joins`: what was kept under the vendor's id before belongs to that lead.
    """

    when: Conditions = Field(default_factory=dict)
    unless: Conditions = Field(default_factory=dict)
    lead: str
    at: str = ""
    arrival: bool = False
    unit: Literal["iso", "s", "ms"] = "iso"
    cells: dict[str, str] = Field(default_factory=dict)
    first: dict[str, str] = Field(default_factory=dict)
    spread: Texts = ()
    pairs: tuple[Pairs, ...] = ()
    event: str | None = None
    event_id: str | None = None
    value: str | None = None
    outcome: str | None = None
    amount: str | None = None
    decision: Literal["deletion", "restore", "erasure", "merge", "unmerge"] | None = None
    away: Texts = ()
    by: str = ""
    match: bool = False
    address: dict[Literal["email", "phone"], str] = Field(default_factory=dict)
    joins: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.event is not None and not (self.at or self.arrival):
            raise ValueError("'event' needs 'at', the path of its moment, or 'arrival'")
        if (self.decision == "merge") != bool(self.away):
            raise ValueError("'away', the records that are merged into the lead, goes with decision 'merge'")
        return self


class Mapping(MappingPart):
    """A vendor's file. `home`: its record ids are the leads' ids, as in the company's exports.

    `items` is where a body's items stand, the first of several places that holds any. `fields` gives names
    of the vendor a meaning (email, phone, created_at, account_id, opted_out or a `means` of the recipe), a
    field of the recipe, or '' for none; `preset` adds a CRM's other names of each column. `own` are the
    beginnings of names that leadscore itself writes, `echo` the path of the user who made a change. Items
    that are a `test` are answered and not kept; `account` is the path of the vendor's account. `refusal` is
    the status where nothing of a body could be read, `patience_seconds` how long the commit may take. `soap`:
    XML is read as Salesforce's outbound messages, and acknowledged as they want it.
    """

    title: str
    home: bool = False
    proof: Proof
    items: Texts = ("",)
    account: str = ""
    echo: str = ""
    own: Texts = ("leadscore_",)
    test: Conditions = Field(default_factory=dict)
    preset: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    refusal: Literal[200, 400] = 200
    patience_seconds: float = Field(default=4.0, gt=0, le=60)
    soap: bool = False
    rule: tuple[Rule, ...] = Field(min_length=1)


def vendors() -> list[str]:
    """The vendors whose mappings the package has, in order of name."""
    entries = files("serving.crm").joinpath("vendors").iterdir()
    return sorted(entry.name.removesuffix(_TOML) for entry in entries if entry.name.endswith(_TOML))


@lru_cache(maxsize=64)
def vendor_mapping(vendor: str) -> Mapping:
    """The package's mapping of `vendor`.

    Raises:
        LeadscoreError: there is none.
    """
    return parse_mapping(mapping_text(vendor), vendor + _TOML)


def mapping_text(vendor: str) -> str:
    """The package's file of `vendor`, with its comments.

    Raises:
        LeadscoreError: there is none.
    """
    if vendor not in vendors():
        raise LeadscoreError(f"vendor '{vendor}' is not known.", nearest_name(vendor, vendors()))
    return files("serving.crm").joinpath("vendors", vendor + _TOML).read_text(encoding="utf-8")


def load_mapping(path: Path) -> Mapping:
    """A mapping of one's own in the TOML file `path`.

    Raises:
        LeadscoreError: it cannot be read, or a key or value is not accepted.
    """
    try:
        return parse_mapping(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError):
        raise LeadscoreError(f"{path}: cannot be read.", "Name a mapping in TOML.") from None


def parse_mapping(text: str, source: str) -> Mapping:
    """The mapping in the TOML `text`; `source` names it in errors.

    Raises:
        LeadscoreError: as `load_mapping`.
    """
    remedy = "Begin with the vendor's own file: 'leadscore inbound show VENDOR' prints it."
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise LeadscoreError(f"{source}: is not valid TOML: {error}.", remedy) from None
    except ValidationError as error:
        said = [_sentence(source, Mapping, problem) for problem in error.errors(include_url=False)]
        raise LeadscoreError("\n".join(said), remedy) from None


def _sentence(source: str, model: type[MappingPart], problem: Names[str, Any]) -> str:
    where = list(problem["loc"])
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in where)
    known = accepted_keys(model, where[:-1]) if problem["type"] == "extra_forbidden" else []
    accepted = f" {nearest_name(str(where[-1]), known)}" if known else ""
    return f"{source}: {place}: {re.sub(r'[.]$', '', wrong(problem))}.{accepted}"
