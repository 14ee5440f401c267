"""What each column of an export holds and is for: types from its cells, roles from presets and cells."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

from features.exports import RawTable
from features.profiles.format import ColumnFormat
from features.profiles.presets import match, recognise
from features.profiles.recognise import find_format
from features.profiles.roles import settle_roles
from features.profiles.table import ColumnProfile, TableProfile
from features.recipe import DateFormat, FieldMeaning, FieldType

_CURRENT = re.compile(
    r"\b(?:last|latest|recent|current|currently|number of times|times contacted|updated|modified"
    r"|dernier|dernière|derniere|récent|actuel|actuelle"
    r"|(?:deal|lead|contact|opportunity|account|record)\W*owner|propri[eé]taire d\w*"
    r"|(?:deal|lead|opportunity|account)\W*(?:inhaber|besitzer)|besitzer d\w+|zuständiger?)\b",
    re.IGNORECASE,
)

_RECURS = 10
"""Cells a value, on average, from which names and titles are levels and not only words."""


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
    settle_roles(columns, len(frame))
    return TableProfile(path, raw, columns, crm, remarks)


def recurs(found: ColumnFormat) -> bool:
    """Whether the values of a column are met so often that each says something of those who have it."""
    return 1 < found.distinct <= found.filled / _RECURS


def _typed(found: ColumnFormat, wanted: FieldType | None, means: FieldMeaning | None) -> ColumnFormat:
    """A preset may call words text, e-mail or phone; numbers and dates are what their cells say."""
    words = ("category", "text", "id", "email", "phone")
    if (
        wanted == "text"
        and found.type == "category"
        and (means is None or (means != "title" and recurs(found)))
    ):
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
