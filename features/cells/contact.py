"""What an e-mail address and a phone number look like, and what could be dialled."""

from __future__ import annotations

import re

from features.cells.written import dialled

_EMAIL = re.compile(r"[^@\s]+@\S*")
_PHONE = re.compile(r"[+(]?\d[\d\s().\-/]{5,22}\d(?:\s*(?:x|ext\.?)\s*\d{1,6})?")
_DIALLED = re.compile(r"[\d\s+().\-/x#]+")
_OWN_DIGITS = 9


def looks_like_email(text: str) -> bool:
    """Whether `text` was meant as an address, broken ones included: no space, and something before the @.

    >>> looks_like_email("jane@acme"), looks_like_email("write to jane@acme.com"), looks_like_email("@acme")
    (True, False, False)
    """
    return _EMAIL.fullmatch(text) is not None


def looks_like_phone(text: str) -> bool:
    """Whether `text` is written as phone numbers are, an extension included.

    >>> looks_like_phone("(0)6 12.34.56 ext. 12"), looks_like_phone("AB-1234567")
    (True, False)
    """
    return _PHONE.fullmatch(text) is not None


def can_be_dialled(text: str) -> bool:
    """Whether `text` is 7 to 15 digits (as in E.164) between the usual separators.

    A number as spreadsheets write it (3.3612345678E10, 33612345678.0) is its digits.
    """
    plain = dialled(text)
    return 7 <= len(re.sub(r"\D", "", plain)) <= 15 and _DIALLED.fullmatch(plain.lower()) is not None


def contact_key(kind: str, text: str) -> str | None:
    """What two ways to write one address (`kind` 'email') or number ('phone') share; None where it is none.

    Of a number its last nine digits count, so that it is the same with and without its country.

    >>> contact_key("email", " Jane@Acme.com"), contact_key("phone", "+33 6 12 34 56 78")
    ('jane@acme.com', '612345678')
    """
    plain = text.strip()
    if kind == "email":
        return plain.casefold() if looks_like_email(plain) else None
    return re.sub(r"\D", "", dialled(plain))[-_OWN_DIGITS:] if can_be_dialled(plain) else None
