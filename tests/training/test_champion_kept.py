"""A champion is never forgotten: who cannot be compared with it is refused, and told what to do."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import LeadscoreError
from features.recipe.training import Bands
from features.snapshots.snapshots import label_wait_us
from serving.artefact.folder import load_artefact
from tests.made.company import small_company
from training import promote, rollback, status, train
from training.choosing.earlier import earlier_split
from training.fitting.settings import LinearChoice, Settings, TreeChoice
from training.history.history import read_history
from training.history.labelled import Labelled
from training.history.split import forward_folds, forward_split, known_before
from training.judging import Figures
from training.packing import Choices, pack
from training.store import logged, tracking
from training.store.champion import champion_of, unfit
from training.store.cuts import cuts_kept
from training.store.promotion import _move, against_champion
from training.store.run_card import RunCard

# MLflow's own store code warns through SQLAlchemy and pydantic; ours must not.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]


class World:
    """A company, the artefacts of one run on it, and a store; versions in it differ by their evidence."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        self.recipe = small_company(folder)
        run = train(self.recipe, folder, tracking=False, out=self.out)
        assert run.evidence is not None
        self.evidence = run.evidence
        self.history = read_history(self.recipe, folder)
        self.split = forward_split(self.recipe, self.history.labelled.frame)
        self.judged = load_artefact(self.out / "judged")

    def register(self, champion: str | None, **change: Any) -> tracking.Version:
        """A version of the run's artefact, trained when `champion` was champion."""
        record = self.folder / "record"
        shutil.rmtree(record, ignore_errors=True)
        record.mkdir()
        found = self.evidence.model_copy(update={"champion_version": champion, **change})
        (record / tracking.EVIDENCE).write_text(found.model_dump_json())
        (record / "recipe.json").write_text(self.recipe.model_dump_json())
        shutil.copytree(self.out / "judged", record / tracking.JUDGED)
        features = self.judged.model.features
        name = self.recipe.name
        card = RunCard("promote", "", {}, "", "")
        _, made = logged.log_run(logged.Record(name, card, record, {}, {}, self.out / "served", features))
        assert made is not None
        return made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("company"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return tmp_path


def champion(world: World) -> str:
    return str(status(world.recipe.name).champion.version)


def test_a_model_trained_before_the_champion_was_one_is_refused_not_held_against_the_rules(world, store):
    first, second = world.register(None), world.register(None)
    assert promote(world.recipe, first.run_id).promoted
    refused = promote(world.recipe, second.run_id)
    assert (refused.promoted, refused.verdict, refused.incumbent) == (False, "refuse", "champion")
    assert any("version 1 is champion and was not compared" in words for words in refused.refusals)
    assert any("Train again with 'leadscore train'" in words for words in refused.refusals)
    assert champion(world) == "1"
    assert status(world.recipe.name).challenger.version == "2"
    forced = promote(world.recipe, second.run_id, force=True, reason="an exercise")
    assert forced.promoted
    assert champion(world) == "2"
    assert "answer with version 2 within 10 s" in forced.followed


def test_a_comparison_with_a_former_champion_is_none_with_the_present_one(world, store):
    for number in (None, "1"):
        promote(world.recipe, world.register(number).run_id, force=True, reason="an exercise")
    third = world.register("2", comparison=[*world.evidence.comparison, _row(world, "champion")])
    back = rollback(world.recipe.name)
    assert (champion(world), back.moved) == ("1", True)
    assert "answer with version 1 within 10 s, or say in /readyz why version 2 must go on" in back.followed
    refused = promote(world.recipe, third.run_id)
    assert not refused.promoted
    assert any("version 2 was champion" in words for words in refused.refusals)


def test_promoting_the_champion_again_moves_nothing_and_writes_over_nothing(world, store):
    first = world.register(None)
    decided = promote(world.recipe, first.run_id)
    again = promote(world.recipe, first.run_id)
    assert (again.promoted, again.moved, again.followed) == (True, False, "")
    assert "is the champion already" in again.checks[0].words
    assert status(world.recipe.name).champion.since == decided.at
    assert tracking.read_json(first.run_id, tracking.DECISION)["incumbent"] == "rules"
    assert status(world.recipe.name).previous is None


def test_a_promotion_that_came_between_stops_this_one(world, store):
    first, second = world.register(None), world.register(None)
    promote(world.recipe, first.run_id)
    for seen in (None, second):
        with pytest.raises(LeadscoreError, match="another promotion of 'small' came between"):
            _move(world.recipe.name, second, seen)
    assert champion(world) == "1"
    assert status(world.recipe.name).previous is None
    _move(world.recipe.name, second, first)
    assert champion(world) == "2"


def test_a_recipe_without_a_field_of_the_champion_is_refused_by_training_and_promotion(world, store):
    promote(world.recipe, world.register(None).run_id)
    fields = {name: one for name, one in world.recipe.lead.fields.items() if name != "industry"}
    lead = world.recipe.lead.model_copy(update={"fields": fields})
    run = train(world.recipe.model_copy(update={"lead": lead}), world.folder)
    assert run.verdict == "refuse"
    assert run.evidence is not None
    assert run.evidence.champion_version == "1"
    assert any("makes otherwise: industry" in words for words in run.summary.reasons)
    refused = promote(world.recipe.name, run.run_id)
    assert not refused.promoted
    assert champion(world) == "1"


def test_a_champion_whose_artefact_is_gone_is_a_reason_to_refuse(world, store):
    promote(world.recipe, world.register(None).run_id)
    assert list(champion_of(world.history, world.split).probabilities) == ["champion"]
    for manifest in store.rglob("manifest.json"):
        manifest.unlink()
    found = champion_of(world.history, world.split)
    assert (found.version, found.probabilities) == ("1", {})
    assert "its artefact cannot be read" in found.missing


def test_without_a_champion_nothing_is_missing(world, store):
    assert champion_of(world.history, world.split).missing == ""
    stale = world.evidence.model_copy(update={"champion_version": "4", "champion_missing": "was not"})
    assert against_champion(stale, None).champion_missing == ""


def test_the_champion_that_was_compared_is_the_incumbent(world):
    compared = world.evidence.model_copy(update={"champion_version": "4"})
    assert against_champion(compared, "4") == compared


def test_a_champion_of_another_question_is_no_incumbent_for_this_one(world):
    assert unfit(world.judged, world.history, world.split) == ""
    asked = world.recipe.recipe.model_copy(update={"horizon_days": 30})
    ended = world.recipe.outcomes.model_copy(update={"won": ("paid",)})
    for change in ({"recipe": asked}, {"outcomes": ended}):
        other = replace(world.history, recipe=world.recipe.model_copy(update=change))
        assert "another question" in unfit(world.judged, other, world.split)


def test_a_feature_of_the_same_name_and_another_meaning_is_not_the_champions(world):
    retyped = [replace(f, dtype="category") if f.name == "size" else f for f in world.history.features]
    history = replace(world.history, features=tuple(retyped))
    assert [f.name for f in history.features] == [f.name for f in world.history.features]
    assert "makes otherwise: size." in unfit(world.judged, history, world.split)


def test_a_champion_that_knew_a_label_of_the_test_is_not_compared(world):
    last = world.judged.manifest.window_us[1] + label_wait_us(world.recipe)
    for first_us, seen in ((last - 1, True), (last, True), (last + 1, False)):
        words = unfit(world.judged, world.history, replace(world.split, first_test_us=first_us))
        assert ("rows of this test" in words) is seen, first_us - last
    served = load_artefact(world.out / "served")
    assert "rows of this test" in unfit(served, world.history, world.split), "it saw the end of the history"


def test_every_split_fits_on_what_was_known_strictly_before(world):
    """One rule for the test, the earlier origin and the inner folds: a label of that very moment is late."""
    as_of = np.repeat(np.arange(400, dtype=np.int64), 2)
    rows = np.arange(len(as_of))
    frame = pd.DataFrame(
        {
            "lead_id": rows.astype(str), "account_id": None, "as_of_us": as_of, "label_known_us": as_of + 50,
            "matured": True, "label": (rows % 3 == 0).astype(float), "order": rows, "age_days": 0.0,
        }
    )  # fmt: skip
    split = forward_split(world.recipe, frame)
    before = earlier_split(Labelled(frame, {}), split)
    assert before is not None
    folds = forward_folds(frame, split.fit, 3)
    assert len(folds) == 3
    for fit, test in [(split.fit, split.test), (before.fit, before.test), *folds]:
        first = as_of[test].min()
        assert (as_of[fit] + 50).max() == first - 1, "what was known just before, and no later"
    assert known_before(np.array([4, 5, 6]), 5).tolist() == [True, False, False]


def _row(world: World, scorer: str) -> Figures:
    row = world.evidence.row("rules")
    assert row is not None
    return row.model_copy(update={"scorer": scorer})


def test_the_bands_of_a_champion_stay_where_they_began(world: World, store: Path) -> None:
    """A retraining moves the line only when it is asked to, or when the recipe draws it otherwise."""
    assert cuts_kept(world.recipe) == {}
    promote(world.recipe, world.register(None).run_id)
    references = load_artefact(world.out / "served").manifest.references
    kept = champion_of(world.history, world.split).cuts
    assert kept == cuts_kept(world.recipe) == {name: (r.hot, r.warm) for name, r in references.items()}
    moved = dict.fromkeys(kept, (0.9, 0.8))
    choices = Choices(Settings("logistic", LinearChoice(1.0), TreeChoice(5), 1.0), None)
    made = pack(world.history, choices, world.split.fit, store / "made", kept=moved)
    assert {(r.hot, r.warm) for r in made.manifest.references.values()} == {(0.9, 0.8)}
    bands = Bands(calls_per_week=3)
    assert cuts_kept(world.recipe.model_copy(update={"bands": bands})) == {}
    fixed = world.recipe.model_copy(update={"bands": Bands(hot_from=0.4, warm_from=0.2)})
    again = pack(replace(world.history, recipe=fixed), choices, world.split.fit, store / "fixed", kept=moved)
    assert {(r.hot, r.warm) for r in again.manifest.references.values()} == {(0.4, 0.2)}
