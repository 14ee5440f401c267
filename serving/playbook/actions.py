"""What to do next, and until when: a small table, first row that fits.

Deadlines follow the field studies on speed to lead: trying within the hour was about seven times as likely to
qualify a lead as an hour later (Oldroyd, McElheran and Elkington, Harvard Business Review 2011), and five
minutes beat thirty (MIT/InsideSales 2007). Both are associations, and good enough for a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from features.clock import DAY_US, HOUR_US, from_us
from features.language import Language
from serving.score import Action, Maturity, NextAction, Stage
from serving.words import action_reason

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
    why: str
    """The key of the words in the catalogues."""


_TABLE = (
    _Row(("hot",), _HOUR_DAYS, "call", 5 * _MINUTE_US, "hot_hour"),
    _Row(("hot",), 1.0, "call", HOUR_US, "hot_day"),
    _Row(("warm",), 1.0, "call", 4 * HOUR_US, "warm_day"),
    _Row(("hot",), None, "call", DAY_US, "hot"),
    _Row(("cold",), 1.0, "write", DAY_US, "cold_day"),
    _Row(("warm",), None, "write", 3 * DAY_US, "warm"),
    _Row(("cold",), None, "nurture", None, "cold"),
)


INTENT_DAYS = tuple(sorted({row.intent_within_days for row in _TABLE if row.intent_within_days is not None}))
"""Ages of the newest intent at which the action changes."""


def next_action(case: Circumstances, language: Language = "en") -> NextAction:
    """The action for a lead in these circumstances, its reason in `language`.

    `deadline` counts from `as_of_us`.
    """
    action, within_us, why = _chosen(case)
    deadline = None if within_us is None else from_us(case.as_of_us + within_us)
    reason = action_reason(why, language, case.excluded_by)
    return NextAction(action=action, deadline=deadline, reason=reason)


def _chosen(case: Circumstances) -> tuple[Action, int | None, str]:
    """The action, the time that there is for it, and why."""
    if case.closed:
        return "none", None, "closed"
    if case.opted_out:
        return "do_not_contact", None, "opted_out"
    if case.excluded_by:
        return "none", None, "excluded"
    if "identification" in case.stage.missing:
        return "complete", None, "incomplete"
    row = next((row for row in _TABLE if _fits(row, case)), None)
    return (row.action, row.within_us, row.why) if row else ("wait", None, "not_scored")


def _fits(row: _Row, case: Circumstances) -> bool:
    recent = row.intent_within_days is None or case.intent_days <= row.intent_within_days
    return case.maturity in row.maturities and recent
