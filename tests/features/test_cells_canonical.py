"""One cell becomes the value that its type promises, a missing one None, and what cannot be read is told."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import parse_recipe
from features.cells.emails import email_kind, email_label
from features.cells.fields import CellParser, cell_parser, field_parsers
from features.cells.parse import (
    YearError,
    date_expected,
    id_text,
    is_endless,
    is_missing,
    parse_amount,
    parse_boolean,
    parse_category,
    parse_date,
    parse_number,
    parse_text,
)
from features.clock.instants import to_us
from features.recipe.crm import LeadField

RECIPE = """
[recipe]
zone = "Europe/Paris"

[tables]
leads = "leads.csv"

[lead]
id = "lead_id"
created_at = "created_at"

[lead.fields.size]
type = "number"
missing = ["-1", " N.N. "]

[lead.fields.budget]
type = "number"
format = "decimal_comma"

[lead.fields.price]
type = "number"
format = "decimal_point"

[lead.fields.company]
type = "category"
means = "company"

[lead.fields.site]
type = "category"
means = "domain"

[lead.fields.title]
type = "text"

[lead.fields.agreed]
type = "boolean"

[lead.fields.seen]
type = "date"

[lead.fields.sent]
type = "date"
format = "dmy"

[lead.fields.serial]
type = "date"
format = "excel"

[lead.fields.mail]
type = "email"

