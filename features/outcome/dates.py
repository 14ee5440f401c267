"""Which date of a lead says when its outcome came, and which losses are dated."""

from __future__ import annotations

import re
from typing import cast

import numpy as np
import pandas as pd

from features.clock import DAY_US
from features.columns import Floats
from features.outcome.guess import OutcomeColumn
from features.profiles import TableProfile, plain
from features.recipe import DateFormat

_ENDS = re.compile(
    r"\b(?:clos\w*|won|win|sign\w*|decid\w*|decision|ended|end|conver\w*|sold|sale|purchas\w*|order\w*|clotur\w*"
    r"|vente|gagne|gain|abschluss|fermeture|outcome|result|cierre|venta|ganad[oa]|chiusura|vendita"
    r"|vint[oa]|fechamento|fecho|venda|ganho|sluiting\w*|afsluit\w*|afgesloten|verkoop\w*|gewonnen)\b"
)


def is_undated(leads: TableProfile) -> bool:
    """Whether no date says when the leads came."""
    created = leads.role("created_at")
    return created is None or created.format.type != "date"


def created_us(leads: TableProfile) -> Floats | None:
    """µs at which each lead came, NaN where it has no date; None where no column says it."""
    created = leads.role("created_at")
    return None if created is None or is_undated(leads) else instants_of(leads, created.name)


def dating_column(leads: TableProfile, won: Floats) -> str | None:
    """The date column that dates wins: filled for nearly all won leads; only beside a creation time.

    The one whose name says so; else one that hardly any lead but the won ones has, and after its creation.
    """
    created = leads.role("created_at")
    if created is None or is_undated(leads):
        return None
    named = leads.role("outcome_at")
    dates = {c.name: instants_of(leads, c.name) for c in leads.columns.values() if c.format.type == "date"}
    if named is not None and np.isfinite(dates[named.name])[won == 1].mean() >= 0.9:
        return named.name
    start = dates.pop(created.name)
    able = [name for name, us in dates.items() if is_filled_by_wins(us, start, won)]
    able = able or [
        name
        for name, us in dates.items()
        if _ENDS.search(plain(name)) and _comes_after(us[won == 1], start[won == 1])
    ]
    return min(able, key=lambda name: float(np.nanmedian(dates[name])), default=None)


def is_filled_by_wins(occurred: Floats, created: Floats, won: Floats) -> bool:
    """Whether the won leads have this date, after their creation, and hardly another lead has."""
    wins = won == 1
    others = float(np.isfinite(occurred[~wins]).mean()) if not wins.all() else 0.0
    return others <= 0.05 and _comes_after(occurred[wins], created[wins])


def _comes_after(occurred: Floats, created: Floats) -> bool:
    """Whether nearly all rows have this date, and not before their creation."""
    return bool(len(occurred) and np.isfinite(occurred).mean() >= 0.9 and follows(occurred, created))


def follows(occurred: Floats, created: Floats) -> bool:
    """Whether nearly all of the rows that have this date have it not before their creation."""
    known = np.isfinite(occurred) & np.isfinite(created)
    after = occurred[known] >= created[known] - DAY_US
    return bool(len(after) and after.mean() >= 0.95)


def dated_losses(cells: pd.Series, found: OutcomeColumn, occurred: Floats) -> tuple[str, ...]:
    """Values that mean lost where losses are dated; without a date it is not known when they closed."""
    filled = np.isfinite(occurred)
    return tuple(value for value in found.lost if filled[(cells == value).to_numpy()].mean() > 0.9)


def instants_of(table: TableProfile, name: str) -> Floats:
    """µs of a column of dates, NaN where it has none."""
    return np.asarray(table.values(name), dtype=np.float64)


def format_of(table: TableProfile, name: str | None) -> DateFormat | None:
    """How the dates of a column are written, as a recipe says it; None for the usual way."""
    if name is None:
        return None
    return cast("DateFormat | None", table.columns[name].format.format)
