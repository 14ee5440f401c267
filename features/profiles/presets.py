"""Recognises a CRM by the names of its columns, and what each column is for, from presets that are data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from features.cells.written import unaccented
from features.recipe import FieldMeaning, FieldType, Known

Role = Literal[
    "id", "created_at", "account_id", "email", "origin", "cost", "opted_out", "outcome", "outcome_at",
    "amount", "modified_at", "status", "person",
]  # fmt: skip
_PLAIN = "plain"


class PresetColumn(BaseModel):
    """What a preset knows of one column: its names, and role, type, meaning, won and lost values, if any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...]
    role: Role | None = None
    type: FieldType | None = None
    known: Known = "creation"
    means: FieldMeaning | None = None
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Preset(BaseModel):
    """The columns of one CRM by canonical name, and names that tell its exports from others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    recognise: tuple[str, ...]
    columns: dict[str, PresetColumn]


def plain(name: str) -> str:
    """`name` as it is compared: lower case, no accents, single spaces for all that is not a letter or digit.

    >>> plain("Chiffre d'affaires_ANNUEL ")
    'chiffre d affaires annuel'
    """
    bare = unaccented(re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name).casefold())
    return " ".join(re.findall(r"[^\W_]+", bare))


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """All presets of the package by file name without its ending."""
    found = {}
    for path in sorted(files("features.profiles").joinpath("presets").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            content: Any = tomllib.loads(path.read_text(encoding="utf-8"))
            found[path.name.removesuffix(".toml")] = Preset.model_validate(content)
    return found


def recognise(names: Iterable[str]) -> str | None:
    """The preset with the most telling names among `names`, None when no preset has two."""
    given = {plain(name) for name in names}
    hits = {key: len(given & {plain(name) for name in preset.recognise}) for key, preset in presets().items()}
    best = max(hits, key=lambda key: hits[key])
    return best if hits[best] >= 2 else None


def match(names: Iterable[str], crm: str | None) -> dict[str, tuple[str | None, PresetColumn, int]]:
    """Column → (canonical name, what is known of it, place of its name in the preset's list).

    The CRM's own names come first, then those that people give to columns of any list; these have no
    canonical name, since a person finds a column again under the name that it has in the file.
    """
    found: dict[str, tuple[str | None, PresetColumn, int]] = {}
    for key in (crm, _PLAIN):
        if key is None:
            continue
        index = {
            plain(name): (canonical if key == crm else None, column, place)
            for canonical, column in reversed(presets()[key].columns.items())
            for place, name in enumerate(column.names)
        }
        for name in names:
            if name not in found and plain(name) in index:
                found[name] = index[plain(name)]
    return found


def called_columns(names: Sequence[str]) -> tuple[str, ...]:
    """The columns of an export by which a person recognises a lead: names of people and companies, else the
    address; three at most."""
    known = {
        plain(name) for preset in presets().values() for column in preset.columns.values()
        for name in column.names if column.role == "person" or column.means == "company"
    }  # fmt: skip
    found = [name for name in names if plain(name) in known][:3]
    mail = [name for name in names if "mail" in plain(name)][:1]
    return tuple(found or mail)
