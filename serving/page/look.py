"""How each scorer is drawn: colour, dashes and mark, told apart on paper too."""

from __future__ import annotations

from dataclasses import dataclass

STYLES: dict[str, tuple[str, str]] = {
    "model": ("#0072B2", "-"),
    "champion": ("#56B4E9", "-"),
    "limit": ("#000000", ":"),
    "logistic": ("#E69F00", "--"),
    "bayes": ("#F0E442", "-."),
    "rules": ("#D55E00", "--"),
    "pls": ("#CC79A7", "-."),
    "newest_first": ("#009E73", ":"),
}
"""Scorer → colour and line; the base rate is the diagonal."""


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
