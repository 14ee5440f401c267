"""What scorers are called on a page, and how they look there: colour, dashes and mark, for eyes and paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from serving.page.axes import Words
from training.report.plots import STYLES

NAMES = {
    "model": "the model",
    "champion": "the present champion",
    "limit": "perfect knowledge",
    "logistic": "logistic regression",
    "bayes": "Bayes rates",
    "rules": "the scorecard rules",
    "pls": "shrunken rates of fields",
    "newest_first": "newest first",
    "base_rate": "any order",
}
"""Scorers as people call them, in the order in which a page names them; others keep their own name."""


@dataclass(frozen=True)
class Look:
    """A colour, the dashes of a line, and a mark of `svg.SHAPES`: any one of them tells curves apart."""

    colour: str
    dash: str
    mark: str


_SHAPES = {
    "model": ("", "disc"),
    "champion": ("10 3", "square"),
    "limit": ("2 3", ""),
    "logistic": ("7 4", "diamond"),
    "bayes": ("8 3 2 3", "cross"),
    "rules": ("5 4", "triangle"),
    "pls": ("8 3 2 3", "ring"),
    "newest_first": ("2 3", "wedge"),
}
_ON_WHITE = {"#F0E442": "#8A7A00", "#56B4E9": "#3A8FC2"}
"""The two colours of the palette that are too light for lines on white paper, and what stands for them."""


def look(scorer: str) -> Look:
    """How the curve of `scorer` looks, one of those in `plots.STYLES`."""
    colour = STYLES[scorer][0]
    return Look(_ON_WHITE.get(colour, colour), *_SHAPES[scorer])


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


def named(scorer: str) -> str:
    """`scorer` as people call it.

    >>> named("base_rate"), named("peer")
    ('any order', 'peer')
    """
    return NAMES.get(scorer, scorer)
