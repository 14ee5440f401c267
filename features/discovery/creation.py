"""Which columns name a lead and say when it came: what the options say, else what the cells allow."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.clock import now_us
from features.discovery.usable import is_usable
from features.errors import LeadscoreError
from features.outcome import OutcomeSource, find_column
from features.profiles import TableProfile, plain
from features.row_order import NONE, ROWS, RowOrder, judge_order

_NO_CREATION = re.compile(
    r"\b(?:birth\w*|born|dob|naissance|geburt\w*|status|statut|updat\w*|modif\w*|due|expir\w*|renew\w*|end)\b"
)


def answer_roles(leads: TableProfile, id_column: str | None, time: str | None) -> None:
    """Enters what the options say, and where nothing says when leads came, the fullest early date."""
    columns = leads.columns
    if id_column is not None:
        _give_role(leads, find_column(leads, id_column, "--id"), "id")
    if time in (ROWS, NONE) and time not in columns:
        for column in list(columns.values()):
            if column.role == "created_at":
                columns[column.name] = replace(column, role=None)
    elif time is not None:
        column = columns[find_column(leads, time, "--time")]
        if column.format.type not in ("date", "number", "id"):
            raise LeadscoreError(
                f"--time {time}: holds neither dates nor numbers that order the leads.",
                f"Name a column of dates; or say --time {ROWS} where the rows lie in time, --time {NONE} "
                "where they do not.",
            )
        _give_role(leads, column.name, "created_at")
    elif leads.role("created_at") is None and (guess := _earliest_date(leads)) is not None:
        _give_role(leads, guess, "created_at")
        leads.remarks.append(f"{guess}: taken for the creation of the lead, as its earliest date")
    elif leads.role("created_at") is None and (counter := _newest_first(leads)) is not None:
        leads.counter = counter
        leads.remarks.append(
            f"{counter}: counts down, so that the newest leads come first; it stands for time"
        )
    created = leads.role("created_at")
    if created is not None and created.format.type == "date":
        values = leads.values(created.name)
        if float(np.nanmin(values.astype(np.float64), initial=np.inf)) > now_us():
            raise LeadscoreError(
                f"{leads.raw.name}: every date in column '{created.name}' lies in the future.",
                "Check the clock and the date format, or name another column: --time COLUMN.",
            )


def _give_role(leads: TableProfile, name: str, role: Any) -> None:
    for column in list(leads.columns.values()):
        if column.role == role:
            leads.columns[column.name] = replace(column, role=None)
    leads.columns[name] = replace(leads.columns[name], role=role)


def _earliest_date(leads: TableProfile) -> str | None:
    """The full date column that comes first in most rows; none with another role, of a birth or a status."""
    dates = [
        column.name
        for column in leads.columns.values()
        if column.format.type == "date"
        and column.role is None
        and column.known == "creation"
        and column.format.filled >= 0.8 * leads.rows
        and not _NO_CREATION.search(plain(column.name))
    ]
    middle = {name: float(np.nanmedian(leads.values(name))) for name in dates}
    return min(middle, key=lambda name: middle[name], default=None)


def _newest_first(leads: TableProfile) -> str | None:
    """The id, where its numbers fall from row to row: the export lists the newest leads first."""
    column = leads.role("id")
    values = None if column is None else leads.values(column.name)
    if column is None or values is None or values.dtype != np.float64 or not np.isfinite(values).all():
        return None
    falling = float(np.mean(np.diff(values.astype(np.float64)) < 0)) if leads.rows > 2 else 0.0
    return column.name if falling > 0.95 else None


def order_of(leads: TableProfile, rows: RowOrder | None) -> tuple[NDArray[np.float64], bool]:
    """What sorts the leads in time, and whether it is a date: else a column, the order of rows, or a lot."""
    created = leads.role("created_at")
    if created is None:
        places = np.arange(leads.rows, dtype=np.float64)
        if rows is not None and not rows.is_time:
            return np.random.default_rng(leads.rows).permutation(places), False
        return (places if leads.counter is None else -places), False
    values = np.asarray(leads.values(created.name), dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nanmin(values)), created.format.type == "date"


def order_of_rows(leads: TableProfile, ended: OutcomeSource, time: str | None) -> RowOrder | None:
    """What the order of rows is taken for; None where a date, a column or a counter says when leads came."""
    if leads.role("created_at") is not None or leads.counter is not None:
        return None
    usable = [n for n, c in leads.columns.items() if is_usable(c, leads.rows) and n not in ended.columns]
    return judge_order(leads, ended.won, ended.columns, usable, None if time in leads.columns else time)
