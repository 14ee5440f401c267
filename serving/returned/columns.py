"""A score as the columns that batch appends to an export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from serving.score import Reason, Score, ScoredBy

_COLUMNS: dict[str, Callable[[Score], Any]] = {
    "ls_status": lambda score: score.status,
    "ls_probability": lambda score: score.probability,
    "ls_score": lambda score: score.score,
    "ls_grade": lambda score: score.grade,
    "ls_maturity": lambda score: score.maturity,
    "ls_stage": lambda score: score.stage and score.stage.name,
    "ls_missing": lambda score: score.stage and ", ".join(score.stage.missing),
    "ls_next_action": lambda score: score.next_action and score.next_action.action,
    "ls_deadline": lambda score: _moment(score.next_action and score.next_action.deadline),
    "ls_action_reason": lambda score: score.next_action and score.next_action.reason,
    "ls_reasons_for": lambda score: _reasons(score.reasons_for),
    "ls_reasons_against": lambda score: _reasons(score.reasons_against),
    "ls_interval_low": lambda score: score.interval and score.interval.low,
    "ls_interval_high": lambda score: score.interval and score.interval.high,
    "ls_scored_by": lambda score: score.scored_by and _who(score.scored_by),
    "ls_as_of": lambda score: _moment(score.as_of),
    "ls_warnings": lambda score: "; ".join(score.warnings),
    "error": lambda score: str(score.error) if score.error else None,
}
RANK = "ls_rank"
"""1 for the most probable lead of the file; relative to the file, unlike everything else."""

ADDED: tuple[str, ...] = (RANK, *_COLUMNS)
"""The columns that batch appends, in order."""


def row_of(score: Score) -> tuple[Any, ...]:
    """One score's cells for `ADDED[1:]`; None where empty."""
    return tuple(read(score) or None for read in _COLUMNS.values())


def added_columns(rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """The appended columns of all rows, with their ranks."""
    columns = {name: [row[place] for row in rows] for place, name in enumerate(_COLUMNS)}
    return {RANK: _ranks(columns["ls_probability"]), **columns}


def _ranks(probabilities: Sequence[float | None]) -> list[int | None]:
    """1 for the highest; equal probabilities share the better rank, None has none."""
    place: dict[float, int] = {}
    for rank, probability in enumerate(sorted((p for p in probabilities if p is not None), reverse=True), 1):
        place.setdefault(probability, rank)
    return [None if probability is None else place[probability] for probability in probabilities]


def _who(by: ScoredBy) -> str:
    """`model 3`, or `model 3 (b2b)` where the segment's own scorer answered."""
    return f"{by.rung} {by.version}" + (f" ({by.segment})" if by.segment else "")


def _reasons(reasons: Sequence[Reason]) -> str:
    return "; ".join(f"{reason.text} ({reason.strength:+.2f})" for reason in reasons)


def _moment(moment: Any) -> str | None:
    return moment.isoformat() if moment else None
