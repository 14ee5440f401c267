"""What each column of an export holds and is for: types from its cells, roles from presets and cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells.written import boolean, moment, number
from features.clock.instants import FIRST_US, LAST_US
from features.columns import Column
from features.exports.reader import RawTable
from features.profiles.format import ColumnFormat
from features.profiles.presets import Role, match, plain, recognise
from features.profiles.recognise import find_format
from features.recipe.crm import FieldMeaning, FieldType, Known
from features.recipe.formats import DateFormat

_SINGLE: tuple[Role, ...] = (
    "id", "created_at", "account_id", "origin", "cost", "opted_out", "outcome_at", "amount",
)  # fmt: skip
_CURRENT = re.compile(
    r"\b(?:last|latest|recent|current|currently|number of times|times contacted|updated|modified"
    r"|dernier|dernière|derniere|récent|actuel|actuelle)\b",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"\b(?:name|nom|prenom|owner|agent|rep|assigned|assignee|manager|seller|proprietaire|commercial|vendeur)\b"
)
_PERSONAL = ("email", "phone")
_MOST_ENDS = 40
"""A column of more values than this, whatever its name, is no outcome and no stage."""


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


def profile(path: Path, raw: RawTable) -> TableProfile:
    """The profile of an export; day and month that one date column settles are settled for all."""
    frame = raw.frame
    names = [str(name) for name in frame.columns]
    crm = recognise(names)
    known = match(names, crm)
    columns: dict[str, ColumnProfile] = {}
    for name in names:
        column = ColumnProfile(name, find_format(frame[name], name))
        if name in known:
            canonical, preset, place = known[name]
            column = replace(
                column,
                canonical=canonical,
                role=preset.role,
                known=preset.known,
                means=preset.means,
                won=preset.won,
                lost=preset.lost,
                place=place,
                format=_typed(column.format, preset.type, preset.means),
            )
        elif _CURRENT.search(name.replace("_", " ")):
            column = replace(column, known="current")
        columns[name] = column
    remarks: list[str] = []
    _settle_dates(columns, remarks)
    _settle_roles(columns, len(frame))
    return TableProfile(path, raw, columns, crm, remarks)


def _typed(found: ColumnFormat, wanted: FieldType | None, means: FieldMeaning | None) -> ColumnFormat:
    """A preset may call words text, e-mail or phone; numbers and dates are what their cells say."""
    words = ("category", "text", "id", "email", "phone")
    if wanted == "text" and found.type == "category" and means is None:
        return found  # a few recurring texts are a category, whatever the CRM calls them
    if wanted in words and found.type in words:
        return replace(found, type=wanted)
    if wanted == "phone" and found.type == "number":
        return replace(found, type="phone", format=None)
    return found


def _settle_dates(columns: dict[str, ColumnProfile], remarks: list[str]) -> None:
    """A column where day and month could be exchanged follows another one that tells them apart."""
    dates = [c.format for c in columns.values() if c.format.type == "date" and not c.format.doubtful]
    sure = {(form.format or "").removeprefix("excel_") for form in dates}
    for name, column in columns.items():
        if (column.format.format or "").startswith("excel_"):
            remarks.append(
                f"{name}: day counts beside dates as text, both are read; a spreadsheet may have exchanged "
                "day and month where it made counts: compare some with the source"
            )
        if not column.format.doubtful:
            continue
        form = column.format.format or "dmy"
        if "mdy" in sure and "dmy" not in sure:
            other = cast("DateFormat", form.replace("dmy", "mdy"))
            columns[name] = replace(column, format=replace(column.format, format=other, doubtful=False))
        elif "dmy" not in sure:
            remarks.append(f"{name}: day and month could be exchanged; read as day/month (format = '{form}')")


def _settle_roles(columns: dict[str, ColumnProfile], rows: int) -> None:
    """One column a role: the likeliest name among those whose cells can play it; others are plain fields."""
    for role in _SINGLE:
        able = [c for c in columns.values() if c.role == role and _can(c, role, rows)]
        chosen = min(able, key=lambda column: column.place, default=None)
        for column in [c for c in columns.values() if c.role == role and c is not chosen]:
            columns[column.name] = replace(column, role=None)
    for column in [c for c in columns.values() if c.role in ("outcome", "status")]:
        if column.format.distinct > _MOST_ENDS:
            columns[column.name] = replace(column, role=None)
    if not any(column.role == "id" for column in columns.values()):
        _settle_id(columns, rows)


def _settle_id(columns: dict[str, ColumnProfile], rows: int) -> None:
    """The id where no preset knows it: by the words of its name, else the first that tells all rows apart."""
    named = re.compile(
        r"(?:\bid|\bno|\bnum\w*|\bref\w*|\buuid|\bkey|code)$|^(?:n|no|id) (?!of )", re.IGNORECASE
    )
    able = [c for c in columns.values() if c.role is None and _can(c, "id", rows)]
    for column in able:
        spaced = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name)).strip()
        if named.search(spaced):
            columns[column.name] = replace(column, role="id")
            return
    unique = [c for c in able if c.format.type == "id" and c.format.distinct == rows]
    if unique:
        columns[unique[0].name] = replace(unique[0], role="id")


def _can(column: ColumnProfile, role: Role, rows: int) -> bool:
    """Whether the cells of a column can play a role."""
    found = column.format
    match role:
        case "id":
            unique = found.distinct >= 0.9 * found.filled and found.filled >= 0.95 * rows
            return unique and found.type not in ("date", "boolean", "text") and rows > 0
        case "created_at":
            return found.type == "date" and found.filled >= 0.8 * rows
        case "outcome_at":
            return found.type == "date"
        case "cost" | "amount":
            return found.type == "number"
        case "opted_out":
            return found.type == "boolean"
        case "account_id":
            return found.distinct > 1
        case "origin":
            return found.type == "category"
    return True


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
