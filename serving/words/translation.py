"""Sentences that were composed in English, in another language: one template each, values kept as they are.

Reasons are composed in their language; these are the other sentences of an answer, a plan and a page, which
are made where no language is known yet (by who reads a lead, by the scorecard, by a gate of the law).
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import NamedTuple

from features.language import Language
from serving.words.language import catalogue, sentences

LONGEST = 2_000
"""Characters of the longest text that is looked up: no sentence of ours is longer, one of a lead may be."""
_DEEPEST = 12
"""Sentences within sentences: more only a text has that was made for it."""
_PLACE = re.compile(r"\{(\w+)\}")
_WHOLE, _NUMBER, _LIST = "_said", re.compile(r"count(_\w+)?"), re.compile(r"list(_\w+)?")
_WRITTEN = re.compile(r"(name|names|own|column|columns|file|field|segment)(_\w+)?")
"""A value of a template whose name ends with the first is a sentence itself. Called as the second it is a
number, as the third several of our words, as the fourth what a company wrote: that stays, also where it looks
like a figure."""
_DATE = re.compile(r"date(_\w+)?")
"""A value of a template that is called so is a day as ISO 8601 writes it."""
_BETWEEN = re.compile(r"(, | and |; )")
_SENTENCES = re.compile(r"(?<=[.:?]) (?=[A-Z'])")


_HEAD = re.compile(r'<html lang="\w+">')
_TEXT = re.compile(r"(<\w[^<>]*)?>([^<>]+)<|\baria-label=\"([^\"]+)\"")
"""A text of a page, after the tag that it begins if it does, or one that only a screen reader says."""
_OWN = ' translate="no"'
"""Of an element whose text a company wrote: nobody translates it, nor does a browser."""
_COUNT, _DAY = r"\d[\d,.]*", r"\d{4}-\d\d-\d\d"
_FIGURE = re.compile(r"[-+−±×]?\d[^A-Za-z]*")
_GROUP, _POINT = re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), re.compile(r"(?<![\d.]\.)(?<=\d)\.(?=\d+(?![\d.]))")


class _Template(NamedTuple):
    start: str
    end: str
    pattern: re.Pattern[str]
    other: str


@lru_cache(maxsize=10_000)
def translated(text: str, language: Language) -> str:
    """`text` in `language`, or as it is where no template of that language fits or it is beyond `LONGEST`.

    >>> translated("3 events after as_of were left out", "fr")
    '3 événements postérieurs à la date de calcul ont été laissés de côté'
    >>> translated("3 events after as_of were left out", "en")
    '3 events after as_of were left out'
    """
    return text if len(text) > LONGEST else _told(text, language, _DEEPEST)


def translated_text(text: str, language: Language) -> str:
    """`text` in `language`, each of its sentences alone, else whole; with a capital and a stop or without.

    >>> translated_text("Give both. Opted out of being contacted. The moon is full.", "fr")
    'Donner les deux. Ne souhaite pas être contacté. The moon is full.'
    """
    if language == "en":
        return text
    parts = _SENTENCES.split(text)
    told = [_sentence(one, language) for one in parts]
    if text not in sentences(language) and all(one != part for one, part in zip(told, parts, strict=True)):
        return " ".join(told)
    whole = _sentence(text, language)
    return whole if whole != text else " ".join(told)


def _sentence(text: str, language: Language) -> str:
    """One that is known, or known without its stop or its capital; word by word before with values."""
    stems = {"": text} | ({".": text[:-1]} if text.endswith(".") else {})
    for known in (sentences(language).get, lambda one: translated(one, language)):
        for stop, stem in stems.items():
            if (other := known(stem)) not in (None, stem):
                return f"{other}{stop}"
            small = stem[:1].lower() + stem[1:]
            if (other := known(small)) not in (None, small):
                return f"{other[:1].upper()}{other[1:]}{stop}"
    return text


def document_in(document: str, language: Language) -> str:
    """A whole HTML document of English words in `language`, which it then names as its own."""
    if language == "en":
        return document
    return _HEAD.sub(f'<html lang="{language}">', translated_page(document, language), count=1)


def _told(text: str, language: Language, deeper: int) -> str:
    if (exact := sentences(language).get(text)) is not None:
        return exact
    for template in _templates(language):
        if not (text.startswith(template.start) and text.endswith(template.end)):
            continue
        found = template.pattern.fullmatch(text)
        if found is not None:
            values = {
                name: _value(name, value, language, deeper) for name, value in found.groupdict().items()
            }
            return template.other.format(**values)
    return text


def translated_page(source: str, language: Language) -> str:
    """The markup of a page with each of its texts in `language`, its figures as that language writes them.

    What a company wrote stays: an element that says `translate="no"`.

    >>> translated_page("<td>hot</td><td>1,234.5</td><p>of another company</p>", "fr").replace("\\u202f", " ")
    '<td>chaud</td><td>1 234,5</td><p>of another company</p>'
    >>> translated_page('<td translate="no">hot</td>', "fr")
    '<td translate="no">hot</td>'
    """
    if language == "en":
        return source

    def told(found: re.Match[str]) -> str:
        start, inner, label = found.groups()
        if start and _OWN in start:
            return found[0]
        text = html.unescape(inner or label)
        text, before, after = text.strip(), *_spaces(text)
        figure = _FIGURE.fullmatch(text) is not None
        other = figures(text, language) if figure else translated_text(text, language)
        if other == text:
            return found[0]
        kept = html.escape(before + other + after, quote=True)
        return f"{start or ''}>{kept}<" if inner else f'aria-label="{kept}"'

    return _TEXT.sub(told, source)


def _spaces(text: str) -> tuple[str, str]:
    """The space before a text and after it."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :] if text.strip() else ""


