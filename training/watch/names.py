"""Names that the recipe does not know and that came up lately: perhaps old ones, renamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells import is_missing
from features.recipe import Recipe
from features.sql import named, quoted
from features.tables import fetch_frame, moments_column
from training.watch.periods import Periods

_FEWEST = 3
_NEW = 4
"""A name is new for so many periods: an alarm that nobody read at first must still tell it in the next."""
_ALIKE = 0.6
_AS_MANY = (0.4, 2.5)


@dataclass(frozen=True)
class NewNames:
    """How often each new name came: columns of leads, kinds of events, stages."""

    columns: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)

    def notes(self) -> list[str]:
        """Each of them, as a sentence."""
        told = {"column": self.columns, "kind of event": self.kinds, "stage": self.stages}
        return [
            f"a new {what}: '{name}' came {count:,} times, before never or not for long; no recipe names it"
            for what, names in told.items()
            for name, count in names.items()
        ]


def new_names(periods: Periods, kept_columns: Mapping[str, NDArray[np.int64]] | None = None) -> NewNames:
    """What is new in the newest period of the raw tables.

    `kept_columns` are the moments (µs) of each cell of columns that a ledger holds beside the recipe's.
    """
    columns = _columns(periods) if kept_columns is None else {
        name: periods.by_period((periods.end_us - us[us <= periods.end_us]) // periods.span_us)
        for name, us in kept_columns.items()
    }  # fmt: skip
    return NewNames(_new(columns), _new(_kinds(periods)), _new(_stages(periods)))


def renamed_to(name: str, lost: float, new: Mapping[str, int]) -> str | None:
    """The new name that came about as often as `name` is missing, of several the most alike; or None."""
    many = [one for one, count in new.items() if _AS_MANY[0] * lost <= count <= _AS_MANY[1] * lost]
    alike = [one for one in new if _likeness(name, one) >= _ALIKE and lost > 0]
    return max({*many, *alike}, key=lambda one: (_likeness(name, one), one), default=None)


def _likeness(a: str, b: str) -> float:
    return SequenceMatcher(None, a.casefold(), b.casefold()).ratio()


def _new(counts: Mapping[str, NDArray[np.float64]]) -> dict[str, int]:
    if any(len(count) <= _NEW for count in counts.values()):
        return {}
    return {
        name: int(count[0])
        for name, count in sorted(counts.items())
        if count[0] >= _FEWEST and not count[_NEW:].any()
    }


def _declared(recipe: Recipe) -> set[str]:
    lead = recipe.lead
    roles = (lead.id, lead.created_at, lead.order, lead.account_id, lead.cost, lead.opted_out)
    fields = {field.column or name for name, field in lead.fields.items()}
    return fields | {role for role in roles if role} | {recipe.outcomes.column or ""}


def _columns(periods: Periods) -> dict[str, NDArray[np.float64]]:
    """Filled cells by period of each column that the recipe does not read."""
    raw = fetch_frame(periods.tables.con, "raw_leads")
    others = [column for column in raw.columns if column not in _declared(periods.recipe)]
    rows, period = periods.leads["row"].to_numpy(np.int64), periods.leads["period"].to_numpy(np.int64)
    found = {}
    for column in others:
        codes, cells = pd.factorize(raw[column].iloc[rows].astype(object), use_na_sentinel=True)
        says = np.array([not is_missing(cell) for cell in cells] + [False], dtype=bool)  # −1: nothing
        found[str(column)] = periods.by_period(period[says[codes]])
    return found


def _kinds(periods: Periods) -> dict[str, NDArray[np.float64]]:
    """Events by kind and period of kinds that the recipe does not name."""
    recipe = periods.recipe
    if recipe.events is None or periods.tables.events is None:
        return {}
    known = ", ".join(quoted(kind.strip()) for kind in recipe.events.kinds)
    kind, when = named(recipe.events.kind), named(recipe.events.occurred_at)
    periods.tables.con.raw_sql(
        f"CREATE OR REPLACE TEMP TABLE other_kinds AS SELECT trim({kind}::VARCHAR) AS kind, {when} AS at "
        f"FROM raw_events WHERE {kind} IS NOT NULL AND trim({kind}::VARCHAR) NOT IN ({known})"
    )
    frame = fetch_frame(periods.tables.con, "other_kinds")
    if not len(frame):
        return {}
    moments = moments_column(frame["at"], recipe.recipe.zone, "end", recipe.events.occurred_format)
    found = {}
    for name, part in moments.groupby(frame["kind"]):
        us = part.dropna().to_numpy(np.int64)
        found[str(name)] = periods.by_period((periods.end_us - us[us <= periods.end_us]) // periods.span_us)
    return found


def _stages(periods: Periods) -> dict[str, NDArray[np.float64]]:
    if periods.tables.outcomes is None or periods.recipe.outcomes.column is not None:
        return {}
    return dict(periods.counted("outcomes", "stage"))
