"""Turns what a rung computed into scores: numbers become bands, grades, words and deadlines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalogue import of_accounts
from features.clock import from_us
from features.columns import Columns, Floats, held, n_leads
from features.language import Language
from serving.answer.reasons import Reasoner, SaidReason
from serving.asked import DRAWN, Asked
from serving.calibration import FLOOR, Bounds, Reference, SaidInterval
from serving.playbook import Circumstances, Situations, Wish, band_of, next_action, override_of
from serving.rules import Rules
from serving.score import Maturity, Score, ScoredBy, Stage
from serving.scorer import Contributions, Scorer
from serving.scorers import Segmented
from serving.scorers.fitted_range import Ends
from serving.scorers.segmented import Part
from serving.words import Moments, grade_note
from serving.words.translation import translated

_DIGITS = 6
"""Decimals of a probability in answers; `FLOOR` is the least number that they can show."""


@dataclass(frozen=True)
class Rung:
    """A scorer that may answer, and what its probabilities are compared with.

    `needs_events`: not asked about leads whose events were not given. `calibrated`: its map was fitted on
    this company's history. `note` is a warning on each of its answers. `bounds` give intervals by the
    segment whose own scorer answers (None: the scorer of all); who is not among them has no interval.
    `takes` says which leads it is asked about (None: all).
    """

    scorer: Scorer
    reference: Reference
    calibrated: bool = True
    needs_events: bool = False
    note: str = ""
    bounds: Mapping[str | None, Bounds] = field(default_factory=dict)
    takes: Callable[[Asked], bool] | None = field(default=None, compare=False)

    def may_answer(self, lead: Asked) -> bool:
        """Whether it may be asked about the lead."""
        known = (lead.events_given or not self.needs_events) and (lead.account_told or not self.counts)
        return known and (self.takes is None or self.takes(lead))

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """Its features that count the account's other leads."""
        return of_accounts(self.scorer.features)

    @cached_property
    def ends(self) -> Mapping[str | None, Ends]:
        """Segment (None: the scorer of all) → the ranges that its scorer was fitted on."""
        scorer = self.scorer
        if not isinstance(scorer, Segmented):
            return {None: Ends.of(scorer)}
        return {None: Ends.of(scorer.parent)} | {name: Ends.of(own) for name, own in scorer.members}

    @cached_property
    def answerers(self) -> tuple[tuple[str, str | None], ...]:
        """(rung, segment) that answers of this rung may name in `scored_by`."""
        scorer = self.scorer
        return scorer.answerers if isinstance(scorer, Segmented) else ((scorer.rung, None),)


@dataclass(frozen=True)
class Background:
    """What an answer says whichever rung gives the probability: shape `(n_leads,)` each."""

    grades: list[str]
    excluded: list[tuple[str, ...]]
    intent_days: Floats
    stages: list[Stage]
    wishes: list[Wish]

    @classmethod
    def of(cls, rules: Rules, situations: Situations, columns: Columns, asked: Sequence[Asked]) -> Background:
        """Read from the columns, by the scorecard and the recipe."""
        fit, engagement, excluded = rules.read(columns)
        free = np.array([not names for names in excluded], dtype=np.bool_)
        grades, mql = rules.grades(fit, engagement), rules.card.cuts.mql
        reached = situations.reached(columns, fit + engagement, grades, free, mql)
        return cls(
            grades,
            excluded,
            situations.intent_days(columns),
            situations.stages(columns, list(asked), reached),
            situations.wishes(columns),
        )


@dataclass(frozen=True)
class Computed:
    """What one rung says about some leads, in their order; `answerers` are (rung, segment) of who answered,
    `notes` warnings of each lead."""

    rung: Rung
    answerers: list[tuple[str, str | None]]
    probabilities: Floats
    scores: list[int]
    maturities: list[Maturity]
    reasons_for: list[list[SaidReason]]
    reasons_against: list[list[SaidReason]]
    intervals: list[SaidInterval | None]
    notes: list[list[str]]


def compute(
    rung: Rung, columns: Columns, reasoner: Reasoner | None = None, moments: Moments | None = None
) -> Computed:
    """Ask `rung`, with the reasons of `reasoner` (None: none, and contributions are not computed)."""
    scorer = rung.scorer
    parts, margin, told = _asked(scorer, columns, explain=reasoner is not None)
    if not np.isfinite(margin).all():
        raise ArithmeticError("a margin is not finite")
    exact = scorer.probability(margin)
    pro: list[list[SaidReason]] = [[] for _ in margin]
    con: list[list[SaidReason]] = [[] for _ in margin]
    if reasoner is not None and told is not None:
        pro, con = reasoner.reasons(told, columns, moments or Moments())
    shown = held(exact.round(_DIGITS), FLOOR, 1 - FLOOR)
    scores, maturities = rung.reference.scores(exact), rung.reference.maturities(exact)
    intervals, notes = _sureness(rung, parts, shown)
    answerers = _answerers(parts, len(margin))
    return Computed(rung, answerers, shown, scores, maturities, pro, con, intervals, notes)


def _asked(
    scorer: Scorer, columns: Columns, explain: bool
) -> tuple[list[Part], Floats, Contributions | None]:
    """Who answers for which leads (one scorer for all, unless leads are routed by segment), all margins, and
    on request all contributions."""
    if not isinstance(scorer, Segmented):
        whole = Part.of(None, scorer, np.arange(n_leads(columns)), columns, explain)
        return [whole], whole.margin, whole.contributions
    parts = scorer.parts(columns, explain)
    if not explain:
        return parts, scorer.joined(parts), None
    return parts, *scorer.explained_of(parts)


