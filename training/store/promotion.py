"""Who is served: promote by the gate, go back, and say how things stand."""

from __future__ import annotations

from features.catalogue import default_features, of_accounts
from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.registry import shown_store
from training.judging import Check, Evidence, Judgement, doubts, judge
from training.store import tracking
from training.store.champion import answering
from training.store.decision import Decision, already_champion, decision_on, keep_decision
from training.store.tracking import CHALLENGER, CHAMPION, PREVIOUS


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
    gate = trained_with.gate
    before = tracking.alias(name, CHAMPION)
    if before is not None and before.number == version.number:
        return already_champion(version, gate)
    answers = answering(trained_with)
    judgement = judge_served(trained_with, against_champion(evidence, answers[1] if answers else None))
    servable = _servable(trained_with, evidence).passed
    passed = servable and (judgement.verdict == "promote" or force)
    decision = decision_on("promote", version, judgement, gate, before, passed, force, reason)
    if passed:
        decision = decision.model_copy(update={"doubts": doubts(evidence, gate)})
    keep_decision(decision)
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
            f"{shown_store()}: '{name}' has no previous champion to go back to.",
            f"See 'leadscore status {name}'; promote another run with "
            f"'leadscore promote {name} --run RUN_ID'.",
        )
    evidence, trained_with = _evidence(back)
    judgement = judge(evidence, trained_with.gate)
    decision = decision_on("rollback", back, judgement, trained_with.gate, before, True, False, reason)
    keep_decision(decision)
    _move(name, back, before)
    return decision


def judge_served(recipe: Recipe, evidence: Evidence) -> Judgement:
    """The gate's judgement, and first of its checks that the model cannot be served, where that is so."""
    judgement, servable = judge(evidence, recipe.gate), _servable(recipe, evidence)
    if servable.passed:
        return judgement
    verdict = "refuse" if judgement.verdict == "promote" else judgement.verdict
    return judgement.model_copy(update={"verdict": verdict, "checks": (servable, *judgement.checks)})


def _wanted(name: str, run_id: str | None) -> tracking.Version:
    """The version to decide on.

    Raises:
        LeadscoreError: nothing was registered under that name by that run.
    """
    found = tracking.version_of_run(name, run_id) if tracking.store_exists() else None
    if found is None:
        run = f"run {run_id} of '{name}'" if run_id else f"'{name}'"
        raise LeadscoreError(
            f"{shown_store()}: has no registered version of {run}.",
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
            f"{shown_store()}: run {version.run_id} has no {tracking.EVIDENCE}, so nothing judges it.",
            "Train again with 'leadscore train'.",
        )
    return Evidence.model_validate(content), Recipe.model_validate(recipe)


def _servable(recipe: Recipe, evidence: Evidence) -> Check:
    """Whether one lead at a time can be scored: what a ledger alone can tell must have been worth it."""
    if not of_accounts(default_features(recipe)):
        return Check(name="can be served", passed=True, words="yes.")
    needs = "counts the account's other leads, which a ledger alone knows"
    if evidence.accounts_gain is None:
        return Check(name="can be served", passed=False, words=f"{needs}; what that saves was not measured.")
    gain, low, high = evidence.accounts_gain
    saves = f"{needs}; they save {gain:+.5f} of log loss [{low:+.5f}, {high:+.5f}]"
    words = f"{saves}." if low > 0 else f"{saves}, not surely any: train with [features] accounts = false."
    return Check(name="can be served", passed=low > 0, words=words)


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


def _move(name: str, version: tracking.Version, before: tracking.Version | None) -> None:
    """Make `version` champion, once it is sure that nobody moved the alias meanwhile.

    Raises:
        LeadscoreError: the champion is another one than when the decision was made.
    """
    now = tracking.alias(name, CHAMPION)
    if (now and now.number) != (before and before.number):
        raise LeadscoreError(
            f"{shown_store()}: another promotion of '{name}' came between; nothing was moved.",
            "Look at 'leadscore status', and promote again if it is still wanted.",
        )
    if before is not None and before.number != version.number:
        tracking.set_alias(name, PREVIOUS, before)
    tracking.set_alias(name, CHAMPION, version)
    challenger = tracking.alias(name, CHALLENGER)
    if challenger is not None and challenger.number == version.number:
        tracking.drop_alias(name, CHALLENGER)
