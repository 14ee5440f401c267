"""One cell: how people write it, and the canonical value it stands for."""

from features.cells.emails import email_label
from features.cells.fields import CellParser, field_parsers
from features.cells.parse import MISSING_TEXTS, Canonical, date_expected, is_missing, parse_date, parse_text
from features.cells.written import boolean, moment, number

__all__ = [
    "MISSING_TEXTS",
    "Canonical",
    "CellParser",
    "boolean",
    "date_expected",
    "email_label",
    "field_parsers",
    "is_missing",
    "moment",
    "number",
    "parse_date",
    "parse_text",
]
