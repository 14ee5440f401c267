"""Who is champion, previous and challenger after any sequence of promotions and rollbacks: a real store
against the three rules written out below. The versions hold evidence and no model, so that a step is quick.
"""

from __future__ import annotations

import getpass
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from features import LeadscoreError, Recipe
from serving.artefact.folder import save_artefact
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.store import empty_store
from tests.training.test_gate_by_hand import evidence, scorer
from training import promote, rollback, status
from training.judging.evidence import Evidence
from training.store import logged, tracking
from training.store.promotion import Decision, _move

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]
LABELS = ("champion", "previous", "challenger")
RECIPE = Recipe.model_validate(
    {"recipe": {"name": "moves"}, "tables": {"leads": "leads.csv"}, "gate": {"min_positives": 100}}
)
COMPARED = (scorer("rules"), scorer("base_rate"), scorer("champion"))


def measured(*model: dict[str, Any], **more: Any) -> Evidence:
    """Evidence that passes, with the log loss that a promotion asks for."""
    found = evidence(*model, **more)
    return found.model_copy(
        update={
            "comparison": [
                row.model_copy(update={"log_loss": row.log_loss if row.log_loss is not None else 0.3})
                for row in found.comparison
            ]
        }
    )


class Store:
    """An empty store with versions of one name."""

    def __init__(self, folder: Path) -> None:
        self.address = empty_store(folder)

    def register(self, won: int = 300, against: str | None = None, **change: Any) -> tracking.Version:
        """A version that the gate lets through with `won` ≥ 100, compared with the champion `against`."""
        asked = tracking.client()
        name = RECIPE.name
        run = asked.create_run(logged._experiment(name)).info
        found = measured(others=COMPARED if against else (), won=won, champion_version=against)
        recipe = RECIPE.model_copy(update=change)
        tracking.write_json(run.run_id, tracking.EVIDENCE, found.model_dump(mode="json"))
        tracking.write_json(run.run_id, "recipe.json", recipe.model_dump(mode="json"))
        if not asked.search_registered_models(f"name='{name}'"):
            asked.create_registered_model(name)
        made = asked.create_model_version(name, f"{run.artifact_uri}/model", run.run_id)
        return tracking.version(name, str(made.version))

    def folder_of(self, version: tracking.Version) -> Path:
        """Where the artefacts of the version's run stand."""
        return Path(tracking.client().get_run(version.run_id).info.artifact_uri.removeprefix("file://"))

    def labels(self) -> dict[str, str | None]:
        """Alias → version number."""
        found = {label: tracking.alias(RECIPE.name, label) for label in LABELS}
        return {label: one.number if one else None for label, one in found.items()}


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.address)
    return made


def served(**labels: str) -> dict[str, str | None]:
    return dict.fromkeys(LABELS) | labels


def expected(now: dict[str, str | None], number: str, passes: bool) -> dict[str, str | None]:
    """The rules of a promotion: the champion stays as it is; who passes is champion, and who was is previous;
    who is refused is challenger."""
    if number == now["champion"]:
        return now
    if not passes:
        return now | {"challenger": number}
    left = {"challenger": None} if now["challenger"] == number else {}
    before = {"previous": now["champion"]} if now["champion"] else {}
    return now | left | before | {"champion": number}


@pytest.mark.parametrize("seed", range(3))
def test_after_any_steps_the_aliases_are_those_of_the_rules(store, seed):
    drawn = random.Random(seed)
    known: list[tuple[tracking.Version, int, str | None]] = []
    now = served()
    for _ in range(9):
        if drawn.random() < 0.25 and now["champion"]:
            if now["previous"] is None:
                with pytest.raises(LeadscoreError, match="'moves' has no previous champion to go back to"):
                    rollback("moves")
            else:
                decided = rollback("moves", reason="too hot")
                assert (decided.action, decided.version) == ("rollback", now["previous"])
                assert decided.champion_before == now["champion"]
                left = {"challenger": None} if now["challenger"] == now["previous"] else {}
                now = now | left | {"champion": now["previous"], "previous": now["champion"]}
        else:
            if not known or drawn.random() < 0.5:
                won, against = drawn.choice((300, 99)), drawn.choice((now["champion"], None))
                known.append((store.register(won, against), won, against))
            version, won, against = drawn.choice(known)
            force = drawn.random() < 0.2
            passes = force or (won >= 100 and against == now["champion"])
            decided = promote(RECIPE, version.run_id, force=force, reason="an exercise" if force else "")
            assert decided.promoted == (passes or version.number == now["champion"])
            assert decided.moved == (passes and version.number != now["champion"])
            now = expected(now, version.number, passes)
        assert store.labels() == now


