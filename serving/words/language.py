"""The languages there are, and the words of each: one catalogue file a language."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

from features.language import LANGUAGES, Language

_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")

_SUBJECTS = (
    "sentences",
    "assumed",
    "judged",
    "reports",
    "refused",
    "recipe",
    "model",
    "inspected",
    "watched",
)
"""Of what the files of sentences are, each `LANGUAGE_SUBJECT.toml`."""


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(language: Language) -> dict[str, dict[str, Any]]:
    """Section → key → words of a language."""
    return tomllib.loads(_text(f"{language}.toml"))


@lru_cache(maxsize=len(LANGUAGES))
def sentences(language: Language) -> dict[str, str]:
    """English template → its words in `language`; none in English, in which they are composed."""
    found: dict[str, str] = {}
    for subject in () if language == "en" else _SUBJECTS:
        found |= tomllib.loads(_text(f"{language}_{subject}.toml"))
    return found


@lru_cache(maxsize=len(LANGUAGES))
def common_names(language: Language) -> dict[str, str]:
    """Common English name of a field → what it is called in `language`; none in English."""
    return {} if language == "en" else tomllib.loads(_text(f"{language}_names.toml"))


@lru_cache(maxsize=1)
def kinds_known() -> dict[str, Any]:
    """How kinds of events are called: `order`, `bad` and `words` of `kinds.toml`."""
    return tomllib.loads(_text("kinds.toml"))


def language_of(accepted: str | None, otherwise: Language) -> Language:
    """The language that an `Accept-Language` header likes best of those there are (RFC 9110, 12.5.4).

    Of ranges with the same weight the first one counts; what is no header of that form is passed over.

    >>> language_of("fr-CA, en;q=0.8", "en"), language_of("de, *;q=0.5", "fr"), language_of(None, "en")
    ('fr', 'fr', 'en')
    """
    best, weight = otherwise, 0.0
    for part in (accepted or "").split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        named, liked = found[1].lower(), float(found[2] or 1)
        language = next((one for one in LANGUAGES if one == named), None)
        if named == "*":
            language = otherwise
        if language is not None and liked > weight:
            best, weight = language, liked
    return best


def _text(name: str) -> str:
    return files("serving.words").joinpath(name).read_text(encoding="utf-8")