[lead.fields.mobile]
type = "phone"
"""


@pytest.fixture
def parsers() -> dict[str, CellParser]:
    return {parser.name: parser for parser in field_parsers(parse_recipe(RECIPE))}


def test_each_field_has_its_column_and_an_address_and_a_company_a_second_one(parsers):
    assert [(p.name, p.field, p.stored, p.reports) for p in parsers.values()] == [
        ("size", "size", "float64", True),
        ("budget", "budget", "float64", True),
        ("price", "price", "float64", True),
        ("company", "company", "string", True),
        ("company.compact", "company", "string", False),
        ("site", "site", "string", True),
        ("site.compact", "site", "string", False),
        ("title", "title", "string", True),
        ("agreed", "agreed", "float64", True),
        ("seen", "seen", "int64", True),
        ("sent", "sent", "int64", True),
        ("serial", "serial", "int64", True),
        ("mail", "mail", "string", True),
        ("mail.label", "mail", "string", False),
        ("mobile", "mobile", "float64", True),
    ]


PARIS_MIDNIGHT = to_us(datetime(2025, 1, 30, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("size", "1,200.5", 1200.5),
        ("size", -1, None),
        ("size", "n.n.", None),
        ("budget", "1 200,50 €", 1200.5),
        ("price", "1.2", 1.2),
        ("company", " ACME  Inc ", "acme inc"),
        ("company.compact", "Acmé, Inc.", "acmeinc"),
        ("company.compact", "--", None),
        ("site.compact", "www.acme-group.io", "wwwacmegroupio"),
        ("title", "VP, Sales", " vp sales "),
        ("agreed", "oui", 1.0),
        ("agreed", "0", 0.0),
        ("seen", "2025-01-31", PARIS_MIDNIGHT),
        ("sent", "31/01/2025", PARIS_MIDNIGHT),
        ("serial", 45688, PARIS_MIDNIGHT),
        ("mail", "jane@gmail.com", email_kind("jane@gmail.com")),
        ("mail.label", "jane@acme.io", email_label("jane@acme.io")),
        ("mobile", 33123456789.0, 1.0),
        ("mobile", "call me", 0.0),
    ],
)
def test_a_cell_is_read_by_the_type_of_its_field(parsers, name, raw, value):
    assert parsers[name].parse(raw) == value


@given(st.sampled_from([None, "", " ", "NaN", "n/a", "NULL", "None", "nat", "<NA>", math.nan, pd.NaT, pd.NA]))
def test_what_says_nothing_is_missing_in_every_type(raw):
    for parser in field_parsers(parse_recipe(RECIPE)):
        assert parser.parse(raw) is None
    assert is_missing(raw)


@pytest.mark.parametrize(
    ("raw", "missing"),
    [(-1, True), (-1.5, False), ("-1", True), (" -1 ", True), ("nan", False), (math.nan, True), (0, False)],
)
def test_a_recipe_s_own_words_for_missing_hold_for_numbers_and_texts(raw, missing):
    assert is_missing(raw, frozenset({"-1"})) == missing


@given(st.floats(allow_nan=False))
def test_a_number_is_itself_or_missing_beyond_what_a_scorer_can_multiply(x):
    expected = x if abs(x) <= 1e300 else None
    for raw in (x, np.float64(x), repr(x)):
        assert parse_number(raw) == expected


def test_the_largest_number_counts_and_the_next_one_is_missing():
    for sign in (1, -1):
        assert parse_number(sign * 1e300) == sign * 1e300
        assert parse_number(sign * math.nextafter(1e300, math.inf)) is None
        assert parse_number(f"{sign * 1e301}") is None


ENDLESS = ["inf", " -Infinity ", "+INF", math.inf, -math.inf, "1e400", "-1E+400", "9" * 400, "$ 1e309"]
ENDLESS += ["1e301", 1e301, 10**400, Fraction(-(10**400)), Decimal("Infinity"), np.float32("inf")]


@pytest.mark.parametrize("raw", ENDLESS, ids=lambda raw: str(raw)[:12])
def test_an_infinity_is_missing_however_it_is_written(raw):
    assert parse_number(raw) is None
    assert parse_number(raw, ",") is None
    assert is_endless(raw)


@given(
    st.one_of(st.none(), st.floats(-1e300, 1e300), st.booleans(), st.text(alphabet="1.,-inaf€ ", max_size=6))
)
def test_only_a_number_is_endless(raw):
    if is_endless(raw):
        assert str(raw).strip().lower().lstrip("+-") == "inf"


@given(st.floats(allow_nan=False), st.floats(1e-300, 1e300))
def test_an_amount_at_any_rate_is_a_number_that_a_scorer_can_multiply(amount, rate):
    found = parse_amount(f"{amount!r} USD", ".", {"EUR": 1.0, "USD": rate}) if math.isfinite(amount) else None
    assert found is None or abs(found) <= 1e300


@pytest.mark.parametrize(
    ("raw", "value"),
    [(Decimal("1.5"), 1.5), (Fraction(1, 4), 0.25), (True, 1.0), (np.int64(3), 3.0), (np.float32(0.5), 0.5)],
)
def test_every_kind_of_number_is_a_number(raw, value):
    found = parse_number(raw)
    assert (found, type(found)) == (value, float)


@pytest.mark.parametrize(
    ("raw", "decimal", "example"),
    [("many", ".", "12.5"), ("many", ",", "12,5"), (object(), ".", "12.5"), (b"12", ",", "12.5")],
)
def test_what_is_no_number_is_told_with_an_example_in_the_column_s_own_mark(raw, decimal, example):
    with pytest.raises(ValueError, match=rf"^a number such as {re.escape(example)}$"):
        parse_number(raw, decimal)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (" Mid  Market\t", "mid market"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        (3.0, "3"),
        (-3.0, "-3"),
        (3, "3"),
        (0.5, "0.5"),
        (True, "true"),
        (999_999_999_999_999.0, "999999999999999"),
        (1e15, "1000000000000000.0"),
        (math.inf, "inf"),
    ],
)
def test_a_category_is_casefolded_text_and_a_whole_number_has_no_point(raw, text):
    assert parse_category(raw) == text


@given(st.text(alphabet="aBé ÉçZ-_,.09\t'"))
def test_a_text_is_its_words_without_accents_between_single_spaces(raw):
    plain = raw.lower()
    for accented, letter in (("é", "e"), ("ç", "c")):
        plain = plain.replace(accented, letter)
    words = re.findall("[a-z0-9]+", plain)
    assert parse_text(raw) == " " + " ".join(words) + " "


@pytest.mark.parametrize(("raw", "value"), [(True, 1.0), (1.0, 1.0), ("Non", 0.0), (False, 0.0), (0, 0.0)])
def test_a_yes_is_one_and_a_no_is_nought(raw, value):
    found = parse_boolean(raw)
    assert (found, type(found)) == (value, float)


def test_what_is_neither_yes_nor_no_is_told():
    with pytest.raises(ValueError, match="true or false"):
        parse_boolean("perhaps")


STAND_INS = """
[tables]
leads = "leads.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[recipe]
zone = "Europe/Paris"
[outcomes]
column = "status"
won = ["won"]
[lead.fields.size]
type = "number"
missing = ["-1", "unknown"]
[lead.fields.budget]
type = "number"
format = "decimal_comma"
missing = ["999,5"]
[lead.fields.seen]
type = "date"
missing = ["1900-01-01", "1970-01-01"]
[lead.fields.sent]
type = "date"
format = "dmy"
missing = ["01/01/1900", "1970-01-01", "03/02/1971"]
[lead.fields.left]
type = "date"
format = "excel"
missing = ["19710203"]
[lead.fields.title]
type = "text"
missing = ["-1"]
"""


@pytest.mark.parametrize(
    ("name", "raw", "missing"),
    [
        ("size", -1.0, True),
        ("size", "-1.00", True),
        ("size", "unknown", True),
        ("size", 1, False),
        ("budget", "999,50", True),
        ("budget", 999.5, True),
        ("budget", "998,5", False),
        ("seen", "1900-01-01T00:00:00", True),
        ("seen", "1969-12-31T23:00:00Z", True),
        ("seen", "1970-01-01T00:00:00Z", False),
        ("seen", "1901-01-01", False),
        ("sent", "1.1.1900", True),
        ("sent", "01/01/1970", True),
        ("sent", "02/01/1970", False),
        ("sent", "1971-02-03", True),
        ("sent", "1971-03-02", False),
        ("left", "1971-02-03", True),
        ("left", "25967", True),
        ("left", "25968", False),
        ("title", "-1.0", False),
    ],
)
def test_a_stand_in_is_missing_however_a_cell_writes_its_number_or_date(name, raw, missing):
    (parser,) = (p for p in field_parsers(parse_recipe(STAND_INS)) if p.name == name)
    assert (parser.parse(raw) is None) == missing


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (12.0, "12"), (np.float64(7), "7"), (12.5, "12.5"), (7, "7"), (" a1 ", "a1"), ("NULL", "NULL"),
        ("nan", "nan"), ("", None), ("  ", None), (None, None), (math.nan, None), (pd.NA, None),
    ],
)  # fmt: skip
def test_an_id_is_its_text_and_words_for_missing_are_ids_too(raw, text):
    assert id_text(raw) == text


@pytest.mark.parametrize("raw", ["1900-01-01T00:00:00Z", "2099-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_that_are_dates_count(raw):
    assert parse_date(raw, "UTC", "start") == to_us(datetime.fromisoformat(raw))


@pytest.mark.parametrize("raw", ["1899-12-31T23:59:59.999999Z", "2100-01-01T00:00:00Z"])
def test_a_year_that_cannot_be_meant_is_told_with_the_form_that_was_expected(raw):
    with pytest.raises(YearError, match=re.escape(date_expected(None))):
        parse_date(raw, "UTC", "start")
    with pytest.raises(YearError, match=re.escape(date_expected("dmy"))):
        parse_date("01/01/2100", "UTC", "start", "dmy")


RATES = {"EUR": 1.0, "USD": 0.5}


@pytest.mark.parametrize(
    ("raw", "rates", "worth"),
    [
        ("1,000 USD", RATES, 500.0),
        ("$1,000.50", RATES, 500.25),
        ("20 €", RATES, 20.0),
        ("20", RATES, 20.0),
        (20.0, RATES, 20.0),
        ("inf", RATES, None),
        ("20 GBP", {}, 20.0),
    ],
)
def test_an_amount_is_worth_what_its_currency_is_by_the_declared_rates(raw, rates, worth):
    assert parse_amount(raw, ".", rates) == worth


def test_an_amount_in_a_currency_without_a_rate_is_told_with_those_that_have_one():
    with pytest.raises(ValueError, match=r"^an amount in EUR or USD; its field has no rate for another"):
        parse_amount("20 GBP", ".", RATES)


def test_a_field_s_rates_are_those_by_which_its_cells_are_read():
    field = LeadField.model_validate({"type": "number", "rates": RATES})
    assert cell_parser(field, "UTC")("1,000 USD") == 500.0
