"""What was written for a platform before: so that nothing goes twice, and changes go as adjustments.

The file holds hashes of lead ids, stages, moments and amounts, no address, number or click id.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from features import LeadscoreError
from features.clock import DAY_US
from serving.conversions.candidates import Candidates, Conversion
from serving.conversions.platforms import Platform


class SentConversion(BaseModel):
    """One conversion as it was last told, at `told_us`; `retracted` once it was taken back."""

    model_config = ConfigDict(extra="forbid")

    stage: str
    at_us: int
    value: float | None
    retracted: bool = False
    told_us: int = 0


class SentLog(BaseModel):
    """All conversions of one platform, by order id."""

    model_config = ConfigDict(extra="forbid")

    platform: str
    sent: dict[str, SentConversion] = {}


class Adjustment(BaseModel):
    """A conversion that was sent and is not so any more: of another value, or not at all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order_id: str
    stage: str
    at_us: int
    kind: Literal["RESTATE", "RETRACT"]
    value: float | None
    why: str
    click_id: str | None = None


class UploadPlan(BaseModel):
    """What to write now: new conversions, adjustments, and changes that the platform no longer takes.

    `waiting` counts changes of stages that are not told now: they stay for a run that tells them.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    new: tuple[Conversion, ...]
    adjustments: tuple[Adjustment, ...]
    too_late: tuple[Adjustment, ...]
    known: int
    now_us: int
    waiting: int = 0


def read_log(path: Path, platform: Platform) -> SentLog:
    """The log in `path`; an empty one where there is no file.

    Raises:
        LeadscoreError: it cannot be read, or is of another platform.
    """
    if not path.exists():
        return SentLog(platform=platform.name)
    try:
        log = SentLog.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError):
        log = None
    if log is None or log.platform != platform.name:
        raise LeadscoreError(
            f"{path.name}: is not what was sent to {platform.name} before.",
            "Name the folder that holds that platform's uploads, or a new one.",
        )
    return log


def plan_upload(candidates: Candidates, log: SentLog, platform: Platform, now_us: int) -> UploadPlan:
    """Candidates against what was sent: the new, the changed, the withdrawn and the undone."""
    new, known = [], 0
    for one in candidates.conversions:
        before = log.sent.get(one.order_id)
        if before is None or before.retracted:
            new.append(one)
        else:
            known += 1
    taken: list[Adjustment] = []
    late: list[Adjustment] = []
    waiting = 0
    for order, before in log.sent.items():
        if before.retracted or (change := _change(order, before, candidates)) is None:
            continue
        if candidates.stages is not None and before.stage not in candidates.stages:
            waiting += 1
            continue
        fits = platform.adjust_days > 0 and now_us - before.at_us <= platform.adjust_days * DAY_US
        fits &= platform.name == "google" or change.click_id is not None
        (taken if fits else late).append(change)
    return UploadPlan(
        new=tuple(new), adjustments=tuple(taken), too_late=tuple(late), known=known, now_us=now_us,
        waiting=waiting,
    )  # fmt: skip


def _change(order: str, before: SentConversion, candidates: Candidates) -> Adjustment | None:
    def change(kind: Literal["RESTATE", "RETRACT"], why: str, value: float | None = None) -> Adjustment:
        return Adjustment(
            order_id=order, stage=before.stage, at_us=before.at_us, kind=kind, value=value, why=why,
            click_id=candidates.clicks.get(order),
        )  # fmt: skip

    if order in candidates.withdrawn:
        return change("RETRACT", "consent withdrawn after the upload")
    if order not in candidates.reached:
        return change("RETRACT", "the stage does not stand any more")
    value = candidates.reached[order]
    now = None if value != value else round(value, 2)
    if before.stage == "customer" and now is not None and now != before.value:
        return change("RESTATE", "another amount", now)
    return None


def as_sent(one: Conversion, now_us: int) -> SentConversion:
    """What is kept of a conversion that was told at `now_us`."""
    value = None if one.value != one.value else round(one.value, 2)
    return SentConversion(stage=one.stage, at_us=one.at_us, value=value, told_us=now_us)


def after_change(change: Adjustment, now_us: int) -> SentConversion:
    """What is kept of a conversion once a change of it was told at `now_us`."""
    gone = change.kind == "RETRACT"
    return SentConversion(
        stage=change.stage, at_us=change.at_us, value=change.value, retracted=gone, told_us=now_us
    )


def logged(log: SentLog, plan: UploadPlan) -> SentLog:
    """The log after `plan` was written."""
    sent = log.sent | {one.order_id: as_sent(one, plan.now_us) for one in plan.new}
    for change in plan.adjustments:
        sent[change.order_id] = after_change(change, plan.now_us)
    return SentLog(platform=log.platform, sent=sent)


def joined(log: SentLog, kept: SentLog) -> SentLog:
    """Both: of what stands in both what was told last."""
    newer = {
        order: one
        for order, one in kept.sent.items()
        if order not in log.sent or one.told_us >= log.sent[order].told_us
    }
    return SentLog(platform=log.platform, sent=log.sent | newer)
