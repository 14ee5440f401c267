"""Numbers, shares, spans and dates as people say them in a language.

By hand: two languages need four signs and two plural rules, which stand in their catalogues as data; Babel
would bring ten megabytes of locales for them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from features.language import Language
from serving.words.language import catalogue

_EPOCH = date(1970, 1, 1).toordinal()
_WEEKS, _MONTHS, _YEARS = 14, 60, 730
"""Days from which a span is told in weeks, months, years: '13 days', '2 weeks', '2 months', '2 years'."""


def number(value: float, language: Language) -> str:
    """A number with at most two decimals, in three digits where it is small.

    >>> number(12345, "en"), number(1234.5, "fr").replace("\\u202f", " "), number(0.00421, "en")
    ('12,345', '1 234,5', '0.00421')
    """
    signs = catalogue(language)["signs"]
    if value == round(value):
        text = f"{value:,.0f}"
    elif abs(value) >= 0.1:
        text = f"{value:,.2f}".rstrip("0").rstrip(".")
    else:
        text = f"{value:.3g}"
    whole, point, part = text.replace("-", "−").partition(".")
    return whole.replace(",", signs["group"]) + (signs["decimal"] if point else "") + part


def amount(value: float, language: Language) -> str:
    """An amount, large ones in millions.

    >>> amount(4_361_000, "en"), amount(84_000, "en"), amount(1_005_858_000, "fr")
    ('4.4 million', '84,000', '1 milliard')
    """
    words = catalogue(language)["amounts"]
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            short = value / size
            short = round(short, 1 if abs(short) < 100 else 0)
            one = abs(short) <= catalogue(language)["signs"]["one_up_to"]
            return str(words[name]["one" if one else "many"]).format(n=number(short, language))
    return number(float(f"{value:.3g}"), language)


def share(value: float, language: Language) -> str:
    """A share in percent, with a decimal below ten.

    >>> share(0.3149, "en"), share(0.064, "en"), share(0.064, "fr").replace("\\xa0", " ")
    ('31%', '6.4%', '6,4 %')
    """
    percent = 100 * value
    shown = round(percent, 0 if percent >= 9.95 else 1)
    return str(catalogue(language)["signs"]["percent"]).format(n=number(shown, language))


def counted(forms: dict[str, str], n: int, language: Language, **filled: Any) -> str:
    """The form of words for `n` of something: `never` for none where there is one, `one`, or `many`."""
    if n == 0 and "never" in forms:
        return forms["never"].format(**filled)
    signs = catalogue(language)["signs"]
    words = forms["one" if n <= signs["one_up_to"] else "many"]
    if n == 2:
        words = words.replace(signs["times"], signs["twice"])
    return words.format(n=number(n, language), **filled)


def ago(days: int, language: Language) -> str:
    """How long ago, or in how long for a negative number, in the nearest whole unit.

    >>> ago(0, "en"), ago(1, "en"), ago(2, "fr"), ago(24, "en"), ago(400, "fr"), ago(-1, "en"), ago(-90, "en")
    ('today', 'yesterday', 'il y a 2 jours', '3 weeks ago', 'il y a 13 mois', 'tomorrow', 'in 3 months')
    """
    words = catalogue(language)["ago"]
    if days in _NAMED:
        return str(words[_NAMED[days]])
    span = abs(days)
    unit, length = next((unit, length) for least, unit, length in _UNITS if span >= least)
    return counted(words[unit if days > 0 else f"in_{unit}"], round(span / length), language)


_NAMED = {0: "today", 1: "yesterday", -1: "tomorrow"}
_UNITS = ((_YEARS, "years", 365.25), (_MONTHS, "months", 30.44), (_WEEKS, "weeks", 7.0), (0, "days", 1.0))


def day(since_epoch: int, language: Language) -> str:
    """A date, given in days since 1970-01-01.

    >>> day(20_500, "en"), day(20_500, "fr")
    ('16 February 2026', '16 février 2026')
    """
    return date_words(date.fromordinal(_EPOCH + since_epoch), language)


def typeset(words: str, language: Language) -> str:
    """Words with figures, such as '8.9 %', with the decimal sign of a language.

    >>> typeset("8.9 %", "fr"), typeset("8.9 %", "en")
    ('8,9 %', '8.9 %')
    """
    return words.replace(".", str(catalogue(language)["signs"]["decimal"]))


def weekday_words(found: date, language: Language) -> str:
    """A date with its day of the week.

    >>> weekday_words(date(2026, 2, 16), "en"), weekday_words(date(2026, 2, 16), "fr")
    ('Monday 16 February 2026', 'lundi 16 février 2026')
    """
    return f"{catalogue(language)['dates']['weekdays'][found.weekday()]} {date_words(found, language)}"


def date_words(found: date, language: Language) -> str:
    """A date as people write it."""
    words = catalogue(language)["dates"]
    return str(words["form"]).format(day=found.day, month=words["months"][found.month - 1], year=found.year)
