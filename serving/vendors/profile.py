"""What is known of a CRM, as data: paths, sizes, limits, secrets, properties with labels, codes of errors."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.errors import LeadscoreError, nearest_name

Language = Literal["en", "fr"]
About = Literal["leads", "accounts"]
FaultKind = Literal[
    "gone", "type", "option", "unknown", "locked", "rights", "token", "daily", "abuse", "limit", "failing",
    "refused", "busy", "key", "large", "silent", "address",
]  # fmt: skip


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Labels(_Told):
    """A text in both languages."""

    en: str
    fr: str


class CrmProperty(_Told):
    """A property of the CRM for one of our values: its name there, its type there, labels, options."""

    name: str
    type: str
    label: Labels
    most: int | None = None
    """Characters that it holds, where it is a text."""
    standard: bool = False
    """The CRM has it: nothing is to be created."""
    percent: bool = False
    """A probability of 0.23 is written as 23 there, as in the files that are made for the CRM's import."""

    def called(self, language: Language) -> str:
        """Its label, with the unit."""
        label: str = getattr(self.label, language)
        return f"{label} (%)" if self.percent else label


class RateWindow(_Told):
    """At most so many calls (or tokens) within so many seconds, by the vendor's own unit."""

    calls: float = Field(gt=0)
    seconds: float = Field(gt=0)


class Secrets(_Told):
    """The environment variables that may hold secrets, and where a token is had for an id and a secret."""

    token: str
    header: str = "Authorization"
    scheme: str = "Bearer "
    optional: bool = False
    client_id: str | None = None
    client_secret: str | None = None
    token_url: str | None = None
    scope: str | None = None


class CrmProfile(_Told):
    """One CRM as `known/NAME.toml` has it; a mapping file may set its own sizes and limits."""

    title: str
    url: str | None = None
    url_example: str
    object: str
    paths: dict[str, str] = Field(default_factory=dict)
    batch: int = Field(gt=0)
    most_bytes: int | None = None
    cost: float = 1.0
    windows: list[RateWindow] = Field(default_factory=list)
    secrets: Secrets
    creates: bool = False
    """Whether `connect` can create the properties."""
    outlook: dict[str, CrmProperty] = Field(default_factory=dict)
    """Those that a recipe's `value` and `horizons` ask for, where the CRM has a place for them."""
    scopes: dict[str, str] = Field(default_factory=dict)
    where: dict[str, str] = Field(default_factory=dict)
    """Where things stand in the CRM's screens, in words: token, properties, undo."""
    properties: dict[str, CrmProperty]
    errors: dict[str, FaultKind] = Field(default_factory=dict)
    """The vendor's code of an error → what it is."""

    def property_of(self, value: str) -> CrmProperty:
        """The property for our value of that name.

        >>> crm_profile("salesforce").property_of("within_7_days").name
        'Leadscore_Within_7_Days__c'

        Raises:
            KeyError: there is none for it.
        """
        named = _WITHIN.fullmatch(value)
        if named is None:
            return (self.properties | self.outlook)[value]
        told, days = self.outlook[_EACH], named[1]
        label = {lang: text.format(days=days) for lang, text in told.label.model_dump().items()}
        name = told.name.format(days=re.sub(r"\W", "_", days))
        return told.model_copy(update={"name": name, "label": Labels(**label)})


_EACH = "within_{days}_days"
_WITHIN = re.compile(r"within_(\d[\d.e-]*)_days")

VENDORS = ("hubspot", "salesforce", "dynamics", "pipedrive", "marketo", "webhook")


@lru_cache(maxsize=2 * len(VENDORS))
def crm_profile(vendor: str, of: About = "leads") -> CrmProfile:
    """What is known of `vendor`, for scores of leads or for accounts.

    Raises:
        LeadscoreError: it is not known, or takes no accounts.
    """
    if vendor not in VENDORS:
        raise LeadscoreError(f"vendor '{vendor}' is not known.", nearest_name(vendor, VENDORS))
    told = CrmProfile.model_validate(_known(vendor))
    if of == "leads":
        return told.model_copy(update={"outlook": _outlook(vendor)})
    accounts = _known("accounts")
    if vendor not in accounts:
        takers = ", ".join(name for name in VENDORS if name in accounts)
        words = f"{told.title}: accounts are not sent to it."
        raise LeadscoreError(words, f"They are sent to {takers}; docs/accounts.md says why.")
    own = accounts[vendor]
    properties = {
        value: one | {"label": accounts["labels"][value]} for value, one in own["properties"].items()
    }
    merged = told.model_dump() | own | {"where": told.where | own["where"], "properties": properties}
    return CrmProfile.model_validate(merged)


def within_name(days: float) -> str:
    """By what name a score's probability within `days` goes: `within_7_days`."""
    return _EACH.format(days=f"{days:g}")


def _outlook(vendor: str) -> dict[str, CrmProperty]:
    known = _known("outlook")
    labels = known["labels"]
    return {
        value: CrmProperty.model_validate(one | {"label": labels[value]})
        for value, one in known.get(vendor, {}).items()
    }


def _known(name: str) -> dict[str, Any]:
    text = files("serving.vendors").joinpath("known", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=1)
def option_words() -> dict[str, dict[str, Labels]]:
    """The words for the values of a field, by field and value."""
    fields = _known("words")
    return {field: {key: Labels(**both) for key, both in words.items()} for field, words in fields.items()}
