"""Scores of what was computed for some leads: one by one, or once for all leads that read alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from serving.answer.compose import Background, Computed, Question, scored, unscored
from serving.answer.reasons import SaidReason
from serving.asked import Asked
from serving.playbook import INTENT_DAYS
from serving.score import Score


class Alike(NamedTuple):
    """Scores that differ in their own numbers and reasons alone: `(n_leads,)` each, NaN where there is none.

    Score `scores[kind[i]]` is that of lead i but for its id, probability, score, interval and reasons.
    """

    kind: NDArray[np.intp]
    scores: list[Score]
    probability: Floats
    score: Floats
    low: Floats
    high: Floats
    narrowed_by: list[str | None]
    reasons_for: list[Sequence[SaidReason]]
    reasons_against: list[Sequence[SaidReason]]


@dataclass(frozen=True)
class LeadAnswers:
    """What was computed of the leads `asked`; `parts` are what each rung says, and of which leads.

    `notes` are warnings of each lead. Leads that no part is about are closed, have opted out, or nobody could
    answer for them.
    """

    asked: Sequence[Asked]
    background: Background
    question: Question
    parts: list[tuple[Computed, list[int]]]
    notes: list[list[str]]

    @cached_property
    def places(self) -> dict[int, tuple[Computed, int]]:
        """Lead → who answers, and where the lead is among those it answers for."""
        return {row: (computed, at) for computed, rows in self.parts for at, row in enumerate(rows)}

    def score(self, row: int) -> Score:
        """The score of one lead."""
        place, lead, notes = self.places.get(row), self.asked[row], self.notes[row]
        if place is None:
            return unscored(lead, self.background.stages[row], self.question, notes)
        return scored(lead, self.background, row, *place, self.question, notes)

    def alike(self, made: dict[Hashable, Score]) -> Alike:
        """All scores, of which only those are made that read differently from all that were `made` before.

        What a score says beside its numbers follows from few things: who answers, the bands, what is asked.
        Leads of `asked` share these where they are one object, which `made` must not outlive.
        """
        rows = len(self.asked)
        kinds: dict[Hashable, int] = {}
        kind = np.empty(rows, dtype=np.intp)
        for row, key in self._keys():
            if key not in made:
                made[key] = self.score(row)
            kind[row] = kinds.setdefault(key, len(kinds))
        probability, score, low, high = np.full((4, rows), np.nan)
        pro: list[Sequence[SaidReason]] = [()] * rows
        con: list[Sequence[SaidReason]] = [()] * rows
        narrowed_by: list[str | None] = [None] * rows
        for computed, own in self.parts:
            probability[own], score[own] = computed.probabilities, computed.scores
            ends = [(one.low, one.high) if one else (np.nan, np.nan) for one in computed.intervals]
            low[own], high[own] = np.array(ends).T
            for row, interval, pro_row, con_row in zip(
                own, computed.intervals, computed.reasons_for, computed.reasons_against, strict=True
            ):
                pro[row], con[row] = pro_row, con_row
                narrowed_by[row] = interval.narrowed_by if interval else None
        scores = [made[key] for key in kinds]
        return Alike(kind, scores, probability, score, low, high, narrowed_by, pro, con)

    def _keys(self) -> Iterator[tuple[int, Hashable]]:
        """Each lead with all that its score depends on beside its own numbers and reasons."""
        back, asked, notes = self.background, self.asked, self.notes
        near = np.searchsorted(INTENT_DAYS, back.intent_days).tolist()  # NaN, no intent, is beyond all
        for computed, rows in self.parts:
            told = zip(rows, computed.maturities, computed.answerers, computed.notes, strict=True)
            for row, maturity, who, own in told:
                stage, lead = id(back.stages[row]), id(asked[row])
                wish, said = back.wishes[row], (*notes[row], *own)
                key = id(computed.rung), maturity, who, back.grades[row], back.excluded[row], wish, near[row]
                yield row, (*key, stage, lead, said)
        for row in range(len(asked)):
            if row not in self.places:
                yield row, (id(back.stages[row]), id(asked[row]), *notes[row])