def test_a_decision_says_what_by_whom_when_on_which_numbers_and_is_kept_with_its_run(store):
    first, second = store.register(), store.register(won=99)
    before = datetime.now(UTC) - timedelta(seconds=1)
    promote("moves", first.run_id)
    refused = promote("moves", second.run_id)
    forced = promote("moves", second.run_id, force=True, reason="the rules are broken")
    back = rollback("moves", reason="too hot")
    for decided in (refused, forced, back):
        assert (decided.name, decided.by, decided.store) == ("moves", getpass.getuser(), store.address)
        at = datetime.fromisoformat(decided.at)
        assert before <= at <= datetime.now(UTC)
        assert at.microsecond == 0
        assert decided.thresholds == RECIPE.gate
        assert {"min_positives", "slope", "worst segment"} <= {check.name for check in decided.checks}
    told = [(d.action, d.version, d.run_id, d.champion_before) for d in (refused, forced, back)]
    assert told == [
        ("promote", "2", second.run_id, "1"),
        ("promote", "2", second.run_id, "1"),
        ("rollback", "1", first.run_id, "2"),
    ]
    verdicts = [(d.verdict, d.incumbent, d.forced, d.reason, d.promoted) for d in (refused, forced)]
    assert verdicts == [
        ("refuse", "champion", False, "", False),
        ("refuse", "champion", True, "the rules are broken", True),
    ]
    assert (back.forced, back.reason, back.promoted, back.incumbent) == (False, "too hot", True, "rules")
    assert refused.refusals == [check.words for check in refused.checks if not check.passed] != []
    assert Decision.model_validate(tracking.read_json(first.run_id, tracking.DECISION)) == back
    assert Decision.model_validate(tracking.read_json(second.run_id, tracking.DECISION)) == forced
    moment = back.at.replace(":", "").replace("+0000", "Z")
    kept = tracking.read_json(first.run_id, f"decisions/{moment}.json")
    assert Decision.model_validate(kept) == back


def test_doubts_are_kept_only_of_who_answers(store):
    """The rules are the rung below: the champion is beaten, the rules are not."""
    sure = promote("moves", store.register().run_id)
    assert (sure.promoted, sure.doubts) == (True, [])
    weak = measured(others=COMPARED, champion_version="1")
    level = [
        d.model_copy(update={"difference": 0.0, "low": -0.01, "high": 0.01}) if d.versus == "rules" else d
        for d in weak.differences
    ]
    doubted = weak.model_copy(update={"differences": level})
    version = store.register()
    for won, promoted in ((99, False), (300, True)):
        found = doubted.model_copy(update={"won_leads": won})
        tracking.write_json(version.run_id, tracking.EVIDENCE, found.model_dump(mode="json"))
        decided = promote("moves", version.run_id)
        assert decided.promoted is promoted
        assert any("not surely better than" in words for words in decided.doubts) is promoted


def test_a_force_without_a_reason_is_refused_before_anything_is_asked(store):
    version = store.register()
    for reason in ("", "  "):
        with pytest.raises(LeadscoreError, match="--force needs a reason") as told:
            promote("moves", version.run_id, force=True, reason=reason)
        assert "--force --reason" in told.value.remedy
    assert store.labels() == served()


def test_a_model_that_no_request_can_feed_is_refused_even_by_force(store):
    accounts = RECIPE.features.model_copy(update={"accounts": True})
    lead = RECIPE.lead.model_copy(update={"account_id": "account", "created_at": "created"})
    version = store.register(features=accounts, lead=lead)
    for force in (False, True):
        decided = promote("moves", version.run_id, force=force, reason="an exercise" if force else "")
        first = decided.checks[0]
        assert (first.name, first.passed) == ("can be served", False)
        assert first.words.startswith("counts the account's other leads, which a ledger alone knows")
        assert (decided.promoted, decided.verdict) == (False, "refuse")
        assert len(decided.checks) > 1
        assert store.labels() == served(challenger="1")


def test_the_newest_version_is_meant_where_no_run_is_named(store):
    store.register()
    store.register()
    assert promote("moves").version == "2"


