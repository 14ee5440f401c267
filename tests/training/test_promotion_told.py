"""What a promotion, a rollback and a status say word by word; models of other names are left alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features import LeadscoreError
from serving.artefact.folder import save_artefact
from serving.rules.default import default_rules
from tests.made import scorers
from tests.training.test_promotion_moves import COMPARED, RECIPE, Store, measured, served, store
from tests.training.test_promotion_moves import pytestmark as quiet
from training import promote, rollback, status
from training.judging import judge
from training.store import logged, tracking
from training.store.decision import decision_on
from training.store.promotion import _servable, against_champion, judge_served

pytestmark = quiet
ROOT = Path(__file__).parents[2]
__all__ = ["store"]  # the fixture


def another(name: str, labels: tuple[str, ...]) -> tracking.Version:
    """A version of another model in the same store, before ours in the alphabet, under each of `labels`."""
    asked = tracking.client()
    run = asked.create_run(logged._experiment(name)).info
    tracking.write_json(run.run_id, tracking.EVIDENCE, measured().model_dump(mode="json"))
    tracking.write_json(run.run_id, "recipe.json", RECIPE.model_dump(mode="json"))
    asked.create_registered_model(name)
    for _ in range(4):  # its numbers are not ours
        made = asked.create_model_version(name, f"{run.artifact_uri}/model", run.run_id)
    version = tracking.version(name, str(made.version))
    for label in labels:
        tracking.set_alias(name, label, version)
    return version


def test_a_model_of_another_name_is_neither_asked_nor_moved(store: Store) -> None:
    labels = ("champion", "previous", "challenger")
    foreign = another("a company before ours", labels)
    first = store.register()
    assert status("moves").champion is None
    with pytest.raises(LeadscoreError, match="no previous champion"):
        rollback("moves")
    decided = promote("moves", first.run_id)
    assert (decided.champion_before, decided.moved) == (None, True)
    assert store.labels() == served(champion="1")
    second = store.register(against="1")
    assert promote("moves", second.run_id).champion_before == "1"
    back = rollback("moves")
    assert (back.champion_before, back.reason) == ("2", "")
    assert store.labels() == served(champion="1", previous="2")
    for label in labels:
        kept = tracking.alias(foreign.name, label)
        assert kept is not None
        assert kept.number == "4"


def test_a_challenger_of_ours_under_another_s_number_keeps_its_label(store: Store) -> None:
    store.register(won=99)
    promote("moves")
    assert store.labels() == served(challenger="1")
    another("a company before ours", ("challenger",))
    promote("moves", store.register().run_id)
    assert store.labels() == served(champion="2", challenger="1")
    promote("moves", tracking.version("moves", "1").run_id, force=True, reason="an exercise")
    assert store.labels() == served(champion="1", previous="2")


def test_promoting_the_champion_again_is_a_promotion_without_force_or_failed_check(store: Store) -> None:
    first = store.register()
    promote("moves", first.run_id)
    again = promote("moves", first.run_id)
    assert (again.action, again.verdict, again.incumbent) == ("promote", "promote", "champion")
    assert (again.forced, again.reason, again.refusals) == (False, "", [])


def test_an_accounts_other_leads_are_counted_where_that_surely_saves_something() -> None:
    assert _servable(RECIPE, measured()).words == "yes."
    lead = RECIPE.lead.model_copy(update={"account_id": "account", "created_at": "created"})
    accounts = RECIPE.features.model_copy(update={"accounts": True})
    recipe = RECIPE.model_copy(update={"features": accounts, "lead": lead})
    needs = "counts the account's other leads, which a ledger alone knows"
    cases = [
        (None, False, f"{needs}; what that saves was not measured."),
        ((0.002, 0.001, 0.003), True,
         f"{needs}; they save +0.00200 of log loss [+0.00100, +0.00300]."),
        ((0.002, 0.0, 0.004), False,
         f"{needs}; they save +0.00200 of log loss [+0.00000, +0.00400], not surely any: train with "
         "[features] accounts = false."),
    ]  # fmt: skip
    for gain, passed, words in cases:
        found = _servable(recipe, measured().model_copy(update={"accounts_gain": gain}))
        assert (found.passed, found.words) == (passed, words)
        evidence = measured().model_copy(update={"accounts_gain": gain})
        judged = judge_served(recipe, evidence)
        assert judge(evidence, recipe.gate).verdict == "promote"
        assert judged.verdict == ("promote" if passed else "refuse")
        assert (words in judged.reasons) is not passed


@pytest.mark.parametrize(
    ("then", "words"), [("3", "version 3 was champion"), (None, "there was no champion")]
)
def test_a_comparison_with_another_champion_is_dropped_and_the_reason_told(then, words) -> None:
    found = measured(others=COMPARED, champion_version=then)
    told = against_champion(found, "7")
    assert "champion" not in {row.scorer for row in told.comparison}
    assert "version 7 is champion and was not compared" in told.champion_missing
    assert f"when this model was trained {words}." in told.champion_missing
    alone = against_champion(found, None)
    assert alone.champion_missing == ""
    assert against_champion(found, then) is found or then is None


def test_a_decision_is_kept_as_json_that_any_reader_reads(store: Store) -> None:
    first = store.register()
    decided = promote("moves", first.run_id)
    text = (store.folder_of(first) / tracking.DECISION).read_text()
    assert json.loads(text) == decided.model_dump(mode="json")


def test_status_names_the_previous_champion_the_newest_run_and_the_version_that_answers(store: Store) -> None:
    """Two versions hold models of different names: who answers is the champion, not the newest."""
    first, second = store.register(), store.register(against="1")
    for version in (first, second):
        artefact = store.folder_of(version) / "model" / "artefact"
        save_artefact(artefact, scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe()))
    promote("moves", first.run_id)
    promote("moves", second.run_id)
    told = status("moves")
    assert told.previous is not None
    assert (told.previous.version, told.previous.run_id) == ("1", first.run_id)
    assert told.answers == "model (version 2)"
    assert told.last_run == second.run_id
    another("a company after", ())
    assert status("moves").last_run == second.run_id


def test_a_store_s_password_is_in_no_decision_and_in_no_sentence(monkeypatch) -> None:
    """The address of a database may hold one; what is told is printed and kept with runs."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://sales:hush-hush@127.0.0.1:1/runs")
    version = tracking.Version("moves", "1", "0" * 32, 0)
    decided = decision_on(
        "promote", version, judge(measured(), RECIPE.gate), RECIPE.gate, None, True, False, ""
    )
    assert decided.store == "postgresql://sales:***@127.0.0.1:1/runs"
    assert "that run on postgresql://sales:***@127.0.0.1:1/runs answer" in decided.followed
    for layer in ("features", "serving", "training", "leadscore"):
        for path in (ROOT / layer).rglob("*.py"):
            assert "{store_address()}" not in path.read_text(), f"{path}: print shown_store()"


def test_status_of_a_name_that_nothing_was_trained_under_says_which_there_are(store: Store) -> None:
    store.register()
    told = status("movs")
    assert (told.champion, told.answers) == (None, "rules")
    assert "no model 'movs'" in (told.note or "")
    assert "'moves'" in (told.note or "")
