"""How things stand: what is champion, since when, and what would answer a request."""

from __future__ import annotations

from typing import Any

from features.clock import from_us
from features.errors import LeadscoreError
from serving.answer import open_ladder
from serving.registry import store_address
from training.store import tracking
from training.store.tracking import CHALLENGER, CHAMPION, PREVIOUS


def status(name: str) -> dict[str, Any]:
    """What is champion, where, since when, on which figures, and what would answer a request now.

    The champion's artefact is verified as a service would: one that may not be loaded is told.
    """
    found: dict[str, Any] = {"name": name, "store": store_address(), "champion": None, "answers": "rules"}
    if not tracking.store_exists():
        return found | {"note": "the store does not exist yet; 'leadscore train' makes it"}
    for label in (CHAMPION, PREVIOUS, CHALLENGER):
        version = tracking.alias(name, label)
        found[label] = None if version is None else _described(version)
    if found[CHAMPION] is not None:
        found |= _answering(name)
    else:
        found["note"] = "no champion: the rules answer; 'leadscore promote' lets a trained model do it"
    found["last_run"] = tracking.last_run(name)
    return found


def _answering(name: str) -> dict[str, Any]:
    """Who answers in the champion's name, and a note where it is not its model."""
    try:
        opened = open_ladder(model=f"models:/{name}@{CHAMPION}")
    except LeadscoreError as error:
        return {"answers": "rules", "note": f"the champion cannot be loaded: {error.problem}"}
    version = opened.version and f" (version {opened.version})"
    return {"answers": f"{opened.rung}{version}"} | ({"note": opened.warning} if opened.warning else {})


def _described(version: tracking.Version) -> dict[str, Any]:
    """A version for people: number, run, when it was trained, since when it is what it is, main figures."""
    decision = tracking.read_json(version.run_id, tracking.DECISION) or {}
    content = tracking.read_json(version.run_id, tracking.EVIDENCE) or {}
    model: dict[str, Any] = next(
        (row for row in content.get("comparison", []) if row["scorer"] == "model"), {}
    )
    return {
        "version": version.number,
        "run_id": version.run_id,
        "trained_at": from_us(version.created_ms * 1000).isoformat(timespec="seconds"),
        "since": decision.get("at"),
        "by": decision.get("by"),
        "forced": decision.get("forced", False),
        "figures": {name: model.get(name) for name in ("auc", "log_loss", "lift_10", "observed_expected")},
    }
