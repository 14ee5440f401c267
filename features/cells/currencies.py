"""Which currency an amount is written in."""

from __future__ import annotations

import re

_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR"}
_CODES = re.compile(r"\b(EUR|USD|GBP|CHF|JPY|CAD|AUD|SEK|NOK|DKK|PLN|CZK|INR|BRL|MXN)\b", re.IGNORECASE)


def currency_of(text: str) -> str | None:
    """The code of the currency that is written beside an amount; None where there is none.

    >>> currency_of("1 200,50 €"), currency_of("usd 900"), currency_of("900")
    ('EUR', 'USD', None)
    """
    sign = next((code for sign, code in _SIGNS.items() if sign in text), None)
    if sign is not None:
        return sign
    found = _CODES.search(text)
    return found[1].upper() if found else None
