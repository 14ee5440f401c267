"""Reads one cell of an export as people type it: "1 200,50 €", "31/12/2025 14h30", "oui".

What a column's cells mean (decimal mark, order of day and month) is decided once per column, written into the
recipe as `format`, and given here. Nothing is guessed from a single cell. By hand, because babel, dateutil
and dateparser guess cell by cell, and SQL must read the same.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone
from math import isfinite

from features.clock import DAY_US, DayEdge, parse_moment
from features.clock.instants import localise
from features.recipe import DateFormat

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’_]")
_CURRENCY = re.compile(
    r"(?:€|\$|£|¥|₹|%|\b(?:eur|usd|gbp|chf|cad|aud|jpy|inr|brl|euros?|dollars?|us)\b)", re.IGNORECASE
)
_POINT = re.compile(r"[+-]?(?=\.?\d)(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_COMMA = re.compile(r"[+-]?(?=,?\d)(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?(?:e[+-]?\d+)?", re.IGNORECASE)
_GROUPS = re.compile(r"[+-]?\d{1,3}(?: \d{3})*(?:[.,]\d*)?")
_SCALES = {"k": 1e3, "m": 1e6, "mio": 1e6, "bn": 1e9, "b": 1e9, "md": 1e9}
_SCALED = re.compile(r"(.*\d)(mio|bn|md|k|m|b)", re.IGNORECASE)

_TRUE = {"1", "true", "t", "yes", "y", "oui", "o", "vrai", "ja", "si", "sí", "sim", "x", "on", "checked"}
_FALSE = {"0", "false", "f", "no", "n", "non", "faux", "nein", "não", "off", "unchecked"}

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv january janvier januar",
            "feb fev fevr fév févr february février fevrier februar",
            "mar mars march märz",
            "apr avr april avril",
            "may mai",
            "jun juin june juni",
            "jul juil july juillet juli",
            "aug aou août aout august",
            "sep sept september septembre",
            "oct okt october octobre oktober",
            "nov november novembre",
            "dec déc dez december décembre decembre dezember",
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = re.compile(
    r"(\d{1,2})[:h](\d{2})?(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?"
    r"\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?\b",
    re.IGNORECASE,
)
_WORDS = re.compile(r"\d+|[^\W\d_]+")
_EXCEL_EPOCH = datetime(1899, 12, 30)
DAY_COUNTS = (18_000, 75_000)
"""Excel's counts of the days from 1949 to 2105: numbers that are dates where they stand beside dates."""
_SPREADSHEET_NUMBER = re.compile(r"\+?(\d+)(?:\.(\d*))?(?:e\+?(\d{1,2}))?", re.IGNORECASE)
_SHOWN_DIGITS = 7
"""Fewer digits than this of a number in scientific form are what a narrow cell showed: the rest is lost."""


def number(text: str, decimal: str = ".") -> float | None:
    """The finite number that `text` writes, or None; `decimal` is "." or ",".

    Currency and percent signs are dropped (12 % is 12.0), spaces and apostrophes group thousands, parentheses
    and a trailing minus negate, and k, m, bn scale. The other mark may only group thousands.

    >>> number("1 200,50 €", decimal=","), number("$1,200.50"), number("1,2"), number("12E45678")
    (1200.5, 1200.5, None, None)
    """
    value = any_number(text, decimal)
    return value if value is not None and isfinite(value) else None  # "12E45678" is a code, not a number


def any_number(text: str, decimal: str = ".") -> float | None:
    """As `number`, and infinite where it is too large for one.

    >>> any_number("-1e400"), any_number("Infinity"), any_number("many")
    (-inf, inf, None)
    """
    if text.strip().lower().lstrip("+-") in ("inf", "infinity"):
        return float(text)
    text = _CURRENCY.sub("", text.strip()).strip().replace("\u2212", "-")
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    if text.endswith("-"):
        text, negative = text[:-1], True
    if " " in text and not _GROUPS.fullmatch(re.sub(r"\s", " ", text)) and not _SCALED.fullmatch(text):
        return None
    text = _SPACES.sub("", text)
    scale = 1.0
    if scaled := _SCALED.fullmatch(text):
        text, scale = scaled[1], _SCALES[scaled[2].lower()]
    pattern, group = (_POINT, ",") if decimal == "." else (_COMMA, ".")
    if not pattern.fullmatch(text):
        return None
    value = float(text.replace(group, "").replace(decimal, ".")) * scale
    return -value if negative else value


def unaccented(text: str) -> str:
    """`text` without the accents of its letters.

    >>> unaccented("Société Größe")
    'Societe Große'
    """
    letters = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def dialled(text: str) -> str:
    """A phone number without what a spreadsheet makes of a number; any other text as it is.

    >>> dialled("3.3612345678E10"), dialled("33612345678.0"), dialled("06.12.34.56.78")
    ('33612345678', '33612345678', '06.12.34.56.78')

    What a narrow cell has cut, such as 3.36E+10, stays as it is: the number is lost.
    """
    text = text.strip()
    found = _SPREADSHEET_NUMBER.fullmatch(text)
    if found is None or found[2] is None:
        return text
    whole, fraction, power = found[1], found[2].rstrip("0"), found[3]
    if power is None:
        return text if fraction else whole
    digits = whole + fraction
    if len(digits) < _SHOWN_DIGITS or len(fraction) > int(power):
        return text
    return digits + "0" * (int(power) - len(fraction))


