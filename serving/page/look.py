"""How each scorer is drawn: colour, dashes and mark, different on paper too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Look:
    """A colour, the dashes of a line, and a mark of `axes.SHAPES`: any one of them tells curves apart."""

    colour: str
    dash: str
    mark: str


_LOOKS = {
    "model": Look("#0072B2", "", "disc"),
    "champion": Look("#3A8FC2", "10 3", "square"),
    "limit": Look("#000000", "2 3", ""),
    "logistic": Look("#E69F00", "7 4", "diamond"),
    "bayes": Look("#8A7A00", "8 3 2 3", "cross"),
    "rules": Look("#D55E00", "5 4", "triangle"),
    "pls": Look("#CC79A7", "8 3 2 3", "ring"),
    "newest_first": Look("#009E73", "2 3", "wedge"),
}
"""Okabe and Ito's colours, which colour-blind people tell apart; those of the champion and the Bayes rates
are darker than theirs, which are too light for lines on white paper."""


def look(scorer: str) -> Look:
    """How the curve of `scorer` looks; not every scorer is drawn."""
    return _LOOKS[scorer]
