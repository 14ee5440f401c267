"""A draft: everything that a recipe is written from, by its names in the recipe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.discovery.guesses import Question
from features.outcome import OutcomeSource
from features.profiles import ColumnProfile, Joined, TableProfile, plain
from features.recipe.crm import Known
from features.row_order import RowOrder


@dataclass(frozen=True)
class DraftField:
    """A field by its name in the recipe, its column, and why it is left out (None: it is used).

    `mark` says why it may have been known only later than the lead came, `known` when it was; `currencies`
    are those of its amounts, the commonest first, where its cells have several.
    """

    name: str
    column: ColumnProfile
    left_out: str | None = None
    mark: str | None = None
    known: Known = "creation"
    currencies: tuple[str, ...] = ()


@dataclass
class Draft:
    """Everything that a recipe is written from; `telling` are kinds of events left out, each with why."""

    name: str
    leads: TableProfile
    fields: list[DraftField]
    outcome: OutcomeSource
    crm: str | None
    folder: Path | None
    relations: dict[str, str]
    events: Joined | None
    history: Joined | None
    rows: RowOrder | None = None
    telling: dict[str, str] = field(default_factory=dict)
    horizon: int = 90
    horizon_reason: str = "a default: nothing says how long wins take"
    train_from: date | None = None
    remarks: list[str] = field(default_factory=list)
    doubts: dict[Question, str] = field(default_factory=dict)


def field_names(columns: Sequence[ColumnProfile]) -> dict[str, str]:
    """Column → distinct field name: the preset's canonical one, else the column's own, in bare letters."""
    names: dict[str, str] = {}
    for column in columns:
        own = re.sub(r"\W+", "_", plain(column.name)).strip("_") or "field"
        exact = re.fullmatch(r"[A-Za-z0-9_-]+", column.name)
        wanted = column.canonical or (column.name if exact else own)
        taken = set(names.values())
        options = [wanted, own, *(f"{own}_{n}" for n in range(2, len(columns) + 3))]
        names[column.name] = next(option for option in options if option not in taken)
    return names


def means_fits(column: ColumnProfile) -> bool:
    """Sizes and years are numbers or classes, a title is words: a name alone may mislead."""
    if column.format.type == "number":
        return column.means in ("size", "revenue", "founded")
    return column.format.type in ("category", "text", "id")
