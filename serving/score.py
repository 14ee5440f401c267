"""The answer: one type in HTTP, batch and Python. Names, enumerations and nullability do not change."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Literal, SupportsIndex, overload

from pydantic import BaseModel, ConfigDict, Field

from features.language import Language
from serving.prospect import Reach, Within, Worth

if TYPE_CHECKING:
    from serving.page import Child

Maturity = Literal["cold", "warm", "hot"]

Status = Literal["scored", "uncalibrated", "closed", "opted_out", "abstained", "error"]
Criterion = Literal["identification", "interest", "engagement"]
StageName = Literal["contact", "lead", "mql", "sal", "sql", "opportunity", "customer", "disqualified"]
Action = Literal["call", "write", "nurture", "complete", "wait", "none", "do_not_contact"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ObservedRate(_Part):
    """How leads of which the same was the case fared in the training history, each counted once."""

    rate: float = Field(ge=0, le=1)
    """The share that converted within the horizon."""
    leads: int = Field(ge=1)
    """How many leads that is the share of."""
    of_all: float = Field(ge=0, le=1)
    """The share of all leads that converted within the horizon."""


class Reason(_Part):
    """One reason for or against, in words, about one signal: a field, a kind of event, the lead's age …"""

    text: str
    """What is the case, such as 'asked for a demo 2 days ago', with the observed rate where one is known."""
    feature: str
    """The feature that weighs most in it."""
    strength: float
    """Its part of the margin in log-odds, positive in `reasons_for`, negative in `reasons_against`."""
    signal: str = ""
    """What it is about: `field:NAME`, `events:KIND`, `age` …; no signal is both for and against."""
    rate: ObservedRate | None = None
    """The rate that the text tells; null where too few leads were like this, or others than this told it."""


class Stage(_Part):
    """Where the lead stands. A person's stage in the CRM is kept; else it is derived up to MQL."""

    name: StageName
    missing: list[Criterion] = Field(default_factory=list)
    """Criteria of a lead that this record does not meet; with one missing it is a contact."""
    not_assessed: list[Criterion] = Field(default_factory=list)
    """Criteria for which the recipe declares no field or event."""


class NextAction(_Part):
    """What to do, until when (UTC; null: no hurry), and why."""

    action: Action
    deadline: datetime | None
    reason: str


class LeadInterval(_Part):
    """Bounds that are meant to hold the lead's own probability in four of five cases.

    How far a lead may be from the rate of its like cannot be seen in a company's outcomes: it is what was
    measured on simulated companies, where the truth is known. On such they held 0.8 of all leads, 0.7 of
    those in the second fifth of probability and of single companies whose level moved after training, 0.9 of
    others. Bounds widen where few outcomes were seen and where fields of the lead are missing, or far outside
    what was learned from; of those `narrowed_by` is the one that would narrow them most (null: none matters).
    """

    low: float = Field(gt=0, lt=1)
    high: float = Field(gt=0, lt=1)
    narrowed_by: str | None = None


class Override(_Part):
    """A person's decision that stands in place of what was computed, until it expires (UTC)."""

    maturity: Maturity
    """What the person decided; it is the score's maturity."""
    computed: Maturity
    """What it would be without."""
    by: str
    reason: str
    until: datetime


class ScoredBy(_Part):
    """Who answered: the rung of the ladder, the version of its artefact, the recipe's name."""

    rung: Literal["model", "bayes", "rules"]
    version: str
    name: str
    segment: str | None = None
    """The segment of the recipe whose own scorer answered; null where the scorer of all leads did."""

    @property
    def who(self) -> str:
        """`bayes`, or `bayes (b2b)` where it is the segment's own."""
        return f"{self.rung} ({self.segment})" if self.segment else self.rung


class Problem(_Part):
    """One thing that is wrong with the input of this lead: where, what is accepted, what to do."""

    field: str
    problem: str
    remedy: str = ""


class Error(_Part):
    """What to correct in the input of this lead; never a lead's values."""

    problems: list[Problem] = Field(min_length=1)

    def __str__(self) -> str:
        return "; ".join(f"{problem.field}: {problem.problem}" for problem in self.problems)