def _answerers(parts: Sequence[Part], rows: int) -> list[tuple[str, str | None]]:
    """(rung, segment) of the scorer of each of `rows` leads."""
    found: list[tuple[str, str | None]] = [("", None)] * rows
    for part in parts:
        for row in part.rows.tolist():
            found[row] = (part.scorer.rung, part.segment)
    return found


def _sureness(
    rung: Rung, parts: Sequence[Part], shown: Floats
) -> tuple[list[SaidInterval | None], list[list[str]]]:
    """For each lead the interval by the bounds of its own scorer, None where that has none, and a warning
    where a number lies outside what the scorer was fitted on."""
    found: list[SaidInterval | None] = [None] * len(shown)
    notes: list[list[str]] = [[] for _ in shown]
    for part in parts:
        features, rows = part.scorer.features, part.rows.tolist()
        ends = rung.ends[part.segment]
        beyond = ends.outside(part.columns)
        if beyond:
            for row, own_notes in zip(rows, ends.notes(beyond, len(rows)), strict=True):
                notes[row] = own_notes
        bounds = rung.bounds.get(part.segment)
        if bounds is not None:
            own = bounds.intervals(features, part.columns, part.margin, shown[part.rows], beyond)
            for row, interval in zip(rows, own, strict=True):
                found[row] = interval
    return found, notes


def scored(
    lead: Asked,
    background: Background,
    row: int,
    computed: Computed,
    at: int,
    question: Question,
    notes: list[str],
) -> Score:
    """The score of `lead`: position `row` of the background, position `at` of what the rung computed."""
    rung, stage = computed.rung, background.stages[row]
    excluded, wish = background.excluded[row], background.wishes[row]
    held = lead.decided if lead.decided is not None and lead.decided.holds(lead.as_of_us) else None
    alone = band_of(computed.maturities[at], wish, excluded)
    band = alone if held is None else band_of(computed.maturities[at], wish, excluded, held)
    maturity = band.maturity
    rung_name, segment = computed.answerers[at]
    interval = computed.intervals[at]
    pursued = held is not None and maturity != "cold"  # by a person, whatever the scorecard excludes
    case = Circumstances(
        lead.as_of_us,
        maturity,
        stage,
        float(background.intent_days[row]),
        excluded_by=() if pursued else excluded,
    )
    return Score(
        lead_id=lead.lead_id,
        status="scored" if rung.calibrated else "uncalibrated",
        as_of=from_us(lead.as_of_us),
        horizon_days=question.horizon_days,
        probability=float(computed.probabilities[at]),
        score=computed.scores[at],
        grade=background.grades[row],
        maturity=maturity,
        stage=stage,
        next_action=next_action(case, question.language),
        reasons_for=[one.checked() for one in computed.reasons_for[at]],
        reasons_against=[one.checked() for one in computed.reasons_against[at]],
        interval=interval.checked() if interval else None,
        grade_note=_grade_note(background.grades[row], maturity, rung_name, question.language),
        language=question.language,
        maturity_because=translated(band.because, question.language) or None,
        override=override_of(held, alone.maturity),
        scored_by=ScoredBy(rung=rung_name, version=rung.scorer.version, name=question.name, segment=segment),  # type: ignore[arg-type]
        drawn=lead.drawn,
        warnings=_told(
            [
                *lead.notes,
                *([DRAWN] if lead.drawn else []),
                *notes,
                *computed.notes[at],
                *([rung.note] if rung.note else []),
                *map(_excluded, excluded),
            ],
            question,
        ),
    )


def unscored(lead: Asked, stage: Stage, question: Question, notes: Sequence[str] = ()) -> Score:
    """The answer for a lead that is closed, has opted out, or that no rung could answer for."""
    closed = lead.outcome is not None
    case = Circumstances(lead.as_of_us, None, stage, np.nan, opted_out=lead.opted_out, closed=closed)
    return Score(
        lead_id=lead.lead_id,
        status="closed" if closed else "opted_out" if lead.opted_out else "abstained",
        as_of=from_us(lead.as_of_us),
        horizon_days=question.horizon_days,
        probability=None,
        score=None,
        grade=None,
        maturity=None,
        stage=stage,
        next_action=next_action(case, question.language),
        warnings=_told([*lead.notes, *notes], question),
        language=question.language,
    )


@dataclass(frozen=True)
class Question:
    """What is the same in all answers to a question: the recipe's name, the horizon, the language."""

    name: str
    horizon_days: float
    language: Language = "en"


def take(columns: Columns, rows: NDArray[np.intp]) -> Columns:
    """The columns of some leads; the same object when it is all of them."""
    return columns if columns.n_leads == len(rows) else columns.take(rows)


def _grade_note(grade: str, maturity: Maturity, rung: str, language: Language) -> str | None:
    """The scorecard's own score is made of the points of its grade, and contradicts nothing."""
    return None if rung == "rules" else grade_note(grade, maturity, language)


def _told(notes: Sequence[str], question: Question) -> list[str]:
    return [translated(note, question.language) for note in notes]


def _excluded(name: str) -> str:
    return f"excluded by the scorecard: {name}"
