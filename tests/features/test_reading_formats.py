"""Numbers, dates and answers are read as people write them, and a column decides where a cell cannot."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.cells.parse import parse_phone
from features.cells.written import boolean, dialled, moment, number
from features.clock.instants import from_us, to_us
from features.profiles.recognise import find_format

CENTS = st.integers(-(10**11), 10**11)


@given(CENTS)
def test_every_number_is_read_in_both_notations(cents: int) -> None:
    value = cents / 100
    english = f"{value:,.2f}"
    french = english.replace(",", "\u202f").replace(".", ",")
    german = english.replace(",", "_").replace(".", ",").replace("_", ".")
    assert number(english) == number(f"${english}") == value
    assert number(french, ",") == number(f"{french} €", ",") == number(f"{german} EUR", ",") == value


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_every_day_is_read_in_each_order(day: date) -> None:
    us = to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert moment(day.strftime("%d/%m/%Y"), "dmy") == us
    assert moment(day.strftime("%m/%d/%Y"), "mdy") == us
    assert moment(day.strftime("%d.%m.%y"), "dmy") == us
    assert moment(day.strftime("%Y/%m/%d")) == us
    assert moment(day.strftime("%d %b %Y")) == us
    assert moment(str((day - date(1899, 12, 30)).days), "excel") == us


@given(st.dates(date(1950, 1, 1), date(2068, 12, 31)), st.sampled_from(["dmy", "mdy"]))
def test_day_counts_stand_beside_texts_in_one_column(day: date, order: str) -> None:
    us = to_us(datetime(day.year, day.month, day.day, tzinfo=UTC))
    text = day.strftime("%d/%m/%Y" if order == "dmy" else "%m/%d/%Y")
    both = f"excel_{order}"
    count = str((day - date(1899, 12, 30)).days)
    assert moment(text, both) == moment(count, both) == moment(day.isoformat(), both) == us  # type: ignore[arg-type]
    assert moment(str(day.year), both) is None  # type: ignore[arg-type]  # a year is no count of days


@given(st.integers(10**9, 10**15 - 1))
def test_a_phone_is_the_same_however_a_spreadsheet_writes_its_digits(digits: int) -> None:
    plain = str(digits)
    shown = f"{plain[0]}.{plain[1:].rstrip('0') or '0'}E{len(plain) - 1}"
    whole = len(plain.rstrip("0")) >= 7
    assert dialled(f"{plain}.0") == plain
    assert (dialled(shown) == plain) == whole
    assert parse_phone(shown) == float(whole)
    assert parse_phone(plain) == parse_phone(f"{plain}.0") == parse_phone(float(digits)) == 1.0


@given(
    st.text(max_size=30),
    st.sampled_from(["iso", "dmy", "mdy", "excel", "excel_dmy", "epoch_s", "epoch_ms", None]),
)
def test_no_text_makes_a_parser_fail(text: str, written: str | None) -> None:
    number(text)
    number(text, ",")
    boolean(text)
    moment(text, written)  # type: ignore[arg-type]


@given(st.from_regex(r"[0-9 .,:/\-TZ+]{1,40}", fullmatch=True))
def test_no_digits_and_marks_make_a_parser_fail(text: str) -> None:
    for written in ("iso", "dmy", "excel", "epoch_ms"):
        moment(text, written)  # type: ignore[arg-type]
    number(text)


@pytest.mark.parametrize(
    ("text", "written", "iso"),
    [
        ("31/12/2025 14h30", "dmy", "2025-12-31T14:30:00+00:00"),
        ("12/31/2025 2:05 PM", "mdy", "2025-12-31T14:05:00+00:00"),
        ("5 janv. 2025", None, "2025-01-05T00:00:00+00:00"),
        ("Mon, 5 Jan 2025 10:00:00 +0200", None, "2025-01-05T08:00:00+00:00"),
        ("45658.5", "excel", "2025-01-01T12:00:00+00:00"),
        ("1735689600000", "epoch_ms", "2025-01-01T00:00:00+00:00"),
    ],
)
def test_written_moments(text: str, written: str | None, iso: str) -> None:
    us = moment(text, written)  # type: ignore[arg-type]
    assert us is not None
    assert from_us(us).isoformat() == iso


@pytest.mark.parametrize("text", ["31/12/2025", "01/02/2025", "2025", "12:30", "3.5", "99/99/9999", ""])
def test_what_is_not_plainly_a_date_is_none(text: str) -> None:
    assert moment(text) is None


COLUMNS = {
    "amounts": (["1 200,50 €", "3,5", "10", "7 000"], "number", "decimal_comma"),
    "thousands": (["$1,200", "$3,400", "$900"], "number", None),
    "shares": (["12 %", "3.5%", "0 %"], "number", None),
    "french days": (["31/01/2025", "02/03/2025", "2025-01-05"], "date", "dmy"),
    "american days": (["01/31/2025", "02/03/2025"], "date", "mdy"),
    "created": (["45658", "45659.5", "2025-01-03"], "date", "excel"),
    "created at": (["45658", "31/01/2025", "45659.5", "02/03/2025"], "date", "excel_dmy"),
    "seen": (["45658", "01/31/2025", "45659.5", "02/13/2025"], "date", "excel_mdy"),
    "stamp": (["1735689600000", "1735689600001"], "date", "epoch_ms"),
    "postcode": (["01200", "75001", "13002"], "category", None),
    "answer": (["oui", "non", "non"], "boolean", None),
    "phone": (["06 12 34 56 78", "0612345679", "+33 6 12 34 56 70"], "phone", None),
    "mobile": (["3.3612345678E10", "33612345679.0", "+33 6 12 34 56 70"], "phone", None),
    "Mobile": (["3.3612345678E10", "3.3612345679e+10"], "phone", None),
    "handle": (["@ann", "@bob", "@ann"], "category", None),
    "note": (["call @ann again", "ann@x.org wrote", "call @ann again"], "category", None),
    "address": (["a@x.org", "b@", "c@y.fr"], "email", None),
    "staff": (["1-5", "5-25", "1000+", "1-5"], "category", None),
    "Total Time Spent": (["120", "19500", "0", "44"], "number", None),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_says_what_its_cells_are(name: str) -> None:
    cells, kind, written = COLUMNS[name]
    found = find_format(pd.Series(cells, dtype=object), name)
    assert (found.type, found.format, found.misfits) == (kind, written, 0)


def test_a_date_that_could_be_two_days_is_doubtful() -> None:
    assert find_format(pd.Series(["01/02/2025", "03/04/2025"], dtype=object)).doubtful


def test_dates_written_in_too_many_ways_are_counted() -> None:
    mixed = ["45658", "1735689600000", "31/12/2025", "12/31/2025", "2025-01-01", "soon"]
    found = find_format(pd.Series(mixed * 3, dtype=object), "created")
    assert (found.type, found.dated) == ("category", 15)
    assert find_format(pd.Series(["red", "45658", "blue"] * 3, dtype=object)).dated == 0
    postcodes = pd.Series(["01200", "75001", "69003", "69003"] * 9, dtype=object)
    assert (find_format(postcodes, "CP").type, find_format(postcodes, "CP").dated) == ("category", 0)


def test_texts_that_mean_no_value_are_found_where_they_behave_so() -> None:
    picked = find_format(pd.Series(["Select", "Web", "Web", "n/a"], dtype=object))
    assert picked.missing == ("Select", "n/a")
    assert find_format(pd.Series(["unknown", "yes", "no"] * 50, dtype=object)).missing == ("unknown",)
    beside_empty = pd.Series(["unknown", "red", "blue", None] * 50, dtype=object)
    assert find_format(beside_empty).missing == ()
    never = pd.Series([str(day) for day in range(30)] * 2 + ["999"] * 40, dtype=object)
    assert find_format(never).missing == ("999",)


def test_country_codes_are_not_taken_for_missing() -> None:
    codes = pd.Series(["NA", "FR", "DE", "IT", "ES", "GB", "US"] * 3, dtype=object)
    assert find_format(codes).missing == ()
