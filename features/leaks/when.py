"""When each column was known, and what follows: used, kept and marked, or left out; each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from features.leaks.evidence import ColumnEvidence, LeakInput, gather
from features.leaks.filling import filled_together
from features.leaks.leaks import MIN_POSITIVES, TRAINING_SHARE, LeakKind, Suspect, find_leaks, oldest
from features.leaks.words import When

Treatment = Literal["used", "marked", "left out"]

_END: When = "written at the end"
_GROWS: When = "grows with the process"
_FILL_TELLS = 0.62
_QUIET = 0.6
_CALENDARS = ("calendar", "counter")


@dataclass(frozen=True)
class WhenKnown:
    """When a column was known, what is done with it, and everything that was measured.

    `kind` and `reason` are None and "" for a column that is simply used.
    """

    column: str
    when: When
    treatment: Treatment
    kind: LeakKind | None
    reason: str
    evidence: ColumnEvidence

    @property
    def suspect(self) -> Suspect | None:
        """The column as a suspect, None where it is used without a mark."""
        return None if self.kind is None else Suspect(self.column, self.kind, self.reason)


def judge_columns(given: LeakInput) -> tuple[WhenKnown, ...]:
    """Each column judged; those left out first, then the marked ones, each group most telling first."""
    side = oldest(given.order, TRAINING_SHARE) if given.side is None else given.side
    known = side & ~np.isnan(given.y)
    won = float(np.nansum(given.y[known]))
    enough = min(won, float(known.sum()) - won) >= MIN_POSITIVES
    leaks = {
        found.column: found
        for found in find_leaks(
            {name: column[side] for name, column in given.columns.items()},
            given.y[side],
            given.order[side],
            closed=None if given.closed is None else given.closed[side],
            dated=given.dated,
            dates=frozenset() if given.dated else given.dates,
            training_share=1.0,
        )
    }
    judged = [_judge(gather(given, name, side, enough), leaks.get(name), given) for name in given.columns]
    return tuple(sorted(_with_companions(judged), key=_rank))


def _judge(found: ColumnEvidence, leak: Suspect | None, given: LeakInput) -> WhenKnown:
    """The judgement of one column: what was measured first, then what its name says."""
    planned = found.hint is not None and found.hint.planned
    if leak is not None:
        when: When = "unknown" if leak.kind in _CALENDARS else _END
        return WhenKnown(found.name, when, "left out", leak.kind, leak.reason, found)
    if found.implied is not None:
        reason = found.implied.words(private=found.private)
        return WhenKnown(found.name, _END, "left out", "makes the outcome certain", reason, found)
    if found.follows_end is not None:
        reason = f"it follows the days until the outcome (rank correlation {found.follows_end:.2f})"
        return WhenKnown(found.name, _END, "left out", "written at the end", reason, found)
    if found.late is not None and not planned:
        return _late(found)
    agreed = found.tells or found.not_yet is not None or found.lower is not None
    if found.hint is not None and not planned and (found.hint.sure or agreed):
        return _by_name(found, found.hint.when, found.hint.what)
    if not planned and found.name in given.current:
        reason = "overwritten as time goes by: what it was when the lead came is not known"
        return WhenKnown(found.name, _GROWS, "marked", "grows with the process", reason, found)
    return _by_filling(found, planned or found.name in given.creation or found.name in given.dates)


def _late(found: ColumnEvidence) -> WhenKnown:
    """A date after creation: set beforehand, as far as anything tells, or not known then."""
    assert found.late is not None
    quiet = found.signal is None or found.signal.auc - found.signal.error < _QUIET
    if found.late.ahead and quiet:
        reason = f"{found.late.words()}: it seems to be set beforehand; nothing proves that"
        return WhenKnown(found.name, "unknown", "marked", "after creation", reason, found)
    reason = f"{found.late.words()}, so it was not known then"
    return WhenKnown(found.name, _GROWS, "left out", "after creation", reason, found)


def _by_name(found: ColumnEvidence, when: When, what: str) -> WhenKnown:
    """What is written at the end by its name is left out where it says anything; what grows is marked."""
    said = f"its name reads as {what}"
    if found.signal is not None and found.tells:
        alone = max(found.signal.auc, found.signal.fill_auc)
        said += f", and alone it orders the outcome with an AUC of {alone:.2f}"
    if found.not_yet is not None:
        said += f"; {found.not_yet}"
    if when == _END and (found.tells or found.not_yet is not None):
        return WhenKnown(found.name, _END, "left out", "written at the end", said, found)
    kind: LeakKind = "written at the end" if when == _END else "grows with the process"
    return WhenKnown(found.name, when, "marked", kind, said, found)


def _by_filling(found: ColumnEvidence, known: bool) -> WhenKnown:
    """What only its cells can tell: filled later, growing, or filled for one outcome more than the other."""
    if found.not_yet is not None:
        return WhenKnown(found.name, _GROWS, "marked", "filled later", found.not_yet, found)
    if found.lower is not None:
        return WhenKnown(found.name, _GROWS, "marked", "grows with the process", found.lower, found)
    signal = found.signal
    if signal is not None and signal.fill_auc - signal.error >= _FILL_TELLS:
        reason = f"whether it is filled orders the outcome with an AUC of {signal.fill_auc:.2f}"
        return WhenKnown(found.name, "unknown", "marked", "filled by the outcome", reason, found)
    return WhenKnown(found.name, "at creation" if known else "unknown", "used", None, "", found)


def _with_companions(judged: list[WhenKnown]) -> list[WhenKnown]:
    """Columns that are filled in the same rows as one that is written at the end are written with it."""
    ends = {one.column: one.evidence.filled for one in judged if one.when == _END}
    found = []
    for one in judged:
        other = filled_together(one.evidence.filled, ends) if one.treatment != "left out" else None
        if other is not None:
            reason = f"it is filled in the same rows as '{other}', which is written at the end"
            one = replace(one, when=_END, treatment="left out", kind="filled with another", reason=reason)
        found.append(one)
    return found


def _rank(one: WhenKnown) -> tuple[int, float]:
    order = ("left out", "marked", "used").index(one.treatment)
    signal = one.evidence.signal
    return order, -(max(signal.auc, signal.fill_auc) if signal is not None else 0.0)
