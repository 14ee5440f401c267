"""What a column says of the order of rows: sorted or grouped by it, numbered, or going on as time does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.columns import Floats
from features.profiles import ColumnProfile, TableProfile, plain

_MONOTONE = 0.95
_DENSE = 50  # numbers that rise by less than this from row to row are numbers of rows, and no amounts
_BY_CHANCE = 20
_PERIOD = re.compile(
    r"\b(?:year|annee|jahr|quarter|trimestre|quartal|semester|semestre|week|semaine|woche|kw|period\w*"
    r"|campaign|campagne|kampagne|wave|vague|welle|batch|cohort\w*|season|saison)\b"
)
_MONTH = re.compile(r"\b(?:month|mois|monat)\b")
_MONTHS = (
    "jan", "feb|fev", "mar", "apr|avr", "may|mai", "jun|juin", "jul|juil", "aug|aou", "sep", "oct|okt", "nov",
    "dec|dez",
)  # fmt: skip
_NUMBERED = re.compile(r"\b(?:id|no|nr|number|numero|num|nummer|index|key|code)\b")


@dataclass(frozen=True)
class RowOrder:
    """What the order of rows is taken for, how sure that is, and why, in words."""

    is_time: bool
    certainty: Literal["asked", "sure", "likely", "a guess"]
    why: str

    def sentence(self) -> str:
        """What `init` says of it."""
        if self.is_time:
            said = f"the order of rows stands for time, {self.why}"
            return f"no date says when leads came: {said} (or --time COLUMN)"
        return (
            f"no date says when leads came, and the order of rows is not that of time: {self.why}; leads are "
            "drawn by lot, so that nothing forward in time is shown (--time COLUMN, or --time rows)"
        )


def is_sorted_by(outcome: Floats) -> bool:
    """Whether the order of rows is that of the outcome (1, 0, NaN unknown): then it cannot be time.

    Outcomes in any order of time change from row to row; here they change a tenth as often as by chance.
    """
    known = outcome[np.isfinite(outcome)]
    by_chance = _changes_by_chance(known)
    return by_chance >= _BY_CHANCE and float(np.sum(known[1:] != known[:-1])) < 0.1 * by_chance


@dataclass(frozen=True)
class _Runs:
    """Neighbouring rows of a column: its levels, how often the value changes, and the share that rises."""

    levels: int
    changes: int
    by_chance: float
    rising: float

    @classmethod
    def of(cls, values: Floats) -> _Runs:
        steps = np.diff(values)
        steps = steps[steps != 0]
        rising = float((steps > 0).mean()) if len(steps) else 0.5
        return cls(len(np.unique(values)), len(steps), _changes_by_chance(values), rising)

    @property
    def sorted(self) -> bool:
        """Whether values go one way, and more often, or change more seldom, than by chance."""
        one_way = max(self.rising, 1 - self.rising) >= _MONOTONE
        return one_way and self.by_chance >= _BY_CHANCE and (self.changes >= 30 or self.grouped)

    @property
    def grouped(self) -> bool:
        """Whether all rows of a level stand together, but for a slip."""
        seldom = self.changes <= 0.5 * self.by_chance and self.by_chance >= _BY_CHANCE
        return seldom and self.changes <= 1.1 * (self.levels - 1)


def arranged(leads: TableProfile, column: ColumnProfile) -> RowOrder | None:
    """What a column by which the rows are sorted or grouped says of their order; None where they are not."""
    if column.format.distinct < 2 or column.format.filled < 0.5 * leads.rows:
        return None
    name, months = column.name, _months(leads, column)
    if months is not None:
        return _by_month(name, months)
    if names_rows(leads, column):
        rising = _counts(leads, column) and len(np.unique(np.diff(_numbers(leads, column)))) > 1
        return RowOrder(True, "likely", f"as '{name}' rises from row to row") if rising else None
    values, words = _codes(leads, column)
    runs = _Runs.of(values)
    if column.format.type == "date" and runs.sorted:
        if runs.rising > 0.5:
            return RowOrder(True, "likely", f"as the dates in '{name}' rise from row to row")
        return RowOrder(False, "a guess", f"the dates in '{name}' fall, the newest rows come first")
    if not runs.sorted and not (words and runs.grouped and runs.levels > 2):
        return None
    if _PERIOD.search(plain(name)) and (words or runs.rising > 0.5):
        return RowOrder(True, "likely", f"as '{name}' goes on from row to row")
    if runs.sorted:
        return RowOrder(False, "likely", f"the rows are sorted by '{name}'")
    return RowOrder(False, "a guess", f"the rows are grouped by '{name}'")


def _by_month(name: str, months: Floats) -> RowOrder | None:
    """Months that follow one another are time; twelve that begin with January may be those of all years."""
    runs = months[np.flatnonzero(np.diff(months, prepend=0) != 0)]
    if len(runs) > 0.1 * _changes_by_chance(months) or len(runs) < 3:
        return None
    on = float(np.mean(np.isin(np.diff(runs) % 12, (1, 2, 3))))
    once = len(runs) == len(set(runs.tolist()))
    if on >= 0.8 and not (once and len(runs) == 12 and runs[0] == 1):
        return RowOrder(True, "likely", f"as the months in '{name}' follow one another")
    return (
        RowOrder(False, "likely", f"the rows are grouped by '{name}', each month of all years together")
        if once
        else None
    )


def _months(leads: TableProfile, column: ColumnProfile) -> Floats | None:
    """Months 1 to 12 of the filled rows, None where the column holds none."""
    cells = leads.cells(column.name).dropna()
    if column.format.distinct > 24:
        return None
    read = {cell: _month(plain(cell), plain(column.name)) for cell in cells.unique()}
    return None if None in read.values() else cells.map(read).to_numpy(dtype=np.float64)


def _month(cell: str, name: str) -> int | None:
    if cell.isdigit() and _MONTH.search(name) and 1 <= int(cell) <= 12:
        return int(cell)
    return next((i for i, words in enumerate(_MONTHS, 1) if re.match(rf"(?:{words})[a-z]*$", cell)), None)


def _codes(leads: TableProfile, column: ColumnProfile) -> tuple[Floats, bool]:
    """The filled cells as numbers whose order is that of a sort, and whether they are words."""
    values = leads.values(column.name)
    if values.dtype != object:
        numbers = values.astype(np.float64)
        return numbers[np.isfinite(numbers)], False
    texts = [str(value).casefold() for value in values if value is not None]
    place = {text: i for i, text in enumerate(sorted(set(texts)))}
    return np.array([place[text] for text in texts], dtype=np.float64), True


def names_rows(leads: TableProfile, column: ColumnProfile) -> bool:
    """Whether a column is a number of the row or of the lead, and nothing that somebody would sort by."""
    if column.format.type == "date" or column.format.distinct != leads.rows:
        return False
    called = column.role == "id" or column.format.type == "id" or _NUMBERED.search(plain(column.name))
    if called or not _counts(leads, column):
        return bool(called)
    return float(np.ptp(_numbers(leads, column))) < _DENSE * leads.rows


def _counts(leads: TableProfile, column: ColumnProfile) -> bool:
    """Whether the numbers in a column, or at the end of its texts, rise from each row to the next."""
    numbers = _numbers(leads, column)
    return len(numbers) == leads.rows > 1 and bool(np.all(np.diff(numbers) > 0))


def _numbers(leads: TableProfile, column: ColumnProfile) -> Floats:
    """The numbers of "17" or "L-00017"; empty where a cell has none, or several."""
    values = leads.values(column.name)
    if values.dtype != object:
        numbers = values.astype(np.float64)
        return numbers if np.isfinite(numbers).all() else numbers[:0]
    found = [re.fullmatch(r"\D*(\d{1,15})", str(value)) for value in values]
    return np.array([float(one[1]) for one in found if one] if all(found) else [], dtype=np.float64)


def _changes_by_chance(values: Floats) -> float:
    """How often neighbours would differ if the rows were mixed."""
    n = len(values)
    share = np.unique(values, return_counts=True)[1] / max(n, 1)
    return float(n * (1 - (share**2).sum()))
