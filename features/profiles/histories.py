"""Tables of changes as CRMs and their connectors write them, from presets that are data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from features.profiles.presets import plain, presets
from features.sql import quoted

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NEEDED = ("lead_id", "field", "value", "changed_at")


class HistoryPreset(BaseModel):
    """One kind of table of changes: the names of each column, or a SELECT over the file that gives them.

    `{file}` in `select` stands for the file, and `needs` names the columns by which it is recognised; its
    result has lead_id, field, value, old_value and changed_at. `unchanged`: the table holds changes alone, so
    that a field without any has always been what it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    crm: str | None = None
    columns: dict[Literal["lead_id", "field", "value", "old_value", "changed_at"], tuple[str, ...]] = {}
    needs: tuple[str, ...] = ()
    select: str | None = None
    unchanged: Literal["unknown", "present"] = "unknown"


@dataclass(frozen=True)
class FoundHistory:
    """What a table of changes is: its preset, and its columns by role (of the SELECT where it has one)."""

    preset: HistoryPreset
    columns: Mapping[Any, str]

    def select(self, file: str) -> str:
        """The SELECT over `file` that gives the columns, '' where the table has them as it is."""
        return (self.preset.select or "").strip().replace("{file}", quoted(file))

    def names(self, crm: str | None, fields: Mapping[str, str]) -> dict[str, str]:
        """Other names under which the table may speak of `fields` (field → its column): name → field.

        The API's names, where the company's export has labels.
        """
        preset = presets().get(crm or self.preset.crm or "")
        found: dict[str, str] = {}
        for field, column in fields.items():
            for canonical, one in preset.columns.items() if preset is not None else ():
                names = (canonical, *one.names)
                if plain(column) in {plain(name) for name in names}:
                    others = (n for n in names if _API_NAME.fullmatch(n) and n not in (field, column))
                    found |= {name: field for name in others if name not in fields and name not in found}
        return found


@lru_cache(maxsize=1)
def history_presets() -> dict[str, HistoryPreset]:
    """All presets of tables of changes by file name without its ending."""
    found = {}
    folder = files("features.profiles").joinpath("histories")
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".toml"):
            content: Any = tomllib.loads(path.read_text(encoding="utf-8"))
            found[path.name.removesuffix(".toml")] = HistoryPreset.model_validate(content)
    return found


def history_of(names: Iterable[str]) -> FoundHistory | None:
    """The table of changes that has columns of these `names`, None where it is none that is known."""
    given = {plain(name): name for name in reversed(list(names))}
    for preset in history_presets().values():
        if preset.select is not None:
            if {plain(name) for name in preset.needs} <= set(given):
                roles = (*_NEEDED, "old_value")
                return FoundHistory(preset, {role: role for role in roles})
            continue
        found = {
            role: given[plain(name)]
            for role, accepted in preset.columns.items()
            for name in reversed(accepted)
            if plain(name) in given
        }
        if set(_NEEDED) <= set(found):
            return FoundHistory(preset, found)
    return None
