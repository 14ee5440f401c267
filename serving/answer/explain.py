"""One score taken apart: every signal with its value, what it adds in log-odds, and the sum."""

from __future__ import annotations

import math
from dataclasses import dataclass

from features.lead import Lead
from serving.answer.ladder import Ladder
from serving.asked import asked_of
from serving.score import Score
from serving.scorer import explained

_MOST = 1_000
"""Reasons of an answer in full: more than any recipe has."""


@dataclass(frozen=True)
class Summand:
    """A feature of the scorer that answered: its value, and what it adds to the margin in log-odds."""

    feature: str
    text: str
    value: float | str | None
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """A score in full; `parts` (strongest first) and `bias` add up to `margin`, the log-odds before the map.

    They are empty and None where no rung answered.
    """

    score: Score
    parts: tuple[Summand, ...] = ()
    bias: float | None = None
    margin: float | None = None


def explain(ladder: Ladder, lead: Lead) -> Explanation:
    """The score of `lead` with every reason, and the arithmetic behind it."""
    row = ladder.rows([lead])[0]
    score = ladder.score_rows([lead], [row], _MOST)[0]
    columns = ladder.plan.stack([row])
    rung = ladder.answering(columns, asked_of(lead))
    if rung is None:
        return Explanation(score)
    margin, found = explained(rung.scorer, columns)
    named = {feature.name: feature for feature in rung.scorer.features}
    parts = [
        Summand(name, f"{named[name].label}: {_value_words(row[name])}", _plain(row[name]), float(added))
        for name, added in zip(found.names, found.values[0], strict=True)
    ]
    parts.sort(key=lambda part: -abs(part.contribution))
    return Explanation(score, tuple(parts), float(found.bias[0]), float(margin[0]))


def _value_words(value: float | str | None) -> str:
    """A column's value for people: 'not known', '3', '0.25', 'software'."""
    known = _plain(value)
    if known is None or isinstance(known, str):
        return known or "not known"
    if known.is_integer() and abs(known) < 1e15:
        return f"{int(known):,}"
    return f"{known:,.2f}" if abs(known) >= 0.1 else f"{known:.2g}"


def _plain(value: float | str | None) -> float | str | None:
    return None if isinstance(value, float) and math.isnan(value) else value
