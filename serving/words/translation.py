"""Sentences that were composed in English, in another language: one template each, values kept as they are.

Reasons are composed in their language; these are the other sentences of an answer, a plan and a page, which
are made where no language is known yet (by who reads a lead, by the scorecard, by a gate of the law).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from features.language import Language
from serving.words.language import catalogue, sentences

_PLACE = re.compile(r"\\\{(\w+)\\\}")
_WHOLE, _NUMBER = "_said", "count"
"""A value of a template whose name ends with the one is a sentence itself; with the other begins a number."""


class _Template(NamedTuple):
    pattern: re.Pattern[str]
    other: str


@lru_cache(maxsize=10_000)
def translated(text: str, language: Language) -> str:
    """`text` in `language`, or as it is where no template of that language fits it.

    >>> translated("3 events after as_of were left out", "fr")
    '3 événements postérieurs à la date de calcul ont été laissés de côté'
    >>> translated("3 events after as_of were left out", "en")
    '3 events after as_of were left out'
    """
    for template in _templates(language):
        found = template.pattern.fullmatch(text)
        if found is not None:
            values = {name: _value(name, value, language) for name, value in found.groupdict().items()}
            return template.other.format(**values)
    return text


def _value(name: str, value: str, language: Language) -> str:
    if name.endswith(_WHOLE):
        return translated(value, language)
    if name.startswith(_NUMBER):
        return value.replace(",", str(catalogue(language)["signs"]["group"]))
    return value


@lru_cache(maxsize=8)
def _templates(language: Language) -> tuple[_Template, ...]:
    """The templates of a language in their order; of two that fit the first is taken."""
    return tuple(_Template(_pattern(english), other) for english, other in sentences(language).items())


def _pattern(english: str) -> re.Pattern[str]:
    """What the values of a template may be: anything, as little as fits."""
    return re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)
