"""What was decided about a version, and how it is kept with its run."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from features.recipe import Gate
from serving.registry import shown_store
from training.judging import Check, Judgement
from training.store import tracking
from training.store.tracking import CHAMPION


class Decision(BaseModel):
    """What was decided about a version, by whom, when, and on which numbers; kept with the run it judges."""

    model_config = ConfigDict(frozen=True)

    action: str
    name: str
    run_id: str
    version: str
    promoted: bool
    verdict: str
    incumbent: str
    checks: list[Check]
    thresholds: Gate
    by: str
    at: str
    store: str
    champion_before: str | None = None
    forced: bool = False
    reason: str = ""
    doubts: list[str] = Field(default_factory=list)

    @property
    def moved(self) -> bool:
        """Whether another version answers from now on."""
        return self.promoted and self.champion_before != self.version

    @property
    def followed(self) -> str:
        """Which services answer otherwise from now on.

        The store does not know who has loaded from it, so they are named by what they serve.
        """
        if not self.moved:
            return ""
        before = f"version {self.champion_before}" if self.champion_before else "the rules"
        return (
            f"Services of '{self.name}' that run on {self.store} answer with version {self.version} within "
            f"10 s, or say in /readyz why {before} must go on."
        )

    @property
    def refusals(self) -> list[str]:
        """The words of the checks that failed."""
        return [check.words for check in self.checks if not check.passed]


def already_champion(version: tracking.Version, gate: Gate) -> Decision:
    """The answer to promoting the champion: nothing is judged, moved or written over."""
    check = Check(name="is champion", passed=True, words=f"version {version.number} is the champion already.")
    judgement = Judgement(verdict="promote", incumbent=CHAMPION, checks=(check,))
    return decision_on("promote", version, judgement, gate, version, True, False, "")


def decision_on(
    action: str,
    version: tracking.Version,
    judgement: Judgement,
    gate: Gate,
    before: tracking.Version | None,
    promoted: bool,
    forced: bool,
    reason: str,
) -> Decision:
    """The decision of now, by who runs this, on `version` while `before` (None: nobody) was champion."""
    return Decision(
        action=action,
        name=version.name,
        run_id=version.run_id,
        version=version.number,
        promoted=promoted,
        verdict=judgement.verdict,
        incumbent=judgement.incumbent,
        checks=list(judgement.checks),
        thresholds=gate,
        by=getpass.getuser(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        store=shown_store(),
        champion_before=before.number if before else None,
        forced=forced,
        reason=reason,
    )


def keep_decision(decision: Decision) -> None:
    """Keep the decision with its run: the latest under its plain name, all of them by their moment."""
    content = decision.model_dump(mode="json")
    moment = decision.at.replace(":", "").replace("+0000", "Z")
    tracking.write_json(decision.run_id, f"decisions/{moment}.json", content)
    tracking.write_json(decision.run_id, tracking.DECISION, content)
