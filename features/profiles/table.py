"""What an export's columns hold and are for, and its cells as what they stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells import boolean, moment, number
from features.clock import FIRST_US
from features.clock.instants import LAST_US
from features.columns import Column
from features.exports import RawTable
from features.profiles.format import ColumnFormat
from features.profiles.histories import FoundHistory, history_of
from features.profiles.presets import Role, plain
from features.recipe import DateFormat, FieldMeaning, Known

_WHO = re.compile(
    r"\b(?:name|nom|prenom|owner|agent|rep|assigned|assignee|manager|seller|proprietaire|commercial|vendeur"
    r"|apellidos?|nome|cognome|sobrenome|naam|voornaam|achternaam|vorname|nachname|ansprechpartner|besitzer"
    r"|verkaufer|propietario|vendedor|proprietario|venditore|eigenaar|verkoper)\b"
)
_PERSONAL = ("email", "phone")


@dataclass(frozen=True)
class ColumnProfile:
    """One column: its name, format, the canonical name a preset gives it, and what it is for."""

    name: str
    format: ColumnFormat
    canonical: str | None = None
    role: Role | None = None
    known: Known = "creation"
    means: FieldMeaning | None = None
    won: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    place: int = 0

    @property
    def personal(self) -> bool:
        """Whether its cells tell who somebody is, so that examples are masked."""
        named = self.role in ("person", "email", "id") or _WHO.search(plain(self.name)) is not None
        return named or self.format.type in (*_PERSONAL, "id", "text")


@dataclass
class TableProfile:
    """One export: where it is, its cells, its columns by name, the CRM it was recognised as.

    `counter` names a column of numbers that stands for time where no date does.
    """

    path: Path
    raw: RawTable
    columns: dict[str, ColumnProfile]
    crm: str | None
    remarks: list[str] = field(default_factory=list)
    counter: str | None = None
    _read: dict[str, pd.Series] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.raw.frame)

    @property
    def changes(self) -> FoundHistory | None:
        """What kind of table of changes it is, None where it is none that is known."""
        return history_of(self.columns)

    def role(self, role: Role) -> ColumnProfile | None:
        """The column that has `role`, the first where several have."""
        return next((column for column in self.columns.values() if column.role == role), None)

    def cells(self, name: str) -> pd.Series:
        """Cells of a column as stripped texts; None where empty or a text that means "no value"."""
        if name not in self._read:
            column, missing = self.raw.frame[name], set(self.columns[name].format.missing)
            texts = {cell: _text(cell, missing) for cell in column.dropna().unique()}
            read = [texts.get(cell) for cell in column]
            self._read[name] = pd.Series(read, index=column.index, dtype=object)
        return self._read[name]

    def values(self, name: str, zone: str = "UTC") -> Column:
        """A column as measured: float64 for numbers, booleans and dates (µs), objects for the rest."""
        if pd.api.types.is_datetime64_any_dtype(self.raw.frame[name].dtype):
            return _instants(self.raw.frame[name], zone)
        column, texts = self.columns[name], self.cells(name)
        read = {text: _value(text, column.format, zone) for text in texts.dropna().unique()}
        if column.format.type in ("number", "boolean", "date") or (
            column.format.type == "id" and all(isinstance(value, float) for value in read.values())
        ):
            return np.array([read.get(text, np.nan) for text in texts], dtype=np.float64)
        return texts.to_numpy(dtype=object)


def _instants(column: pd.Series, zone: str) -> NDArray[np.float64]:
    """µs of a typed column of dates; wall clocks are those of `zone`."""
    aware = column if column.dt.tz is not None else column.dt.tz_localize(zone, ambiguous=True)
    us = aware.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
    return np.where(us.isna(), np.nan, us.to_numpy().astype(np.int64).astype(np.float64))


def _text(cell: object, missing: set[str]) -> str | None:
    if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell:
        return None
    if isinstance(cell, pd.Timestamp):
        return cell.isoformat()
    whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15
    text = str(int(cell)) if whole else str(cell).strip()  # type: ignore[call-overload]
    return None if not text or text in missing else text


def _value(text: str, found: ColumnFormat, zone: str) -> float | str:
    """One cell as a number where its column holds numbers, yes and no, or dates."""
    decimal = "," if found.format == "decimal_comma" else "."
    match found.type:
        case "number" | "id":
            value = number(text, decimal)
            return text if value is None and found.type == "id" else float("nan") if value is None else value
        case "boolean":
            answer = boolean(text)
            return float("nan") if answer is None else float(answer)
        case "date":
            us = moment(text, cast("DateFormat | None", found.format), zone)
            return float("nan") if us is None or not FIRST_US <= us <= LAST_US else float(us)
    return text


def masked(text: str, personal: bool) -> str:
    """An example of a cell: shortened; where personal, letters are x and digits 9.

    >>> masked("ann@acme.org", personal=True)
    'xxx@xxxx.xxx'
    """
    if personal:
        text = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "9", text))
    return text if len(text) <= 24 else f"{text[:23]}…"


def newest_us(values: NDArray[np.float64]) -> float:
    """The greatest instant of a column of µs, NaN where it has none."""
    return float(np.nanmax(values)) if np.isfinite(values).any() else float("nan")
