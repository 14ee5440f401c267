"""Why a lead changes its band: the move against the cut-off, split exactly by what both scorers look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.columns import Columns
from serving.answer import Ladder, Rung
from serving.calibration import Reference, log_odds
from serving.score import Maturity, Score
from serving.words import FactReader, LeadSignal, Voice

LEVEL = "level and cut-off"
"""The part of a move that no feature explains: base level, calibration, and where the band begins."""


@dataclass(frozen=True)
class MovePart:
    """One signal's part of a move in log-odds; `words` say what is the case with the lead."""

    feature: str
    words: str
    difference: float


@dataclass(frozen=True)
class Explained:
    """One lead under one ladder: contributions by feature, and its distance to the cut of the band.

    `distance` = sum of `parts` + `level`, all in log-odds.
    """

    parts: dict[str, float]
    level: float
    distance: float


def crossed(a: Maturity, b: Maturity) -> Maturity:
    """The band whose cut-off lies between two bands; the higher one where two cuts do."""
    return "hot" if "hot" in (a, b) else "warm"


def rung_of(ladder: Ladder, score: Score, events_given: bool) -> Rung:
    """The rung of `ladder` that gave `score`."""
    assert score.scored_by is not None
    answerer = (score.scored_by.rung, score.scored_by.segment)
    named = [rung for rung in ladder.rungs if answerer in rung.answerers]
    return next(rung for rung in named if events_given or not rung.needs_events)


def explain(rung: Rung, columns: Columns, cuts: Sequence[Maturity]) -> list[Explained]:
    """Each lead in `columns` under `rung`, measured from the cut-off of its band in `cuts`."""
    scorer = rung.scorer
    found = scorer.contributions(columns)
    chances = log_odds(scorer.probability(scorer.margin(columns)))
    distance = chances - log_odds(np.array([_cut(rung.reference, band) for band in cuts]))
    level = distance - found.values.sum(axis=1)
    return [
        Explained(
            dict(zip(found.names, found.values[row].tolist(), strict=True)),
            float(level[row]),
            float(distance[row]),
        )
        for row in range(len(distance))
    ]


def move(before: Explained, after: Explained, voice: Voice, read: FactReader) -> list[MovePart]:
    """The parts of `after.distance − before.distance`, largest first; they add up to it.

    Features that look at the same signal speak as one, in the words of reasons; `read` has the one lead.
    """
    names = [*before.parts, *(name for name in after.parts if name not in before.parts)]
    differences = {name: after.parts.get(name, 0.0) - before.parts.get(name, 0.0) for name in names}
    signals: dict[int, list[str]] = {}
    for name in names:
        signals.setdefault(voice.signal_of[name], []).append(name)
    found = [_spoken(voice.signals[at], members, differences, voice, read) for at, members in signals.items()]
    level = MovePart(LEVEL, LEVEL, after.level - before.level)
    return sorted([*found, level], key=lambda part: (-abs(part.difference), part.feature))


def _spoken(
    signal: LeadSignal, members: list[str], differences: dict[str, float], voice: Voice, read: FactReader
) -> MovePart:
    """One part for the `members` of a signal."""
    loudest = max(members, key=lambda name: abs(differences[name]))
    words = voice.teller.said(signal, read.facts(signal)[0])
    return MovePart(loudest, words, sum(differences[name] for name in members))


def _cut(reference: Reference, band: Maturity) -> float:
    return reference.hot if band == "hot" else reference.warm