class Score(_Part):
    """The answer for one lead.

    With status `scored` or `uncalibrated`, all of probability, score, grade, maturity, stage, next action
    and scored_by are there; with `closed`, `opted_out`, `abstained` and `error` no probability, score,
    grade or maturity is.
    """

    lead_id: str | None
    """As given; null only where the input carried no usable one."""
    status: Status
    """`uncalibrated`: by rules whose probability is a stated prior, not fitted on this company's history."""
    as_of: datetime | None
    """The moment that the answer is about (UTC); null with status `error`."""
    horizon_days: float | None
    """The probability is that of converting within this many days after `as_of`."""
    probability: float | None = Field(gt=0, lt=1)
    score: int | None = Field(ge=1, le=99)
    """Mid-rank percentile of the probability among the leads open at the end of the training history."""
    grade: str | None = Field(pattern="^[A-D][1-4]$")
    """Fit A–D × engagement 1–4, always by the points of the scorecard."""
    grade_note: str | None = None
    """One sentence where grade and score look like a contradiction."""
    maturity: Maturity | None
    stage: Stage | None
    next_action: NextAction | None
    reasons_for: list[Reason] = Field(default_factory=list)
    """Strongest first."""
    reasons_against: list[Reason] = Field(default_factory=list)
    """Strongest first."""
    interval: LeadInterval | None = None
    """Null where the scorer has none: it is fitted on margins of rows that the scorer had not seen."""
    horizons: list[Within] = Field(default_factory=list)
    """The curve over the recipe's `horizons`, rising; the last is the probability itself. Else empty."""
    expected_days: float | None = None
    """If it converts within the longest horizon, how many days after `as_of` on average; null without a
    curve."""
    worth: Worth | None = None
    """What it is expected to bring, where asked for."""
    milestones: list[Reach] = Field(default_factory=list)
    """The recipe's milestones in their order; empty where it has none, or no probability is given."""
    scored_by: ScoredBy | None = None
    maturity_because: str | None = None
    """Why the maturity is not that of the probability; null where it is."""
    override: Override | None = None
    """The decision of a person that the maturity follows, null where there is none."""
    drawn: bool = False
    """Exploration drew the lead by lot, which is recorded: it is to be worked whatever its score."""
    warnings: list[str] = Field(default_factory=list)
    language: Language = "en"
    """That of the reasons, of the grade's note and of the next action's reason."""
    error: Error | None = None
    """With status `error`, and only then."""

    def _repr_html_(self) -> str:
        """As a notebook shows it: a table of one row."""
        return Scores([self])._repr_html_()


class Scores(list[Score]):
    """Scores in the order of their leads: a list like any other, which a notebook shows as a table."""

    SHOWN: ClassVar[int] = 20
    """Rows of the table; of more scores the most probable."""

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> Score: ...
    @overload
    def __getitem__(self, place: slice, /) -> Scores: ...
    def __getitem__(self, place: SupportsIndex | slice, /) -> Score | Scores:
        """A score, or for a slice some of them, which show themselves too."""
        return Scores(super().__getitem__(place)) if isinstance(place, slice) else super().__getitem__(place)

    def _repr_html_(self) -> str:
        from serving.page import join, paragraph, table  # only notebooks need it

        head = ["lead", "probability", "score", "grade", "maturity"]
        head += ["next action", "for", "against", "to know"]
        told, shown = f"{len(self):,} scores", list(self)
        if len(self) > self.SHOWN:
            shown = sorted(self, key=lambda score: -(score.probability or 0.0))[: self.SHOWN]
            told += f", the {self.SHOWN} most probable shown"
        return join([paragraph(f"{told}."), table(head, map(_cells, shown))]).source


def _cells(score: Score) -> list[Child]:
    """A score as a row: reasons one below the other, and what is to be known of it."""
    from serving.page import bullets, percent

    action = score.next_action
    chance = "" if score.probability is None else percent(score.probability)
    known = [score.grade_note, score.error and str(score.error), *score.warnings]
    return [
        score.lead_id or "",
        chance or score.status,
        score.score or "",
        score.grade or "",
        score.maturity or "",
        "" if action is None else f"{action.action}: {action.reason}",
        bullets([reason.text for reason in score.reasons_for]),
        bullets([reason.text for reason in score.reasons_against]),
        bullets([text for text in known if text]),
    ]


NO_ID, OWN_ID = "is empty", "Give each lead an id of its own."
"""What is wrong with a lead without an id, and what to do; in every way in."""


def failed(lead_id: str | None, problems: list[Problem]) -> Score:
    """The answer for a lead whose input is wrong: an error of its own, and nobody else's."""
    return Score(
        lead_id=lead_id,
        status="error",
        as_of=None,
        horizon_days=None,
        probability=None,
        score=None,
        grade=None,
        maturity=None,
        stage=None,
        next_action=None,
        error=Error(problems=problems),
    )
