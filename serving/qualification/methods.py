"""The qualification methods of the field, as data: a file for each, with the questions in two languages."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

METHODS = ("bant", "champ", "meddic", "anum", "faint", "gpct")
"""The methods that a recipe may name."""


class ChecklistItem(BaseModel):
    """One thing to find out: its `key` in the recipe, its name, and how one asks for it (English, French)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    name: str
    en: str
    fr: str


class Checklist(BaseModel):
    """A method: its items in the order in which they are asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    item: tuple[ChecklistItem, ...] = Field(min_length=3)


@lru_cache(maxsize=len(METHODS))
def checklist(method: str) -> Checklist:
    """The checklist of `method`, one of `METHODS`."""
    text = files("serving.qualification").joinpath("checklists", f"{method}.toml").read_text("utf-8")
    return Checklist.model_validate(tomllib.loads(text))
