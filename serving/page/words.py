"""Figures in words: percentages, signs, intervals, as pages write them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

Words = Callable[[float], str]


def percent(value: float) -> str:
    r"""A share in words, with more digits where it is small; its space does not break.

    >>> percent(0.34), percent(0.034), percent(0.0034)
    ('34\xa0%', '3.4\xa0%', '0.34\xa0%')
    """
    if not math.isfinite(value):
        return "–"
    size = abs(100 * value)
    digits = 0 if size >= 9.95 or size == 0 else 1 if size >= 0.995 else 2
    return f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def signed(digits: int) -> Words:
    """Numbers with their sign, in so many digits; a minus sign is longer than a hyphen.

    >>> signed(3)(-0.0042), signed(3)(0.1)
    ('−0.004', '+0.100')
    """

    def words_of(value: float) -> str:
        sign = "+" if round(value, digits) > 0 else "−" if round(value, digits) < 0 else ""
        return f"{sign}{abs(value):.{digits}f}"

    return words_of


def plain(value: float) -> str:
    """A number in three digits, years in four.

    >>> plain(0.5), plain(1996), plain(2128.6), plain(38916), plain(61104000)
    ('0.5', '1996', '2,130', '38,900', '61.1 M')
    """
    if not math.isfinite(value) or abs(value) < 999.5 or (value == round(value) and abs(value) < 10_000):
        return f"{value:.4g}" if value == round(value) else f"{value:.3g}"
    size = 10 ** (math.floor(math.log10(abs(value))) - 2)
    rounded = round(value / size) * size
    return f"{rounded:,.0f}" if abs(rounded) < 1e6 else f"{rounded / 1e6:,g} M"


_MINUS = re.compile(r"(?<![\w.])-(?=\d)")


def typeset(text: str) -> str:
    """`text` with minus signs before its numbers, which a line is not broken after.

    >>> typeset("log-odds [-0.1, +0.2]")
    'log-odds [−0.1, +0.2]'
    """
    return _MINUS.sub("−", text)


def with_ends(value: float | None, ends: Sequence[float | None] | None, shown: Words) -> str:
    """A figure and its interval in `shown` words: '–' without a figure, the figure alone without both ends.

    >>> with_ends(0.25, (0.1, 0.4), "{:.2f}".format).replace("\N{NO-BREAK SPACE}", " ")
    '0.25 [0.10, 0.40]'
    """
    if value is None:
        return "–"
    if ends is None:
        return shown(value)
    low, high = ends
    if low is None or high is None:
        return shown(value)
    return f"{shown(value)} [{shown(low)},\N{NO-BREAK SPACE}{shown(high)}]"
