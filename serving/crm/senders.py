"""Who may send: each vendor's secrets, from the environment or a file; a vendor without one is closed."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping as Names
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from features.errors import LeadscoreError, nearest_name
from features.refused import wrong
from serving.crm.mapping import Mapping, MappingPart, load_mapping, vendor_mapping, vendors

FILE_VARIABLE = "LEADSCORE_SENDERS"
SECRET_VARIABLE = "LEADSCORE_IN_"
URL_VARIABLE = "LEADSCORE_PUBLIC_URL"
_NAMED = "$"
"""What begins a secret that is the name of an environment variable, so that the file may be shared."""


def _texts(value: Any) -> Any:
    """One or several, also as whole numbers: accounts and users mostly are."""
    several = value if isinstance(value, list) else [value]
    return [str(one) if isinstance(one, int) else one for one in several]


_Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class _Sender(MappingPart):
    secrets: _Texts = ()
    verify_tokens: _Texts = ()
    accounts: _Texts = ()
    own_users: _Texts = ()
    mapping: str | None = None


class _File(MappingPart):
    public_url: str | None = None
    senders: dict[str, _Sender] = Field(default_factory=dict)


@dataclass(frozen=True)
class Sender:
    """A vendor that may send, with every secret that is valid now; `public_url` is where it reaches us."""

    vendor: str
    mapping: Mapping
    secrets: tuple[str, ...] = field(repr=False)
    verify_tokens: tuple[str, ...] = field(default=(), repr=False)
    accounts: tuple[str, ...] = ()
    own_users: tuple[str, ...] = ()
    public_url: str | None = None


def senders_from(environment: Names[str, str] | None = None) -> dict[str, Sender]:
    """The senders that LEADSCORE_SENDERS (a TOML file) and LEADSCORE_IN_VENDOR (secrets) name, by vendor.

    A secret in the environment comes beside those of the file. Several are separated by spaces: any of them
    proves the sender, so that one is replaced without a gap.

    Raises:
        LeadscoreError: the file or a mapping in it cannot be read, a vendor is not known, or a variable that
            the file names is not set.
    """
    given = os.environ if environment is None else environment
    path = Path(given[FILE_VARIABLE]) if given.get(FILE_VARIABLE) else None
    named = _read(path) if path is not None else _File()
    found = {name: _opened(name, sender, path or Path(), given) for name, sender in named.senders.items()}
    url = (given.get(URL_VARIABLE) or named.public_url or "").rstrip("/") or None
    for name in vendors():
        secrets = tuple(given.get(SECRET_VARIABLE + name.upper(), "").split())
        tokens = tuple(given.get(f"{SECRET_VARIABLE}{name.upper()}_TOKEN", "").split())
        if secrets or tokens:
            one = found.get(name) or Sender(name, vendor_mapping(name), ())
            found[name] = _with(one, secrets, tokens)
    return {name: _at(one, url) for name, one in found.items() if one.secrets}


def _with(one: Sender, secrets: tuple[str, ...], tokens: tuple[str, ...]) -> Sender:
    return Sender(one.vendor, one.mapping, one.secrets + secrets, one.verify_tokens + tokens, one.accounts,
                  one.own_users)  # fmt: skip


def _at(one: Sender, url: str | None) -> Sender:
    return Sender(one.vendor, one.mapping, one.secrets, one.verify_tokens, one.accounts, one.own_users, url)


def _read(path: Path) -> _File:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise LeadscoreError(
            f"{path}: cannot be read.", f"Name the file of senders in {FILE_VARIABLE}, or unset it."
        ) from None
    except tomllib.TOMLDecodeError:  # its own words may quote a secret
        raise LeadscoreError(f"{path}: is not valid TOML.", "Correct the file.") from None
    url = content.pop("public_url", None)
    try:
        return _File.model_validate({"public_url": url, "senders": content})
    except ValidationError as error:
        said = [
            f"{path}: [{'] '.join(str(part) for part in one['loc'][1:3])}: {wrong(one)}."
            for one in error.errors(include_url=False, include_input=False)
        ]
        keys = ", ".join(_Sender.model_fields)
        raise LeadscoreError("\n".join(said), f"A sender has {keys}.") from None


def _opened(name: str, sender: _Sender, path: Path, given: Names[str, str]) -> Sender:
    if sender.mapping is None and name not in vendors():
        raise LeadscoreError(f"{path}: [{name}] is no vendor.", nearest_name(name, vendors()))
    mapping = load_mapping(path.parent / sender.mapping) if sender.mapping else vendor_mapping(name)
    secrets, tokens = (
        tuple(_secret(text, path, name, given) for text in texts)
        for texts in (sender.secrets, sender.verify_tokens)
    )
    if not secrets:
        remedy = f"Give it 'secrets', or set {SECRET_VARIABLE}{name.upper()}."
        if not given.get(SECRET_VARIABLE + name.upper()):
            raise LeadscoreError(f"{path}: [{name}] has no secret; nobody could be believed.", remedy)
    return Sender(name, mapping, secrets, tokens, sender.accounts, sender.own_users)


def _secret(text: str, path: Path, name: str, given: Names[str, str]) -> str:
    if not text.startswith(_NAMED):
        return text
    if not (found := given.get(text.removeprefix(_NAMED), "")):
        raise LeadscoreError(
            f"{path}: [{name}] names the environment variable {text.removeprefix(_NAMED)}, which is not set.",
            "Set it before the service starts.",
        )
    return found
