"""A model trained again where that pays, judged, and promoted by the gate; run twice, it is done once."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from features.errors import LeadscoreError
from features.progress import Step, tell
from features.recipe import Recipe
from features.tables import Place
from serving.answer import Opened
from serving.registry import shown_store
from training.history import History
from training.history.history import read_history
from training.run.gain import RefitGain, gain_of_refit
from training.run.options import TrainOptions
from training.run.run import train
from training.store import promote, tracking
from training.watch import WatchResult, watch

_OUTCOMES = ("calibration",)
"""What alarms because of outcomes; an input or a score that moved is no proof that newer rows would help."""


class Retrained(BaseModel):
    """What was done and why; `run_id` where it was trained."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["not_needed", "promoted", "refused"]
    why: tuple[str, ...]
    gain: RefitGain | None = None
    run_id: str | None = None
    version: str | None = None
    data_hash: str


def retrain(
    recipe: Recipe, place: Place, opened: Opened, *, if_needed: bool = True, progress: Step | None = None
) -> Retrained:
    """Train on `place` where it pays, and let the gate decide; `opened` is what answers now.

    It pays where no model answers, where probabilities no longer hold on outcomes that the champion had not
    seen (see `training.watch`), or where newer rows lower the log loss beyond chance. Where nothing can be
    measured (leads without dates, tables that the champion's recipe no longer reads) other data are reason
    enough. On data that the newest run of this recipe was already trained on nothing is done, whatever
    became of it.

    Raises:
        LeadscoreError: another process trains this model, or as `train` and `promote`.
    """
    with _alone(recipe.name):
        history = read_history(recipe, place, progress)
        if (made := _trained_on(recipe, history)) is not None:
            same = f"{made} was trained on exactly these data: nothing is new"
            return Retrained(outcome="not_needed", why=(same,), data_hash=history.data_hash)
        why, gain = _needed(recipe, place, opened, history, progress)
        if if_needed and not why:
            told = gain.words if gain else ""
            return Retrained(outcome="not_needed", why=(told,), gain=gain, data_hash=history.data_hash)
        return _trained(recipe, place, why or ("asked for",), gain, history.data_hash, progress)


def _needed(
    recipe: Recipe, place: Place, opened: Opened, history: History, progress: Step | None
) -> tuple[tuple[str, ...], RefitGain | None]:
    """The reasons to train, none where there is none; and what newer rows are worth."""
    if opened.rung == "rules" or opened.history_end_us is None:
        return ("no model answers",), None
    if not (recipe.dated and opened.ladder.recipe.dated):
        return ("newer leads came, and without dates nothing can be measured",), None
    tell(progress, "measuring what newer outcomes are worth")
    gain = gain_of_refit(history, opened.history_end_us)
    try:
        found: WatchResult = watch(recipe, place, opened, progress=progress)
    except LeadscoreError as error:
        return (f"the champion's recipe no longer reads these tables: {error.problem.rstrip('.')}",), gain
    why = [alarm.words for alarm in found.alarms if alarm.subject in _OUTCOMES]
    return (*why, *([gain.words] if gain.sure else [])), gain


def _trained(
    recipe: Recipe,
    place: Place,
    why: tuple[str, ...],
    gain: RefitGain | None,
    data: str,
    progress: Step | None,
) -> Retrained:
    run = train(recipe, place, TrainOptions(progress=progress))
    if run.run_id is None or run.verdict == "nothing_to_learn":
        return Retrained(outcome="refused", why=(*why, *run.summary.reasons), gain=gain, data_hash=data)
    decision = promote(recipe, run.run_id)
    checks = tuple(f"{check.name}: {check.words}" for check in decision.checks if not check.passed)
    return Retrained(
        outcome="promoted" if decision.promoted else "refused",
        why=why if decision.promoted else (*why, *checks),
        gain=gain,
        run_id=run.run_id,
        version=decision.version,
        data_hash=data,
    )


def _trained_on(recipe: Recipe, history: History) -> str | None:
    """What the newest run made, if it was of this recipe and these very data, whatever became of it."""
    run_id = tracking.last_run(recipe.name) if tracking.store_exists() else None
    if run_id is None:
        return None
    tags = tracking.finished_tags(run_id)
    if tags is None or tags.get("leadscore.data_hash") != history.data_hash:
        return None
    try:
        # the hash is made again: what is kept in the tag may be of an older version's making
        same = Recipe.model_validate(tracking.read_json(run_id, "recipe.json")).hash == recipe.hash
    except ValueError:  # it cannot be read, so it stands in the way of nothing
        return None
    if not same:
        return None
    made = tracking.version_of_run(recipe.name, run_id)
    return f"version {made.number}" if made else f"run {run_id}, which learned nothing,"


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One training of a model at a time on this machine; the system gives the lock back however it ends.

    Raises:
        LeadscoreError: another process has it.
    """
    key = hashlib.sha256(f"{shown_store()} {name} {os.getuid()}".encode()).hexdigest()[:16]
    file = os.open(
        Path(tempfile.gettempdir()) / f"leadscore-retrain-{key}.lock", os.O_RDWR | os.O_CREAT, 0o600
    )
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LeadscoreError(
                f"'{name}' is being trained by another process.", "Wait until it has finished."
            ) from None
        yield
    finally:
        os.close(file)
