"""Whether the cells of a column are dates, and in which way they are written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from features.cells import moment, number
from features.cells.written import DAY_COUNTS
from features.profiles.format import ENOUGH, TELLING, ColumnFormat
from features.recipe import DateFormat

_DATED_NAME = re.compile(
    r"date|time|\bts\b|moment|jour|datum|created|cree|updated|modified|closed|when|\bat\b|\bon\b|_at$|_on$|_dt$",
    re.IGNORECASE,
)
_HALF_DAY = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)


def as_counted_date(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    """Dates as a count: milliseconds by their size; seconds and Excel's days only under a date's name."""
    values = {text: value for text in head if (value := number(text)) is not None}
    dated = _DATED_NAME.search(_spaced(name)) is not None

    def within(low: float, high: float) -> float:
        return sum(head[text] for text, value in values.items() if low <= value < high) / cells

    if len(values) > 1 and within(6e11, 4e12) >= ENOUGH:
        return ColumnFormat("date", "epoch_ms")
    if dated and len(values) > 1 and within(6e8, 4e9) >= ENOUGH:
        return ColumnFormat("date", "epoch_s")
    counted = round(within(*DAY_COUNTS) * cells)
    # Beside day counts there may be dates as text: what a spreadsheet did not recognise on import.
    texts = {text: count for text, count in head.items() if text not in values}
    form, worded, doubtful = _beside_counts(texts)
    if counted == 0 or not (dated or worded >= TELLING * cells):
        return None
    misfits = cells - worded - counted
    found = ColumnFormat("date", form, misfits=misfits, doubtful=doubtful)
    return found if misfits <= (1 - ENOUGH) * cells else None


def _beside_counts(texts: Mapping[str, int]) -> tuple[DateFormat, int, bool]:
    """How `texts` beside Excel's day counts are written, how many are, and whether days may be months."""
    read = {
        order: sum(count for text, count in texts.items() if moment(text, order) is not None)
        for order in (None, "dmy", "mdy")
    }
    if max(read.values()) == read[None]:
        return "excel", read[None], False
    if read["dmy"] >= read["mdy"]:
        return "excel_dmy", read["dmy"], read["dmy"] == read["mdy"]
    return "excel_mdy", read["mdy"], False


def as_date(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    """Dates, with the order of day and month under which most can be read."""
    orders: tuple[DateFormat, ...] = ("iso", "dmy", "mdy", "ymd")
    read = {order: {text for text in head if moment(text, order) is not None} for order in orders}
    shares = {order: sum(head[text] for text in texts) / cells for order, texts in read.items()}
    if sum(head[text] for text in set().union(*read.values())) < ENOUGH * cells:
        return None
    best = max(orders, key=lambda order: (round(shares[order], 6), order == "iso", order == "dmy"))
    doubtful = best == "dmy" and shares["mdy"] == shares["dmy"]
    if doubtful and any(_HALF_DAY.search(text) for text in head):
        best, doubtful = "mdy", False  # who writes 2:05 PM puts the month first
    misfits = round((1 - shares[best]) * cells)
    return ColumnFormat("date", None if best == "iso" else best, misfits=misfits, doubtful=doubtful)


def dates_among(head: dict[str, int], cells: int) -> int:
    """Cells that are dates in one way of writing or another, where at least half are; else 0.

    Numbers are dates only beside dates as text: 75001 alone is a postcode.
    """
    orders: tuple[DateFormat, ...] = ("iso", "dmy", "mdy", "ymd", "excel_dmy", "epoch_ms")
    dated = {text for text in head if any(moment(text, order) is not None for order in orders)}
    found, worded = (
        sum(head[text] for text in texts)
        for texts in (dated, {text for text in dated if number(text) is None})
    )
    return found if found >= cells / 2 and worded >= TELLING * cells else 0


def _spaced(name: str) -> str:
    """camelCase and under_scores as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
