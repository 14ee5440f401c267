"""Finds out what a column holds and how it is written, from all of its cells together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

import pandas as pd

from features.cells import boolean, moment, number
from features.cells.contact import looks_like_email, looks_like_phone
from features.cells.written import dialled
from features.profiles.dates import as_counted_date, as_date, dates_among
from features.profiles.format import JUDGED, ColumnFormat, ColumnType, share_of
from features.profiles.numbers import as_number, stand_in_of

_ALWAYS_MISSING = frozenset((
    "-", "--", "—", "–", "?", "n/a", "#n/a", "na", "n.a.", "n/c", "nc", "n.c.", "nan", "nat", "<na>", "null",
    "none", "-none-", "--none--", "aucun", "aucune", "-aucun-", "--aucun--", "nil", "undefined", "#ref!",
    "#value!", "select", "-select-", "-- select --", "please select", "sélectionner", "selectionner",
    "choisir", "(blank)", "(empty)", "(vide)", "vide", "not set", "not specified", "not provided",
    "not available", "no value", "(no value)", "aucune valeur", "non renseigné", "non renseigne",
    "non précisé", "à définir", "tbd", "keine angabe", "k.a.",
))  # fmt: skip
_SOMETIMES_MISSING = frozenset({"unknown", "inconnu", "inconnue", "unbekannt", "not known"})
_PHONE_NAME = re.compile(r"phone|tel|mobile|portable|fax|handy", re.IGNORECASE)
_LEADING_ZERO = re.compile(r"0\d")


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
    """As `stand_in_of`, of cells that are numbers already."""
    commonest = column.dropna().value_counts().head(JUDGED)
    return stand_in_of({f"{value:.15g}": int(count) for value, count in commonest.items()}, ".")


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
    head = dict(counts.most_common(JUDGED))
    cells = sum(head.values())
    tests: list[Callable[[dict[str, int], int, str], ColumnFormat | None]] = [
        _as_boolean, _as_email, _as_phone, as_counted_date, as_number, as_date,
    ]  # fmt: skip
    for test in tests:
        if found := test(head, cells, name):
            return found
    return ColumnFormat(_as_words(counts), dated=dates_among(head, cells))


def _as_boolean(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    answers = {boolean(text) for text in head}
    return ColumnFormat("boolean") if None not in answers and len(head) <= 4 else None


def _as_email(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    # Addresses are often broken, which is a signal, so that fewer suffice. A note that names an address or a
    # handle is words: an address has no space, and something before the @.
    return ColumnFormat("email") if share_of(head, cells, looks_like_email) >= 0.6 else None


def _as_phone(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    head = _dialled(head)
    if share_of(head, cells, looks_like_phone) < 0.8:
        return None
    dated = share_of(
        head, cells, lambda text: moment(text, "dmy") is not None or moment(text, "mdy") is not None
    )
    marked = share_of(head, cells, lambda text: text[0] in "+(0" or any(mark in text for mark in " -/("))
    named = _PHONE_NAME.search(name) is not None
    amounts = share_of(head, cells, lambda text: number(text) is not None and not _LEADING_ZERO.match(text))
    return ColumnFormat("phone") if dated < 0.5 and (named or (marked >= 0.8 and amounts < 0.5)) else None


def _dialled(head: dict[str, int]) -> dict[str, int]:
    """`head` without what a spreadsheet makes of phone numbers."""
    found: Counter[str] = Counter()
    for text, count in head.items():
        found[dialled(text)] += count
    return dict(found)


def _as_words(counts: Counter[str]) -> ColumnType:
    """Words: a category where values recur, free text where they are long, an id where none recurs."""
    cells = sum(counts.values())
    many = len(counts) > max(30, 0.5 * cells)
    if not many:
        return "category"
    spaced = sum(count for text, count in counts.items() if " " in text) / cells
    return "text" if spaced > 0.3 else "id" if len(counts) > 0.98 * cells else "category"
