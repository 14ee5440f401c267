"""Finds out what a column holds and how it is written, from all of its cells together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from features.cells.written import DAY_COUNTS, boolean, dialled, moment, number
from features.recipe.crm import FieldType
from features.recipe.formats import DateFormat, ValueFormat

ColumnType = FieldType | Literal["id", "empty"]

# A column is of a type when this share of its cells can be read so; the rest is reported cell by cell.
ENOUGH = 0.9
# Dates as text, in this share of the cells, say what the numbers beside them are.
_TELLING = 0.1
_JUDGED = 4000  # distinct values looked at, commonest first
_ALWAYS_MISSING = frozenset((
    "-", "--", "—", "–", "?", "n/a", "#n/a", "na", "n.a.", "n/c", "nc", "n.c.", "nan", "nat", "<na>", "null",
    "none", "-none-", "--none--", "aucun", "aucune", "-aucun-", "--aucun--", "nil", "undefined", "#ref!",
    "#value!", "select", "-select-", "-- select --", "please select", "sélectionner", "selectionner",
    "choisir", "(blank)", "(empty)", "(vide)", "vide", "not set", "not specified", "not provided",
    "not available", "no value", "(no value)", "aucune valeur", "non renseigné", "non renseigne",
    "non précisé", "à définir", "tbd", "keine angabe", "k.a.",
))  # fmt: skip
_SOMETIMES_MISSING = frozenset({"unknown", "inconnu", "inconnue", "unbekannt", "not known"})
_DATED_NAME = re.compile(
    r"date|time|\bts\b|moment|jour|datum|created|cree|updated|modified|closed|when|\bat\b|\bon\b|_at$|_on$|_dt$",
    re.IGNORECASE,
)
_PHONE_NAME = re.compile(r"phone|tel|mobile|portable|fax|handy", re.IGNORECASE)
_HALF_DAY = re.compile(r"\d\s*[ap]\.?m\b", re.IGNORECASE)
_PHONE = re.compile(r"[+(]?\d[\d\s().\-/]{5,22}\d(?:\s*(?:x|ext\.?)\s*\d{1,6})?")
_LEADING_ZERO = re.compile(r"0\d")
_EMAIL = re.compile(r"[^@\s]+@\S*")


@dataclass(frozen=True)
class ColumnFormat:
    """What a column holds: its type, how it is written, which texts mean "no value", and counts of cells.

    `misfits` counts filled cells that cannot be read as `type`; `doubtful` says that day and month could be
    exchanged without a cell noticing; `dated` counts the cells that are dates in a column that is none.
    """

    type: ColumnType
    format: ValueFormat | None = None
    missing: tuple[str, ...] = ()
    filled: int = 0
    distinct: int = 0
    misfits: int = 0
    doubtful: bool = False
    dated: int = 0


def find_format(column: pd.Series, name: str = "") -> ColumnFormat:
    """The format of `column` (n_rows,), texts or typed; `name` helps only where numbers may be dates."""
    if not _holds_text(column):
        return _typed(column)
    counts: Counter[str] = Counter()
    for cell, count in column.value_counts(sort=False).items():
        counts[str(cell).strip()] += int(count)
    counts.pop("", None)
    missing = _missing_texts(counts, len(column))
    for text in missing:
        del counts[text]
    if not counts:
        return ColumnFormat("empty", missing=missing)
    found = _judge(counts, name)
    return ColumnFormat(
        found.type,
        found.format,
        (*missing, *found.missing),
        sum(counts.values()) - sum(counts[text] for text in found.missing),
        len(counts) - len(found.missing),
        found.misfits,
        found.doubtful,
        found.dated,
    )


def _holds_text(column: pd.Series) -> bool:
    return column.dtype == object or pd.api.types.is_string_dtype(column.dtype)


def _typed(column: pd.Series) -> ColumnFormat:
    """Columns of Parquet carry their type."""
    filled, distinct = int(column.notna().sum()), int(column.nunique())
    kind: ColumnType = "category"
    if filled == 0:
        kind = "empty"
    elif pd.api.types.is_bool_dtype(column.dtype):
        kind = "boolean"
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        kind = "date"
    elif pd.api.types.is_numeric_dtype(column.dtype):
        kind = "boolean" if set(column.dropna().unique()) <= {0, 1} else "number"
        if kind == "number" and (stand_in := _typed_stand_in(column)) is not None:
            kept = column[column != float(stand_in)]
            return ColumnFormat(
                kind, missing=(stand_in,), filled=int(kept.notna().sum()), distinct=int(kept.nunique())
            )
        if pd.api.types.is_integer_dtype(column.dtype) and distinct == filled > 50 and _is_dense(column):
            kind = "id"
    return ColumnFormat(kind, filled=filled, distinct=distinct)


def _typed_stand_in(column: pd.Series) -> str | None:
    """As `_stand_in`, of cells that are numbers already."""
    commonest = column.dropna().value_counts().head(_JUDGED)
    return _stand_in({f"{value:.15g}": int(count) for value, count in commonest.items()}, ".")


def _is_dense(column: pd.Series) -> bool:
    return bool(column.max() - column.min() < 2 * column.notna().sum())


def _missing_texts(counts: Mapping[str, int], rows: int) -> tuple[str, ...]:
    """Texts of `counts` that mean "no value".

    "unknown" is an answer where others left the cell empty, and stands for the empty cell where nobody did.
    """
    found = [text for text in counts if text.casefold() in _ALWAYS_MISSING]
    if sum(counts.values()) - sum(counts[text] for text in found) >= 0.99 * rows:
        found.extend(text for text in counts if text.casefold() in _SOMETIMES_MISSING)
    # Two-letter country codes: NA is Namibia, NC New Caledonia.
    codes = sum(len(text) == 2 and text.isupper() for text in counts) > 0.8 * len(counts) and len(counts) > 5
    return tuple(sorted(text for text in found if not (codes and len(text) == 2 and text.isupper())))


def _judge(counts: Counter[str], name: str) -> ColumnFormat:
    """The first type, from the narrowest, that enough cells can be read as."""
    head = dict(counts.most_common(_JUDGED))
    cells = sum(head.values())
    tests: list[Callable[[dict[str, int], int, str], ColumnFormat | None]] = [
        _as_boolean, _as_email, _as_phone, _as_counted_date, _as_number, _as_date,
    ]  # fmt: skip
    for test in tests:
        if found := test(head, cells, name):
            return found
    return ColumnFormat(_as_words(counts), dated=_dates_among(head, cells))


def _share(head: dict[str, int], cells: int, fits: Callable[[str], bool]) -> float:
    return sum(count for text, count in head.items() if fits(text)) / cells


def _as_boolean(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    answers = {boolean(text) for text in head}
    return ColumnFormat("boolean") if None not in answers and len(head) <= 4 else None


def _as_email(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    # Addresses are often broken, which is a signal, so that fewer suffice. A note that names an address or a
    # handle is words: an address has no space, and something before the @.
    return ColumnFormat("email") if _share(head, cells, _is_address) >= 0.6 else None


def _is_address(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def _as_phone(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    head = _dialled(head)
    if _share(head, cells, lambda text: _PHONE.fullmatch(text) is not None) < 0.8:
        return None
    dated = _share(
        head, cells, lambda text: moment(text, "dmy") is not None or moment(text, "mdy") is not None
    )
    marked = _share(head, cells, lambda text: text[0] in "+(0" or any(mark in text for mark in " -/("))
    named = _PHONE_NAME.search(name) is not None
    amounts = _share(head, cells, lambda text: number(text) is not None and not _LEADING_ZERO.match(text))
    return ColumnFormat("phone") if dated < 0.5 and (named or (marked >= 0.8 and amounts < 0.5)) else None


def _dialled(head: dict[str, int]) -> dict[str, int]:
    """`head` without what a spreadsheet makes of phone numbers."""
    found: Counter[str] = Counter()
    for text, count in head.items():
        found[dialled(text)] += count
    return dict(found)


def _as_counted_date(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
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
    if counted == 0 or not (dated or worded >= _TELLING * cells):
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


def _as_number(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    """Numbers, with the decimal mark under which most can be read; codes with leading zeros are none."""
    coded = _share(head, cells, lambda text: text.isdigit() and text[0] == "0" and len(text) > 1)
    if coded > 0.02:
        return None
    point = _share(head, cells, lambda text: number(text, ".") is not None)
    comma = _share(head, cells, lambda text: number(text, ",") is not None)
    if max(point, comma) < ENOUGH:
        return None
    # "0,123" and "12,5" cannot group thousands; "1,200" can, and does where nothing speaks against it.
    as_comma = comma > point or (comma == point and any(text.lstrip("+-").startswith("0,") for text in head))
    misfits = round((1 - (comma if as_comma else point)) * cells)
    stand_in = _stand_in(head, "," if as_comma else ".")
    dense = _is_sequence(head, cells)
    form: ValueFormat | None = "decimal_comma" if as_comma else None
    return ColumnFormat("id" if dense else "number", form, (stand_in,) if stand_in else (), misfits=misfits)


def _stand_in(head: dict[str, int], decimal: str) -> str | None:
    """The number that stands for "none", such as 999 or -1: frequent, and far outside all others."""
    values = {text: value for text in head if (value := number(text, decimal)) is not None}
    plain = {text: f"{value:.15g}" for text, value in values.items()}  # -1.0 and "-1,00" are -1
    found = [text for text in values if plain[text].lstrip("-").strip("9") == "" or plain[text] == "-1"]
    for text in (text for text in found if plain[text] not in ("9", "-9")):
        others = [value for other, value in values.items() if other != text]
        share = head[text] / sum(head.values())
        if len(others) < 3 or share < 0.02:
            continue
        width = max(others) - min(others)
        below = values[text] == -1 and min(others) >= 0 and all(value == int(value) for value in others)
        if below or (values[text] > max(others) + 2 * width and values[text] > 90):
            return text
    return None


def _is_sequence(head: dict[str, int], cells: int) -> bool:
    """Whether whole numbers are all different and fill their range: a counter, not a measurement."""
    if cells < 50 or len(head) < cells or len(head) >= _JUDGED or not all(text.isdigit() for text in head):
        return len(head) >= _JUDGED and cells == len(head) and _dense_sample(head)
    values = [int(text) for text in head]
    return max(values) - min(values) < 2 * len(values)


def _dense_sample(head: dict[str, int]) -> bool:
    """A sample cut off at `_JUDGED` comes in the file's order: a counter makes it a run."""
    if not all(text.isdigit() for text in head):
        return False
    values = [int(text) for text in head]
    return max(values) - min(values) < 2 * len(values)


def _as_date(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
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


def _dates_among(head: dict[str, int], cells: int) -> int:
    """Cells that are dates in one way of writing or another, where at least half are; else 0.

    Numbers are dates only beside dates as text: 75001 alone is a postcode.
    """
    orders: tuple[DateFormat, ...] = ("iso", "dmy", "mdy", "ymd", "excel_dmy", "epoch_ms")
    dated = {text for text in head if any(moment(text, order) is not None for order in orders)}
    found, worded = (
        sum(head[text] for text in texts)
        for texts in (dated, {text for text in dated if number(text) is None})
    )
    return found if found >= cells / 2 and worded >= _TELLING * cells else 0


def _as_words(counts: Counter[str]) -> ColumnType:
    """Words: a category where values recur, free text where they are long, an id where none recurs."""
    cells = sum(counts.values())
    many = len(counts) > max(30, 0.5 * cells)
    if not many:
        return "category"
    spaced = sum(count for text, count in counts.items() if " " in text) / cells
    return "text" if spaced > 0.3 else "id" if len(counts) > 0.98 * cells else "category"


def _spaced(name: str) -> str:
    """camelCase and under_scores as words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ")
