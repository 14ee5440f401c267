"""Who is served: promote by the gate, go back, and say how things stand."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from features import LeadscoreError, Recipe, default_features, from_tables_only
from features.clock.instants import from_us
from features.recipe.recipe import Gate
from serving.answer.opening import open_ladder
from serving.artefact.registry import store_address
from training.judging.doubts import doubts
from training.judging.evidence import Evidence
from training.judging.gate import Check, Judgement, judge
from training.store import tracking

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"


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
    checks: list[dict[str, Any]]
    thresholds: dict[str, Any]
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
    def restart(self) -> str:
        """Which services still answer as before: what runs has loaded its champion when it started.

        The store does not know who has loaded from it, so they are named by what they serve.
        """
        if not self.moved:
            return ""
        before = f"with version {self.champion_before}" if self.champion_before else "by rules"
        return (
            f"Services of '{self.name}' that run already go on answering {before}: restart every 'leadscore "
            f"serve' that uses {self.store}."
        )

    @property
    def refusals(self) -> list[str]:
        """The words of the checks that failed."""
        return [check["words"] for check in self.checks if not check["passed"]]


def promote(
    recipe: Recipe | str, run_id: str | None = None, *, force: bool = False, reason: str = ""
) -> Decision:
    """Let the version of `run_id` (the newest without it) answer, if its evidence passes the gate.

    `recipe` is a recipe or the model's name. A refused version becomes `challenger`; the former champion
    becomes `previous`. The decision is written to the run either way. `force` overrides the gate, but for a
    model that cannot be served.

    Raises:
        LeadscoreError: no such version or evidence, `force` without a reason, or another promotion between.
    """
    name = recipe if isinstance(recipe, str) else recipe.name
    if force and not reason.strip():
        raise LeadscoreError("--force needs a reason.", "Say why: --force --reason 'the rules are broken'.")
    version = _wanted(name, run_id)
    evidence, trained_with = _evidence(version)
    gate, servable = trained_with.gate, _servable(trained_with)
    before = tracking.alias(name, CHAMPION)
    if before is not None and before.number == version.number:
        return _already(version, gate)
    judgement = judge(against_champion(evidence, before.number if before else None), gate)
    if not servable.passed:
        judgement = judgement.model_copy(
            update={"verdict": "refuse", "checks": (servable, *judgement.checks)}
        )
    passed = servable.passed and (judgement.verdict == "promote" or force)
    decision = _decision("promote", version, judgement, gate, before, passed, force, reason)
    if passed:
        decision = decision.model_copy(update={"doubts": doubts(evidence, gate)})
    _record(decision)
    if passed:
        _move(name, version, before)
    else:
        tracking.set_alias(name, CHALLENGER, version)
    return decision


def rollback(name: str, *, reason: str = "") -> Decision:
    """Let `previous` answer again; the present champion becomes `previous`, so a second call undoes it.

    Raises:
        LeadscoreError: there is no previous champion.
    """
    before, back = tracking.alias(name, CHAMPION), tracking.alias(name, PREVIOUS)
    if back is None:
        raise LeadscoreError(
            f"{store_address()}: '{name}' has no previous champion to go back to.",
            "See 'leadscore status'; promote another run with 'leadscore promote --run RUN_ID'.",
        )
    evidence, trained_with = _evidence(back)
    judgement = judge(evidence, trained_with.gate)
    decision = _decision("rollback", back, judgement, trained_with.gate, before, True, False, reason)
    _record(decision)
    _move(name, back, before)
    return decision


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


def _wanted(name: str, run_id: str | None) -> tracking.Version:
    """The version to decide on.

    Raises:
        LeadscoreError: nothing was registered under that name by that run.
    """
    found = tracking.version_of_run(name, run_id) if tracking.store_exists() else None
    if found is None:
        run = f"run {run_id} of '{name}'" if run_id else f"'{name}'"
        raise LeadscoreError(
            f"{store_address()}: has no registered version of {run}.",
            "Train with 'leadscore train' (a run with nothing to learn registers none), or check "
            "MLFLOW_TRACKING_URI.",
        )
    return found


def _evidence(version: tracking.Version) -> tuple[Evidence, Recipe]:
    """The evidence of the version's run, and the recipe that it was trained by."""
    content = tracking.read_json(version.run_id, tracking.EVIDENCE)
    recipe = tracking.read_json(version.run_id, "recipe.json")
    if content is None or recipe is None:
        raise LeadscoreError(
            f"{store_address()}: run {version.run_id} has no {tracking.EVIDENCE}, so nothing judges it.",
            "Train again with 'leadscore train'.",
        )
    return Evidence.model_validate(content), Recipe.model_validate(recipe)