def figures(text: str, language: Language) -> str:
    """A text of figures alone, such as '1,234.5 [0.2, 0.4]', as a language writes it.

    >>> figures("0.25 [0.10,\\N{NO-BREAK SPACE}0.40]", "fr").replace("\\xa0", " ")
    '0,25 [0,10 ; 0,40]'
    """
    if language == "en":
        return text
    signs = catalogue(language)["signs"]
    apart = text.replace(",\N{NO-BREAK SPACE}", "\N{NO-BREAK SPACE};\N{NO-BREAK SPACE}")
    return _POINT.sub(str(signs["decimal"]), _GROUP.sub(str(signs["group"]), apart))


def _value(name: str, value: str, language: Language, deeper: int) -> str:
    if _WRITTEN.fullmatch(name):
        return value
    if _LIST.fullmatch(name):
        return "".join(_member(part, language) for part in _BETWEEN.split(value))
    if _NUMBER.fullmatch(name) or _FIGURE.fullmatch(value):
        return figures(value, language)
    if not name.endswith(_WHOLE) or not deeper:
        return value
    told = _told(value, language, deeper - 1)
    if told == value and value.endswith("."):
        return f"{_told(value[:-1], language, deeper - 1)}."
    return told


def _member(part: str, language: Language) -> str:
    """One of several words, or what stands between two of them."""
    before, after = _spaces(part)
    return f"{before}{_told(part.strip(), language, 0)}{after}"


@lru_cache(maxsize=8)
def _templates(language: Language) -> tuple[_Template, ...]:
    """The templates of a language in their order; of two that fit the first is taken."""
    return tuple(
        _Template(english.partition("{")[0], english.rpartition("}")[2], _pattern(english), other)
        for english, other in sentences(language).items()
        if "{" in english
    )


def _pattern(english: str) -> re.Pattern[str]:
    """What the values of a template may be: a count in figures, else anything, as little as fits.

    A value and the words up to the next one are found once and never given up (an atomic group): where the
    rest does not fit after the first place of these words, it fits after none, since later places leave less
    text. So a text is read in time linear in its length, whatever a lead has written into it.
    """
    first, *others = _PLACE.split(english)
    groups = [re.escape(first)]
    for name, words in zip(others[::2], others[1::2], strict=True):
        exact = _COUNT if _NUMBER.fullmatch(name) else _DAY if _DATE.fullmatch(name) else None
        value = f"(?P<{name}>{exact or '.+?'}){re.escape(words)}"
        if exact:
            groups[-1] += value
        else:
            groups.append(value)
    groups[-1] += r"\Z"
    return re.compile("".join(f"(?>{group})" for group in groups), re.DOTALL)
