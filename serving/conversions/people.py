"""How ad platforms want a person named: normalised first, then hashed; never in the clear.

Trimmed, lower case, no dots before @gmail.com; telephone numbers in E.164; SHA-256 in hex (Google's page on
enhanced conversions; Meta and LinkedIn hash the same texts).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import phonenumbers

if TYPE_CHECKING:
    from serving.conversions.platforms import PlatformName

_GMAIL = ("gmail.com", "googlemail.com")


def hashed_email(text: str, platform: PlatformName) -> str | None:
    """The hash of an address as `platform` normalises it, None where it is none.

    Microsoft drops dots and what follows a plus in front of every domain, Google dots of its own only.
    """
    name, at, domain = text.strip().lower().rpartition("@")
    if not (at and name and "." in domain) or any(letter.isspace() for letter in name + domain):
        return None
    if platform == "microsoft":
        name = name.partition("+")[0]
    if platform == "microsoft" or (platform == "google" and domain in _GMAIL):
        name = name.replace(".", "")
    return _hash(f"{name}@{domain}") if name else None


def hashed_phone(text: str, region: str | None, platform: PlatformName) -> str | None:
    """The hash of a number in E.164, None where it is none; `region` (FR) reads those without a country.

    Meta hashes the digits without the plus.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return _hash(written.lstrip("+") if platform == "meta" else written)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
