"""How things stand: what is champion, since when, and what would answer a request."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from features.clock import from_us
from features.errors import LeadscoreError, nearest_name
from serving.answer import open_ladder
from serving.registry import shown_store
from training.judging import JUDGED
from training.judging.figures import only_set
from training.store import tracking
from training.store.tracking import CHALLENGER, CHAMPION, PREVIOUS


class MainFigures(BaseModel):
    """The model's figures on its test; None where they are not known."""

    model_config = ConfigDict(frozen=True)

    auc: float | None = None
    log_loss: float | None = None
    lift_10: float | None = None
    observed_expected: float | None = None


class Standing(BaseModel):
    """A version for people: number, run, when it was trained, since when and by whom it is what it is."""

    model_config = ConfigDict(frozen=True)

    version: str
    run_id: str
    trained_at: str
    since: str | None
    by: str | None
    forced: bool
    figures: MainFigures


class Status(BaseModel):
    """Which version stands under each alias, who `answers` a request now, and a note where that needs one.

    What a store that is not there yet cannot tell has no key in the JSON, nor has a note without words.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    store: str
    champion: Standing | None
    answers: str
    previous: Standing | None = None
    challenger: Standing | None = None
    note: str = ""
    last_run: str | None = None

    @model_serializer(mode="wrap")
    def _json(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return only_set(self, dump)


def status(name: str) -> Status:
    """What is champion, where, since when, on which figures, and what would answer a request now.

    The champion's artefact is verified as a service would: one that may not be loaded is told.
    """
    if not tracking.store_exists():
        note = "the store does not exist yet; 'leadscore train' makes it"
        return Status(name=name, store=shown_store(), champion=None, answers="rules", note=note)
    versions = {label: tracking.alias(name, label) for label in (CHAMPION, PREVIOUS, CHALLENGER)}
    standing = {label: _standing(version) if version else None for label, version in versions.items()}
    if standing[CHAMPION] is not None:
        answers, note = _answering(name)
    else:
        answers, note = "rules", _without_champion(name)
    found = Status(
        name=name,
        store=shown_store(),
        champion=standing[CHAMPION],
        answers=answers,
        previous=standing[PREVIOUS],
        challenger=standing[CHALLENGER],
        last_run=tracking.last_run(name),
    )
    return found.model_copy(update={"note": note}) if note else found


def _without_champion(name: str) -> str:
    """What to do where nobody is champion; of a name that was never trained, which there are."""
    if tracking.last_run(name) is None and name not in (there := tracking.model_names()):
        known = nearest_name(name, there) if there else "'leadscore train' makes one."
        return f"the store has no model '{name}'. {known}".rstrip(".")
    return "no champion: the rules answer; 'leadscore promote' lets a trained model do it"


def _answering(name: str) -> tuple[str, str]:
    """Who answers in the champion's name, and a note where it is not its model."""
    try:
        opened = open_ladder(model=f"models:/{name}@{CHAMPION}")
    except LeadscoreError as error:
        return "rules", f"the champion cannot be loaded: {error.problem}"
    version = opened.version and f" (version {opened.version})"
    return f"{opened.rung}{version}", opened.warning or ""


def _standing(version: tracking.Version) -> Standing:
    """What the store tells of a version; of a run without decision or evidence it tells less."""
    decision = tracking.read_json(version.run_id, tracking.DECISION) or {}
    content = tracking.read_json(version.run_id, tracking.EVIDENCE) or {}
    rows = (row for row in content.get("comparison", []) if row["scorer"] == JUDGED)
    return Standing(
        version=version.number,
        run_id=version.run_id,
        trained_at=from_us(version.created_ms * 1000).isoformat(timespec="seconds"),
        since=decision.get("at"),
        by=decision.get("by"),
        forced=decision.get("forced", False),
        figures=MainFigures.model_validate(next(rows, {})),
    )