def test_what_is_not_there_is_said_with_a_remedy(store, tmp_path, monkeypatch):
    version = store.register()
    for name, run, words in (
        ("moves", "0" * 32, f"has no registered version of run {'0' * 32} of 'moves'"),
        ("other", None, "has no registered version of 'other'"),
    ):
        with pytest.raises(LeadscoreError, match=words) as told:
            promote(name, run)
        assert store.address in told.value.problem
        assert "leadscore train" in told.value.remedy
    for missing in (tracking.EVIDENCE, "recipe.json"):
        empty = store.register()
        (store.folder_of(empty) / missing).unlink()
        with pytest.raises(LeadscoreError, match=f"run {empty.run_id} has no {tracking.EVIDENCE}") as told:
            promote("moves", empty.run_id)
        assert store.address in told.value.problem
        assert "Train again" in told.value.remedy
    with pytest.raises(LeadscoreError, match="no previous champion") as told:
        rollback("moves")
    assert store.address in told.value.problem
    assert "leadscore status" in told.value.remedy
    promote("moves", version.run_id)
    with pytest.raises(LeadscoreError, match="another promotion of 'moves' came between") as told:
        _move("moves", version, None)
    assert store.address in told.value.problem
    assert "leadscore status" in told.value.remedy
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(LeadscoreError, match="has no registered version"):
        promote("moves")
    found = status("moves").model_dump(mode="json")
    assert not (tmp_path / "none.db").exists(), "asking makes no store"
    assert (found["champion"], found["answers"]) == (None, "rules")
    assert "does not exist yet" in found["note"]


def test_status_tells_each_version_with_its_decision_and_figures_and_who_answers(store):
    nobody = status("moves").model_dump(mode="json")
    assert {nobody[label] for label in LABELS} == {None}
    assert (nobody["name"], nobody["store"], nobody["answers"]) == ("moves", store.address, "rules")
    assert "the store has no model 'moves'" in nobody["note"]
    assert nobody["last_run"] is None
    first, second = store.register(), store.register(won=99)
    registered = status("moves").model_dump(mode="json")
    assert registered["champion"] is None
    decided = promote("moves", first.run_id)
    figures = {"auc": 0.75, "log_loss": 0.3, "lift_10": 2.5, "observed_expected": 1.0}
    found = measured(scorer("model") | figures, won=99)
    tracking.write_json(second.run_id, tracking.EVIDENCE, found.model_dump(mode="json"))
    refused = promote("moves", second.run_id)
    told = status("moves").model_dump(mode="json")
    assert told["champion"] == {
        "version": "1",
        "run_id": first.run_id,
        "trained_at": datetime.fromtimestamp(first.created_ms // 1000, UTC).isoformat(),
        "since": decided.at,
        "by": decided.by,
        "forced": False,
        "figures": {"auc": None, "log_loss": 0.3, "lift_10": None, "observed_expected": 1.0},
    }
    assert told["previous"] is None
    assert told["challenger"]["figures"] == figures
    assert told["challenger"]["since"] == refused.at
    assert told["answers"] == "rules"
    assert "the champion cannot be loaded" in told["note"], "these versions hold no model"
    assert told["last_run"] in {None, first.run_id, second.run_id}
    promote("moves", second.run_id, force=True, reason="an exercise")
    assert status("moves").model_dump()["champion"]["forced"] is True
    for gone in (tracking.EVIDENCE, tracking.DECISION):
        (store.folder_of(second) / gone).unlink()
    told = status("moves").model_dump(mode="json")["champion"]
    assert (told["since"], told["by"], told["forced"]) == (None, None, False)
    assert set(told["figures"].values()) == {None}


def test_services_that_run_are_told_of_when_another_version_answers(store):
    first, second = store.register(), store.register(against="1")
    told = promote("moves", first.run_id).followed
    assert f"Services of 'moves' that run on {store.address} answer with version 1 within 10 s" in told
    assert "why the rules must go on" in told
    told = promote("moves", second.run_id).followed
    assert "answer with version 2 within 10 s, or say in /readyz why version 1 must go on." in told
    again = promote("moves", second.run_id)
    assert (again.followed, again.moved, again.promoted, again.champion_before) == ("", False, True, "2")
    assert [check.words for check in again.checks] == ["version 2 is the champion already."]
    refused = promote("moves", store.register(won=99).run_id)
    assert (refused.followed, refused.moved) == ("", False)


def test_status_says_which_rung_answers_and_what_is_wrong_with_those_above(store):
    first = store.register()
    promote("moves", first.run_id)
    artefact = store.folder_of(first) / "model" / "artefact"
    save_artefact(artefact, scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe()))
    told = status("moves").model_dump(mode="json")
    assert told["answers"] == "model (version 1)"
    assert "note" not in told
    trees = next(artefact.glob("*.txt"))
    trees.write_text(trees.read_text() + " ")
    told = status("moves").model_dump(mode="json")
    assert told["answers"] == "rules (version 1)", "those that came with version 1"
    assert "the model cannot be loaded" in told["note"]