def _servable(recipe: Recipe) -> Check:
    """Whether one lead at a time can be scored: nothing is read that only a company's tables can tell."""
    names = from_tables_only(default_features(recipe))
    words = (
        f"counts the account's other leads ({', '.join(names)}): no request holds them" if names else "yes"
    )
    return Check(name="can be served", passed=not names, words=f"{words}.")


def against_champion(evidence: Evidence, champion: str | None) -> Evidence:
    """`evidence` as it stands against the version that is champion by now (None: there is none).

    Against another champion than that of the training there is no comparison, and that is said: the rows of
    the test are not kept with the run, so only a training can make one.
    """
    if champion is not None and evidence.champion_version == champion:
        return evidence
    if champion is None:
        missing = ""
    else:
        then = evidence.champion_version
        before = f"version {then} was champion" if then else "there was no champion"
        missing = (
            f"version {champion} is champion and was not compared: when this model was trained {before}. "
            "Train again with 'leadscore train', which compares both on the same rows, or promote with "
            "--force --reason"
        )
    return evidence.without("champion").model_copy(update={"champion_missing": missing})


def _already(version: tracking.Version, gate: Gate) -> Decision:
    """The answer to promoting the champion: nothing is judged, moved or written over."""
    check = Check(name="is champion", passed=True, words=f"version {version.number} is the champion already.")
    judgement = Judgement(verdict="promote", incumbent=CHAMPION, checks=(check,))
    return _decision("promote", version, judgement, gate, version, True, False, "")


def _decision(
    action: str,
    version: tracking.Version,
    judgement: Judgement,
    gate: Gate,
    before: tracking.Version | None,
    promoted: bool,
    forced: bool,
    reason: str,
) -> Decision:
    return Decision(
        action=action,
        name=version.name,
        run_id=version.run_id,
        version=version.number,
        promoted=promoted,
        verdict=judgement.verdict,
        incumbent=judgement.incumbent,
        checks=[check.model_dump() for check in judgement.checks],
        thresholds=gate.model_dump(mode="json"),
        by=getpass.getuser(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        store=store_address(),
        champion_before=before.number if before else None,
        forced=forced,
        reason=reason,
    )


def _record(decision: Decision) -> None:
    """Keep the decision with its run: the latest under its plain name, all of them by their moment."""
    content = decision.model_dump(mode="json")
    moment = decision.at.replace(":", "").replace("+0000", "Z")
    tracking.write_json(decision.run_id, f"decisions/{moment}.json", content)
    tracking.write_json(decision.run_id, tracking.DECISION, content)


def _move(name: str, version: tracking.Version, before: tracking.Version | None) -> None:
    """Make `version` champion, once it is sure that nobody moved the alias meanwhile.

    Raises:
        LeadscoreError: the champion is another one than when the decision was made.
    """
    now = tracking.alias(name, CHAMPION)
    if (now and now.number) != (before and before.number):
        raise LeadscoreError(
            f"{store_address()}: another promotion of '{name}' came between; nothing was moved.",
            "Look at 'leadscore status', and promote again if it is still wanted.",
        )
    if before is not None and before.number != version.number:
        tracking.set_alias(name, PREVIOUS, before)
    tracking.set_alias(name, CHAMPION, version)
    challenger = tracking.alias(name, CHALLENGER)
    if challenger is not None and challenger.number == version.number:
        tracking.drop_alias(name, CHALLENGER)