def boolean(text: str) -> bool | None:
    """Whether `text` says yes or no (English, French, German, Spanish, 1/0), or None."""
    word = text.strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def moment(
    text: str, format: DateFormat | None = None, zone: str = "UTC", edge: DayEdge = "start"
) -> int | None:
    """Microseconds since 1970 UTC of a date or date-time, or None where `text` is not one in `format`.

    A wall clock without an offset belongs to `zone`; a date without a time is that day's `edge`. A
    four-digit year in front is read as year, month, day and a month's name as itself in every format; only
    "01/02/2025" needs `format`, and without one it is None.

    >>> moment("31/12/2025", "dmy") == moment("2025-12-31") == moment("Dec 31, 2025")
    True
    """
    text = text.strip()
    if format is not None and format.startswith(("excel", "epoch")):
        return _counted(text, format, zone, edge)
    try:
        return parse_moment(text, zone, edge)
    except (ValueError, OverflowError):
        return _written(text, format, zone, edge)


def _counted(text: str, format: str, zone: str, edge: DayEdge) -> int | None:
    """A moment written as a count of days (Excel) or of seconds; other texts are read as dates.

    Of `excel_dmy` and `excel_mdy` they are texts in that order, and only counts near our time are dates.
    """
    count = number(text)
    order = format.removeprefix("excel").removeprefix("_") if format.startswith("excel_") else None
    if count is None:
        return moment(text, order, zone, edge)  # type: ignore[arg-type]  # "dmy" or "mdy"
    if not format.startswith("excel"):
        return round(count * (1_000 if format == "epoch_ms" else 1_000_000))
    # Excel's day 1 is 1900-01-01; from March 1900 on its count is the days since 1899-12-30.
    low, high = DAY_COUNTS if order else (61, 2_958_466)
    if not low <= count < high:
        return None
    wall = _EXCEL_EPOCH + timedelta(microseconds=round(count * DAY_US / 1_000_000) * 1_000_000)
    return localise(wall.date() if count == int(count) else wall, zone, edge)


def _written(text: str, format: str | None, zone: str, edge: DayEdge) -> int | None:
    """A date written with separators or a month's name, and perhaps a time of day."""
    clock = _TIME.search(text)
    day = _day_of(text[: clock.start()] + " " + text[clock.end() :] if clock else text, format)
    if day is None:
        return None
    try:
        return localise(day if clock is None else _at(day, clock), zone, edge)
    except (ValueError, OverflowError):
        return None


def _at(day: date, clock: re.Match[str]) -> datetime:
    """`day` at the time of day that `clock` matched; aware where an offset is written."""
    hour, minute, second, fraction, half, offset = clock.groups()
    hours = int(hour)
    if half:
        hours = hours % 12 + (12 if half[0] in "pP" else 0)
    micro = int((fraction or "0").ljust(6, "0")[:6])
    wall = datetime(day.year, day.month, day.day, hours, int(minute or 0), int(second or 0), micro)
    return wall.replace(tzinfo=_offset(offset)) if offset else wall


def _offset(text: str) -> timezone:
    """The fixed offset that "Z", "UTC" or "+02:00" writes."""
    if text[0] not in "+-":
        return timezone(timedelta(0))
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _day_of(text: str, format: str | None) -> date | None:
    """The calendar day in `text`: three parts, one of which may be a month's name."""
    parts = [part for part in _WORDS.findall(text.casefold()) if part.isdigit() or part in _MONTHS]
    leftover = [part for part in _WORDS.findall(text.casefold()) if part not in parts]
    if len(parts) != 3 or any(len(word) > 9 or word.isdigit() for word in leftover) or len(leftover) > 2:
        return None
    named = [place for place, part in enumerate(parts) if part in _MONTHS]
    if named:
        month = _MONTHS[parts.pop(named[0])]
        if len(named) > 1:
            return None
        year, day = (parts[0], parts[1]) if len(parts[0]) == 4 else (parts[1], parts[0])
        return _date(year, month, day)
    order = "ymd" if len(parts[0]) == 4 else format
    if order not in ("dmy", "mdy", "ymd"):
        return None
    by = dict(zip(order, parts, strict=True))
    return _date(by["y"], int(by["m"]), by["d"])


def _date(year: str, month: int, day: str) -> date | None:
    """The date, with a two-digit year in 1970–2069, or None where there is no such day."""
    if len(year) not in (2, 4) or len(day) > 2:
        return None
    full = int(year) + (0 if len(year) == 4 else 2000 if int(year) < 70 else 1900)
    try:
        return date(full, month, int(day))
    except (ValueError, OverflowError):
        return None
