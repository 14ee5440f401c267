"""One cell at a time: raw value → canonical value, the same for a request and for a table's unique values.

Canonical: number float (finite), category stripped casefolded str, text lower-case words between spaces,
boolean 1.0/0.0, date µs, email its kind, phone 1.0/0.0 for a possible number. Missing is None. A cell that
holds something else raises ValueError whose text says what is accepted, never what was given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from numbers import Real
from typing import Literal

import numpy as np

from features.cells.contact import can_be_dialled
from features.cells.currencies import currency_of
from features.cells.written import any_number, unaccented
from features.cells.written import boolean as written_boolean
from features.cells.written import moment as written_moment
from features.clock import FIRST_US, RANGE_WORDS, DayEdge, to_us
from features.clock.instants import LAST_US, localise
from features.recipe import DateFormat

Canonical = float | int | str | None
StoredType = Literal["float64", "int64", "string"]

MISSING_TEXTS = frozenset({"", "nan", "n/a", "null", "none", "nat", "<na>"})
_DAY_LENGTH = len("2025-01-31")
LARGEST = 1e300
"""Beyond it, products in a scorer would overflow to infinity."""


def is_missing(raw: object, missing: frozenset[str] = MISSING_TEXTS) -> bool:
    """Whether a cell says nothing: None, NaN, NaT, or one of the `missing` texts."""
    if raw is None:
        return True
    if isinstance(raw, str):
        return raw.strip().lower() in missing
    text = str(raw).lower()  # 'nan', 'nat' and '<na>' are how the missing values of libraries print
    return text in MISSING_TEXTS or text in missing


def parse_number(raw: object, decimal: str = ".") -> float | None:
    """A finite number, also as people write it ("1 200,50 €" with `decimal=","`).

    Infinities and numbers beyond 1e300 count as missing, however they are written ("inf", 1e400).

    Raises:
        ValueError: not a number.
    """
    return _usable(_any_number(raw, decimal))


def is_endless(raw: object) -> bool:
    """Whether a cell holds a number that counts as missing because it is infinite or beyond 1e300."""
    for decimal in ".,":
        try:
            number = _any_number(raw, decimal)
        except ValueError:
            continue
        return not math.isnan(number) and _usable(number) is None
    return False


def _any_number(raw: object, decimal: str) -> float:
    """The number of a cell, infinite where it is too large for one; a ValueError where it holds none."""
    if isinstance(raw, str):
        found = any_number(raw, decimal)
        if found is None:
            raise ValueError(f"a number such as 12{decimal}5")
        return found
    if isinstance(raw, Real) or hasattr(raw, "__float__"):
        try:
            return float(raw)
        except OverflowError:  # a whole number of more than 308 digits
            return math.inf
    raise ValueError("a number such as 12.5")


def _usable(number: float) -> float | None:
    return number if abs(number) <= LARGEST else None


def parse_amount(raw: object, decimal: str, rates: Mapping[str, float]) -> float | None:
    """A number as `parse_number` reads it; with `rates`, what it is worth in the currency that is counted in,
    missing where that is beyond 1e300.

    Raises:
        ValueError: not a number, or in a currency of which no rate is declared.
    """
    number = parse_number(raw, decimal)
    code = currency_of(raw) if rates and isinstance(raw, str) else None
    if number is None or code is None:
        return number
    if code not in rates:
        raise ValueError(f"an amount in {' or '.join(rates)}; its field has no rate for another currency")
    return _usable(number * rates[code])


def parse_category(raw: object) -> str:
    """Stripped, casefolded, inner white space collapsed; whole numbers without '.0'."""
    return " ".join(text_of(raw).casefold().split())


def parse_text(raw: object) -> str:
    """Lower-case words without accents, one space around each, so that ' vp ' finds a whole word."""
    return f" {' '.join(_words(text_of(raw)))} "


def parse_boolean(raw: object) -> float:
    """1.0 or 0.0.

    Raises:
        ValueError: not a yes or a no.
    """
    said = written_boolean(text_of(raw))
    if said is None:
        raise ValueError("true or false (also yes/no, 1/0, oui/non)")
    return float(said)


class YearError(ValueError):
    """A date of a year such as 1 or 9999, by which databases say that there is none."""


def parse_date(raw: object, zone: str, edge: DayEdge = "start", form: DateFormat | None = None) -> int:
    """Microseconds since 1970 UTC of a text in ISO 8601 (or in `form`), or of a date or datetime object.

    Raises:
        ValueError: not a date; a `YearError` where its year cannot be meant.
    """
    us = iso_us(raw) if form is None else None
    try:
        if us is not None:
            pass
        elif isinstance(raw, date | datetime):
            us = localise(raw, zone, edge)
        elif isinstance(raw, str) or form is not None:
            us = written_moment(text_of(raw), form, zone, edge)
    except (ValueError, OverflowError):
        us = None
    if us is not None and not FIRST_US <= us <= LAST_US:
        raise YearError(date_expected(form))
    if us is None:
        raise ValueError(date_expected(form))
    return us


def date_expected(form: DateFormat | None) -> str:
    """What is accepted where a date is read."""
    written = f" or in the form {form}" if form is not None else ""
    return f"a date or date-time {RANGE_WORDS} in ISO 8601 such as 2025-01-31T09:30:00+01:00{written}"


def iso_us(raw: object) -> int | None:
    """Microseconds of an ISO 8601 date-time with its offset in an accepted year, None for all else.

    Most events of a request have one, so it is looked for first.
    """
    if type(raw) is not str or len(raw) <= _DAY_LENGTH:
        return None
    try:
        moment = datetime.fromisoformat(raw)
        us = None if moment.tzinfo is None else to_us(moment)
    except (ValueError, OverflowError):
        return None
    return us if us is not None and FIRST_US <= us <= LAST_US else None


def parse_phone(raw: object) -> float:
    """1.0 when `raw` could be dialled (see `can_be_dialled`), else 0.0."""
    return float(can_be_dialled(text_of(raw)))


def text_of(raw: object) -> str:
    """A cell as text: 12.0 is '12'."""
    if isinstance(raw, float) and math.isfinite(raw) and raw.is_integer() and abs(raw) < 1e15:
        return str(int(raw))
    return str(raw)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unaccented(text.lower()))


def compact(raw: object) -> str | None:
    """The letters and digits of a name without anything between them, None where it has none."""
    return "".join(_words(text_of(raw))) or None


def id_text(raw: object) -> str | None:
    """A lead's or account's id as text: 12 and 12.0 are '12'; None where empty."""
    if is_missing(raw, frozenset({""})):
        return None
    if isinstance(raw, float | np.floating) and float(raw).is_integer():
        return str(int(raw))
    return str(raw).strip()
