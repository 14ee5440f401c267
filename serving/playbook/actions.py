"""What to do next, and until when: a small table, first row that fits.

Deadlines follow the field studies on speed to lead: trying within the hour was about seven times as likely to
qualify a lead as an hour later (Oldroyd, McElheran and Elkington, Harvard Business Review 2011), and five
minutes beat thirty (MIT/InsideSales 2007). Both are associations, and good enough for a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.clock import DAY_US, HOUR_US, from_us
from serving.score import Action, Maturity, NextAction, Stage

_MINUTE_US = HOUR_US // 60
_HOUR_DAYS = HOUR_US / DAY_US


@dataclass(frozen=True)
class Circumstances:
    """What an action depends on. `intent_days` is the age of the newest event of intent (NaN: none)."""

    as_of_us: int
    maturity: Maturity | None
    stage: Stage
    intent_days: float
    excluded_by: tuple[str, ...] = ()
    opted_out: bool = False
    closed: bool = False


@dataclass(frozen=True)
class _Row:
    maturities: tuple[Maturity, ...]
    intent_within_days: float | None
    action: Action
    within_us: int | None
    reason: str


_TABLE = (
    _Row(("hot",), _HOUR_DAYS, "call", 5 * _MINUTE_US, "hot, and asked within the last hour"),
    _Row(("hot",), 1.0, "call", HOUR_US, "hot, and asked within the last day"),
    _Row(("warm",), 1.0, "call", 4 * HOUR_US, "asked within the last day"),
    _Row(("hot",), None, "call", DAY_US, "hot: a clear intention to buy"),
    _Row(("cold",), 1.0, "write", DAY_US, "asked within the last day, but the probability is low"),
    _Row(("warm",), None, "write", 3 * DAY_US, "warm: signs of interest, still exploring"),
    _Row(("cold",), None, "nurture", None, "cold: no project in sight yet"),
)


def next_action(case: Circumstances) -> NextAction:
    """The action for a lead in these circumstances; `deadline` counts from `as_of_us`."""
    if case.closed:
        return NextAction(action="none", deadline=None, reason="closed: a person has decided already")
    if case.opted_out:
        return NextAction(action="do_not_contact", deadline=None, reason="opted out of being contacted")
    if case.excluded_by:
        reason = f"excluded by the scorecard: {', '.join(case.excluded_by)}"
        return NextAction(action="none", deadline=None, reason=reason)
    if "identification" in case.stage.missing:
        return NextAction(action="complete", deadline=None, reason="no valid e-mail or phone is known")
    row = next((row for row in _TABLE if _fits(row, case)), None)
    if row is None:
        return NextAction(action="wait", deadline=None, reason="not scored")
    deadline = None if row.within_us is None else from_us(case.as_of_us + row.within_us)
    return NextAction(action=row.action, deadline=deadline, reason=row.reason)


def _fits(row: _Row, case: Circumstances) -> bool:
    recent = row.intent_within_days is None or case.intent_days <= row.intent_within_days
    return case.maturity in row.maturities and recent
