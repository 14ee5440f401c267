"""Flat copies of a score's nested parts, for CRMs whose fields are filled by name without a loop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from serving.prospect import Within
from serving.score import Action, Reason, Score, StageName

_REASONS = _POINTS = 3


class Flat(BaseModel):
    """The same as beside it in `stage`, `next_action`, the reasons, `interval`, `horizons`, `worth`,
    `scored_by` and `error`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage_name: StageName | None
    action: Action | None
    action_deadline: datetime | None
    action_reason: str | None
    reason_1_text: str | None
    reason_2_text: str | None
    reason_3_text: str | None
    reason_against_1_text: str | None
    reason_against_2_text: str | None
    reason_against_3_text: str | None
    interval_low: float | None
    interval_high: float | None
    horizon_1_days: float | None
    horizon_1_probability: float | None
    horizon_2_days: float | None
    horizon_2_probability: float | None
    horizon_3_days: float | None
    horizon_3_probability: float | None
    worth_amount: float | None
    worth_value: float | None
    worth_low: float | None
    worth_high: float | None
    rung: str | None
    version: str | None
    error_text: str | None
    warning_text: str | None


class ScoreAnswer(Score, Flat):
    """A score as HTTP answers it: with flat copies of its nested parts."""


def flat(score: Score) -> Flat:
    """The flat copies of `score`; null where it has nothing there."""
    return Flat(**_values(score))


def _values(score: Score) -> dict[str, Any]:
    stage, action, interval, by = score.stage, score.next_action, score.interval, score.scored_by
    worth = score.worth
    return dict(
        stage_name=stage.name if stage else None,
        action=action.action if action else None,
        action_deadline=action.deadline if action else None,
        action_reason=action.reason if action else None,
        **_texts("reason", score.reasons_for),
        **_texts("reason_against", score.reasons_against),
        interval_low=interval.low if interval else None,
        interval_high=interval.high if interval else None,
        **_curve(score.horizons),
        worth_amount=worth.amount if worth else None,
        worth_value=worth.value if worth else None,
        worth_low=worth.low if worth else None,
        worth_high=worth.high if worth else None,
        rung=by.rung if by else None,
        version=by.version if by else None,
        error_text=str(score.error) if score.error else None,
        warning_text="; ".join(score.warnings) or None,
    )


def answer_text(score: Score) -> str:
    """The JSON of `ScoreAnswer`; parts of a valid score are valid, and need no second look."""
    return f"{score.model_dump_json()[:-1]},{to_json(_values(score)).decode()[1:]}"


def _texts(name: str, reasons: Sequence[Reason]) -> dict[str, Any]:
    """`NAME_1_text` … of the strongest reasons."""
    pairs = zip_longest(range(1, _REASONS + 1), reasons[:_REASONS])
    return {f"{name}_{number}_text": reason.text if reason else None for number, reason in pairs}


def _curve(points: Sequence[Within]) -> dict[str, Any]:
    """`horizon_1_days`, `horizon_1_probability` … of the shortest horizons."""
    found: dict[str, Any] = {}
    for number, point in zip_longest(range(1, _POINTS + 1), points[:_POINTS]):
        found[f"horizon_{number}_days"] = point.days if point else None
        found[f"horizon_{number}_probability"] = point.probability if point else None
    return found
