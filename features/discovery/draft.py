"""A draft: everything that a recipe is written from, by its names in the recipe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np

from features.clock import DAY_US
from features.discovery.guesses import Question
from features.outcome import OutcomeSource
from features.profiles import ColumnProfile, Joined, TableProfile, plain, recurs
from features.recipe.crm import Known
from features.row_order import RowOrder

_MOST_TITLES = 60
"""Of more titles than this, what they have in common says more than each."""


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

    @property
    def recurring_titles(self) -> list[str]:
        """The fields of job titles that are few, and that each of many leads has."""
        used = [(one.name, one.column) for one in self.fields if one.left_out is None]
        texts = [(name, c.format) for name, c in used if c.means == "title" and c.format.type == "text"]
        return [name for name, found in texts if found.distinct <= _MOST_TITLES and recurs(found)]

    @cached_property
    def years(self) -> float:
        """The years in which nearly all leads were created, 0 without dates."""
        created = self.leads.role("created_at")
        if created is None or created.format.type != "date":
            return 0.0
        us = self.leads.values(created.name).astype(np.float64)
        first, last = np.nanquantile(us, (0.01, 0.99)) if np.isfinite(us).any() else (0.0, 0.0)
        return float(last - first) / (365.2425 * DAY_US)


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
