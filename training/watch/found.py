"""What a watch looked at, and what it says of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict

from training.figures.drift import kept_apart

Subject = Literal["inputs", "scores", "calibration", "serving"]
CERTAIN = 0.0
"""The p of what chance cannot do."""


@dataclass(frozen=True)
class Looked:
    """One thing that was looked at: `before` and `now` in words, `p` the chance of as much without a cause.

    `what` says it as a sentence, `remedy` what to do; both are read only if the look is an alarm.
    """

    subject: Subject
    about: str
    before: str
    now: str
    p: float
    what: str
    remedy: str
    measure: str = ""
    alarm: bool = field(default=False)


class LookRow(BaseModel):
    """A look as it is kept and printed."""

    model_config = ConfigDict(frozen=True)

    subject: Subject
    about: str
    before: str
    now: str
    measure: str
    p: float
    alarm: bool

    def row(self) -> tuple[object, ...]:
        """The cells of `LOOKS`."""
        mark = "alarm" if self.alarm else ""
        return self.subject, self.about, self.before, self.now, self.measure, _chance(self.p), mark


LOOKS = ("subject", "about", "before", "now", "measure", "chance", "")


class Alarm(BaseModel):
    """What is wrong and what to do."""

    model_config = ConfigDict(frozen=True)

    subject: Subject
    about: str
    words: str
    remedy: str
    p: float


class CalibrationRow(BaseModel):
    """Leads of a month or an origin whose outcome is known: how many customers were expected, how many came.

    `learned`: the champion was fitted on these very outcomes, which says nothing of how it does on new ones.
    """

    model_config = ConfigDict(frozen=True)

    by: Literal["month", "origin"]
    name: str
    leads: int
    expected: float
    customers: int
    p: float
    learned: bool

    def row(self) -> tuple[object, ...]:
        """The cells of `CALIBRATION`."""
        seen = "learned from" if self.learned else _chance(self.p)
        return self.by, self.name, self.leads, f"{self.expected:,.1f}", self.customers, seen


CALIBRATION = ("by", "name", "leads", "expected", "customers", "chance")


class Expected(BaseModel):
    """What to expect of leads that have not matured if probabilities are right; ends of 95 % intervals."""

    model_config = ConfigDict(frozen=True)

    leads: int
    customers: float
    customers_ends: tuple[float, float]
    auc: float | None
    auc_ends: tuple[float, float] | None
    best: int
    precision: float
    precision_ends: tuple[float, float]
    blind_to: str = (
        "concept drift: leads of the same look that convert otherwise than before show in outcomes alone"
    )


class WatchResult(BaseModel):
    """The result of one watch: `alarms` with what to do, every look, and notes on what a figure means.

    A watch of a company where nothing changed gives any alarm with a chance of at most `false_alarms`.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    as_of: str
    days: float
    periods: int
    false_alarms: float
    answers: str
    alarms: tuple[Alarm, ...] = ()
    looks: tuple[LookRow, ...] = ()
    calibration: tuple[CalibrationRow, ...] = ()
    expected: Expected | None = None
    notes: tuple[str, ...] = ()
    data_hash: str = ""


def judged(looks: list[Looked], level: float) -> list[Looked]:
    """The looks with those marked that are alarms when all may be wrong once with chance `level`."""
    kept = kept_apart([look.p for look in looks], level)
    return [replace(look, alarm=alarm) for look, alarm in zip(looks, kept, strict=True)]


def _chance(p: float) -> str:
    return "none" if p == CERTAIN else f"{p:.1g}" if p < 0.01 else f"{p:.2f}"
