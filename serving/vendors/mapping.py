"""The mapping file: which account is sent to, and which of its properties each of our values goes to."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

import tomlkit
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.errors import LeadscoreError, ended, nearest
from features.recipe import Recipe
from serving.vendors.profile import About, CrmProfile, Language, RateWindow, crm_profile, within_name

Vendor = Literal["hubspot", "salesforce", "dynamics", "pipedrive", "marketo", "webhook"]
_LOCAL = ("localhost", "127.0.0.1", "::1")


class PushMapping(BaseModel):
    """What `leadscore connect` writes, and a person may change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vendor: Vendor
    name: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    """By what name the ledger keeps what was sent; another for each account. Default: the vendor's."""
    of: About = "leads"
    """What is sent: scores of leads, or the figures of accounts."""
    url: str
    account: str = ""
    """The account that the file was made for: a token of another one is refused."""
    object: str = ""
    id_property: str = ""
    """HubSpot: the unique property that holds our lead ids, where they are not its record ids."""
    tenant: str = ""
    """Dynamics: the directory (tenant) that gives the tokens."""
    language: Language = "en"
    step: int = Field(default=5, ge=1, le=98)
    """A score is sent again when it moved by so many points, or when its band, status or action changed."""
    value_step: int = Field(default=20, ge=1, le=1000)
    """An expected value is sent again when it moved by so many percent; in between it goes with the score."""
    recipe: str = ""
    """The recipe that says which stages close a lead, from the file's folder."""
    batch: int | None = Field(default=None, gt=0)
    windows: list[RateWindow] | None = None
    reserve: float = Field(default=0.1, ge=0, lt=1)
    """The share of the day's calls that is left to others, where the CRM says how many there are."""
    properties: dict[str, str] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> PushMapping:
        profile = self.profile
        for name in self.properties:
            try:
                profile.property_of(name)
            except KeyError:
                meant = nearest(name, (*profile.properties, *profile.outlook))
                raise ValueError(f"[properties] {name} is not known{meant}") from None
        if both := _of_two(self.properties):
            raise ValueError(f"[properties] names a property twice: {both}; give each value its own")
        split = urlsplit(self.url)
        if split.scheme != "https" and not (split.scheme == "http" and split.hostname in _LOCAL):
            raise ValueError("url is no https:// address; a token would be sent in the clear")
        if split.username or split.password or (split.query and self.vendor != "webhook"):
            raise ValueError("url holds a user, a password or a query; secrets belong in the environment")
        return self

    @property
    def profile(self) -> CrmProfile:
        """What is known of the CRM, for what is sent."""
        return crm_profile(self.vendor, self.of)

    def widened(self, recipe: Recipe) -> PushMapping:
        """With the value and the horizons that `recipe` asks for, where the CRM has a place for them.

        Raises:
            LeadscoreError: another value goes to the property of one of them.
        """
        return self._with(self.asked(recipe))

    def whole(self) -> PushMapping:
        """With the values that every score, or account, has: those too that were taken out.

        Raises:
            LeadscoreError: as `widened`.
        """
        return self._with(list(self.profile.properties))

    def asked(self, recipe: Recipe) -> list[str]:
        """The names of the value and the horizons that `recipe` asks for."""
        about = recipe.recipe
        asked = [*(["value"] if about.value else []), *map(within_name, about.horizons[:-1])]
        return asked if self.profile.outlook else []

    def _with(self, values: Iterable[str]) -> PushMapping:
        told = self.profile.property_of
        return self.going_to({name: told(name).name for name in values} | self.properties)

    def going_to(self, properties: dict[str, str]) -> PushMapping:
        """With `properties`.

        Raises:
            LeadscoreError: two values would go to one of them.
        """
        if both := _of_two(properties):
            words = f"[properties] of the mapping file would name a property twice: {both}."
            remedy = "Name another property for one of them there; a value that is not named goes to ours."
            raise LeadscoreError(words, remedy)
        return self.model_copy(update={"properties": properties})

    @property
    def places(self) -> dict[str, str]:
        """Our value → its property, with the unit in which it is written there."""
        told = self.profile.property_of
        return {name: f"{key} %" if told(name).percent else key for name, key in self.properties.items()}

    @property
    def further(self) -> list[str]:
        """The values that are sent beyond those that every score has."""
        return [name for name in self.properties if name not in self.profile.properties]

    @property
    def target(self) -> str:
        """The name under which the ledger keeps what was sent."""
        name = self.name or self.vendor
        return name if self.of == "leads" else f"{name}-accounts"

    @property
    def about(self) -> str:
        """The object of the CRM that is written."""
        return self.object or self.profile.object

    @property
    def size(self) -> int:
        """Records of one request."""
        most = self.profile.batch
        return min(self.batch or most, most)

    @property
    def limits(self) -> list[RateWindow]:
        """The CRM's limits, in its units."""
        return self.profile.windows if self.windows is None else self.windows


def _of_two(properties: dict[str, str]) -> str:
    """The first two values that go to one property, in words; '' where each has its own."""
    taken: dict[str, str] = {}
    for value, name in properties.items():
        if (other := taken.setdefault(name, value)) != value:
            return f"{other} and {value} both go to '{name}'"
    return ""


def load_mapping(path: Path) -> PushMapping:
    """The mapping file `path`.

    Raises:
        LeadscoreError: it is not there, is no TOML, or says something that is not known.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        vendor = next((one for one in get_args(Vendor) if one in path.name), "hubspot")
        url = " --url https://…" if vendor == "webhook" else ""
        kind = " --accounts" if "accounts" in path.name else ""
        command = f"leadscore connect {vendor}{url}{kind} -o {path.name}"
        remedy = f"Write one with 'leadscore connect', for instance: {command}"
        raise LeadscoreError(f"{path}: there is no mapping file.", remedy) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LeadscoreError(f"{path}: is no TOML ({error}).", "Correct the line.") from None
    return made_mapping(content, str(path))


def made_mapping(content: dict[str, object], place: str) -> PushMapping:
    """The mapping that `content` says; `place` is where it was said.

    Raises:
        LeadscoreError: it says something that is not known.
    """
    try:
        return PushMapping.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        words = str(first["msg"]).removeprefix("Value error, ")
        raise LeadscoreError(
            f"{place}: {key + ': ' if key else ''}{ended(words)}", "Correct it there."
        ) from None


def write_mapping(mapping: PushMapping, path: Path, title: str) -> None:
    """Write `mapping` to `path`, with what a person may change said beside it."""
    document, what = tomlkit.document(), "a score" if mapping.of == "leads" else "an account"
    document.add(tomlkit.comment(f"Which properties of {title} each value of {what} goes to."))
    document.add(tomlkit.comment(f"Written by 'leadscore connect {mapping.vendor}'; you may change it."))
    document.add(tomlkit.comment("Secrets are no part of it: they stand in the environment."))
    content = mapping.model_dump(exclude_defaults=True)
    content |= {"language": mapping.language, "step": mapping.step}
    properties = content.pop("properties")
    for key, value in content.items():
        document.add(key, tomlkit.item(value))
    document.add("properties", tomlkit.item(properties))
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
