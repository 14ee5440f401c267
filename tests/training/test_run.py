"""A whole run on a small company: what is judged is what is served, recorded, promoted, taken back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import LeadscoreError, Recipe
from serving.answer.opening import open_ladder
from serving.artefact.checksums import DIGEST_TAG
from serving.artefact.folder import artefact_digest, load_artefact
from serving.registry.versions import fetch, find_champion
from tests.made.company import small_company
from training import TrainingRun, promote, rollback, status, train
from training.figures.metrics import figures
from training.store import peak
from training.store.tracking import client

# MLflow's own store code warns through SQLAlchemy and pydantic; ours must not.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recipe]:
    folder = tmp_path_factory.mktemp("company")
    return folder, small_company(folder)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        path = tmp_path_factory.mktemp("store") / "mlflow.db"
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{path}")
        patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        yield path


def known(rows: pd.DataFrame) -> np.ndarray:
    """Stands for a simulator that knows the true probability of each row."""
    return np.full(len(rows), 0.1)


@pytest.fixture(scope="module")
def run(world, store, tmp_path_factory) -> tuple[TrainingRun, Path, Path]:
    folder, recipe = world
    out = tmp_path_factory.mktemp("out")
    predictions = out / "predictions.parquet"
    done = train(
        recipe,
        folder,
        limit=lambda rows: np.full(len(rows), 0.1),
        predictions=predictions,
        out=out / "artefacts",
    )
    return done, predictions, out / "artefacts"


@pytest.mark.slow
def test_the_comparison_has_every_scorer_with_every_figure(run):
    done, _, _ = run
    names = [row.scorer for row in done.comparison]
    assert {"base_rate", "newest_first", "rules", "pls", "logistic", "model", "limit"} <= set(names)
    for row in done.comparison:
        for figure in ("auc", "average_precision", "log_loss", "brier", "ece", "lift_10", "precision_10"):
            assert row.figure(figure) is not None, (row.scorer, figure)


def test_the_summary_is_one_json_object_with_the_promised_keys(run):
    done, _, _ = run
    summary = json.loads(json.dumps(done.summary.model_dump(mode="json"), allow_nan=False))
    promised = {"run_id", "verdict", "horizon_days", "n_train", "n_train_leads", "n_test", "base_rate"}
    assert promised <= set(summary)
    assert summary["run_id"] == done.run_id
    assert summary["n_test"] > 300


def test_anyone_can_recompute_the_figures_from_the_predictions(run):
    done, predictions, _ = run
    frame = pd.read_parquet(predictions)
    assert list(frame.columns[:4]) == ["lead_id", "as_of", "age_days", "outcome"]
    assert len(frame) == done.summary.n_test
    for row in done.comparison:
        again = figures(frame["outcome"].to_numpy(np.float64), frame[row.scorer].to_numpy())
        assert again["log_loss"] == pytest.approx(row.log_loss)
        assert again["auc"] == pytest.approx(row.auc)
        assert 0 < frame[row.scorer].min() <= frame[row.scorer].max() < 1


def test_the_served_artefact_names_the_judged_one_and_is_newer(run):
    done, _, out = run
    judged, served = load_artefact(out / "judged"), load_artefact(out / "served")
    assert served.manifest.judged_by == judged.version
    assert judged.manifest.judged_by is None
    assert served.manifest.n_rows > judged.manifest.n_rows
    assert served.manifest.window_us[1] > judged.manifest.window_us[1]
    assert served.manifest.metrics["auc"] == pytest.approx(done.evidence.figure("model", "auc"))
    assert {"model", "no_events", "rules"} <= set(served.manifest.references)


@pytest.mark.slow
def test_the_same_tables_recipe_and_seed_give_the_same_bytes(world, run, tmp_path):
    folder, recipe = world
    _, _, out = run
    train(recipe, folder, tracking=False, out=tmp_path)
    for name in ("judged", "served"):
        files = sorted(path.name for path in (out / name).iterdir())
        assert files == sorted(path.name for path in (tmp_path / name).iterdir())
        for file in files:
            assert (out / name / file).read_bytes() == (tmp_path / name / file).read_bytes(), (name, file)


def test_the_account_ends_with_the_rows_that_were_used(run):
    done, _, _ = run
    counts = dict(done.account)
    assert counts["fit rows"] == done.summary.n_train
    assert counts["test rows"] == done.summary.n_test


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc: 'resource' tells it")
def test_the_peak_of_a_process_does_not_begin_at_its_parents():
    alone = f"import runpy; print(runpy.run_path({peak.__file__!r})['peak_memory_mb']())"  # without MLflow
    told = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=True).stdout
    assert 5 < float(told) < peak.peak_memory_mb() / 2


def test_memory_and_the_seconds_of_each_step_are_metrics_of_the_run(run):
    done, _, _ = run
    metrics = client().get_run(done.run_id).data.metrics
    assert metrics["peak_memory_mb"] > 50
    steps = {name.removeprefix("seconds.") for name in metrics if name.startswith("seconds.")}
    assert {"read", "choose", "earlier", "fit", "judge", "refit"} <= steps


def test_promotion_status_and_rollback_follow_the_evidence(world, run):
    done, _, _ = run
    _, recipe = world
    assert done.verdict == "promote", done.summary.reasons
    assert status(recipe.name).answers == "rules"
    decision = promote(recipe, done.run_id)
    assert decision.promoted
    assert decision.by
    now = status(recipe.name)
    assert now.champion.run_id == done.run_id
    assert now.store.startswith("sqlite:////")
    assert now.champion.since == decision.at
    champion = find_champion(recipe.name)
    assert champion is not None
    assert load_artefact(fetch(champion)).manifest.judged_by == done.summary.judged
    with pytest.raises(LeadscoreError, match="no previous champion"):
        rollback(recipe.name)


def test_the_registered_model_loads_in_mlflow_without_pickle(world, run):
    import mlflow

    _, recipe = world
    version = mlflow.MlflowClient().search_model_versions(f"name='{recipe.name}'")[0].version
    uri = f"models:/{recipe.name}/{version}"
    model = mlflow.pyfunc.load_model(uri)
    assert model.metadata.signature is not None
    names = model.metadata.signature.inputs.input_names()
    answer = model.predict(pd.DataFrame({name: [None] for name in names}))
    assert 0 < answer["probability"][0] < 1


def test_a_run_and_its_version_say_in_mlflow_what_they_are(world, run):
    import mlflow

    folder, recipe = world
    done, _, _ = run
    client = mlflow.MlflowClient()
    kept = client.get_run(done.run_id)
    assert re.fullmatch(rf"{recipe.name} \d{{4}}-\d\d-\d\d \d\d:\d\d {done.verdict}", kept.info.run_name)
    model = done.summary.row("model")
    (version,) = client.search_model_versions(f"run_id='{done.run_id}'")
    for words in (kept.data.tags["mlflow.note.content"], version.description):
        assert f"Verdict: {done.verdict}." in words
        assert f"log loss {model.log_loss:.4g}" in words
        assert f"{done.summary.base_rate:.1%}" in words
    for tags in (kept.data.tags, version.tags):
        assert tags["leadscore.recipe_hash"] == recipe.hash
        assert tags["leadscore.verdict"] == done.verdict
        assert float(tags["leadscore.base_rate"]) == pytest.approx(done.summary.base_rate, abs=1e-4)
        assert tags["leadscore.rung"] in ("model", "bayes")
        assert re.fullmatch(r"2024-\d\d-\d\d to 2024-\d\d-\d\d", tags["leadscore.test_window"])
        assert tags["leadscore.code_version"]
        assert len(tags["leadscore.data_hash"]) == 64
    assert version.tags[DIGEST_TAG] == artefact_digest(fetch(done.artefact))
    (given,) = kept.inputs.dataset_inputs
    assert given.dataset.name == recipe.name
    assert kept.data.tags["leadscore.data_hash"].startswith(given.dataset.digest)
    source = {"leads": "leads.csv", "events": "events.csv", "outcomes": "outcomes.csv"}
    assert json.loads(given.dataset.source) == source
    assert str(folder) not in given.dataset.source + kept.data.tags["mlflow.note.content"]


def test_a_champion_edited_where_it_lies_is_not_served_and_status_says_so(world, run):
    _, recipe = world
    done, _, artefacts = run
    if status(recipe.name).champion is None:
        promote(recipe, done.run_id, force=True, reason="the test needs a champion")
    before = status(recipe.name)
    assert "version" in before.answers
    champion = fetch(f"models:/{recipe.name}@champion")
    whole = {path.name: path.read_bytes() for path in champion.iterdir()}
    judged = {path.name: path.read_bytes() for path in (artefacts / "judged").iterdir()}
    try:
        (champion / "manifest.json").write_bytes(whole["manifest.json"].replace(b"20.0", b"40.0", 1))
        assert "manifest.json is changed" in status(recipe.name).note
        assert open_ladder(recipe).rung == "rules"
        _refill(champion, judged)  # another whole artefact, with checksums of its own
        load_artefact(champion)
        assert "not the artefact that the registry names" in status(recipe.name).note
        assert open_ladder(recipe).rung == "rules"
    finally:
        _refill(champion, whole)
    assert status(recipe.name).answers == before.answers


def _refill(folder: Path, files: dict[str, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.slow
def test_an_equal_challenger_is_refused_and_force_needs_a_reason(world, run):
    folder, recipe = world
    first, _, _ = run
    if status(recipe.name).champion is None:
        promote(recipe, first.run_id)
    rare = recipe.train.rare_level + 1  # of no level here: an equal model by another recipe
    other = recipe.model_copy(update={"train": recipe.train.model_copy(update={"rare_level": rare})})
    second = train(other, folder)
    assert second.summary.row("champion") is not None
    decision = promote(other, second.run_id)
    assert not decision.promoted
    assert any("champion" in words for words in decision.refusals)
    assert status(recipe.name).challenger.run_id == second.run_id
    with pytest.raises(LeadscoreError, match="needs a reason"):
        promote(other, second.run_id, force=True)
    forced = promote(other, second.run_id, force=True, reason="an exercise")
    assert (forced.promoted, forced.forced, forced.reason) == (True, True, "an exercise")
    assert status(recipe.name).previous.run_id == first.run_id
    back = rollback(recipe.name)
    assert back.run_id == first.run_id
    assert status(recipe.name).champion.run_id == first.run_id


@pytest.mark.slow
def test_a_shuffled_outcome_has_nothing_to_learn(world, tmp_path):
    folder, recipe = world
    for name in ("leads.csv", "events.csv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    leads, outcomes = (pd.read_csv(folder / name) for name in ("leads.csv", "outcomes.csv"))
    drawn = leads.sample(len(outcomes), random_state=1)
    won_at = pd.to_datetime(drawn["created_at"]) + pd.to_timedelta(10, "D")
    pd.DataFrame({"lead_id": drawn["lead_id"], "stage": "won", "occurred_at": won_at}).to_csv(
        tmp_path / "outcomes.csv", index=False
    )
    done = train(recipe, tmp_path, tracking=False, out=tmp_path / "out")
    assert done.verdict == "nothing_to_learn"
    assert "let the rules answer" in done.summary.reasons[0]


@pytest.mark.parametrize(("share", "words"), [(0.0, "no conversion"), (0.015, "are needed to learn")])
def test_a_history_with_hardly_a_conversion_says_so(tmp_path, store, share, words):
    recipe = small_company(tmp_path, won_share=share)
    done = train(recipe, tmp_path, out=tmp_path / "out")
    assert done.verdict == "nothing_to_learn"
    assert words in done.summary.reasons[0]
    assert "rules" in done.summary.recommendation
    assert done.artefact is None
    assert done.run_id


def test_a_list_of_conversions_only_says_so(tmp_path):
    leads = pd.DataFrame({"size": np.arange(200.0), "result": "won"})
    leads.to_csv(tmp_path / "leads.csv", index=False)
    recipe = Recipe.model_validate(
        {
            "tables": {"leads": "leads.csv"},
            "lead": {"fields": {"size": {"type": "number"}}},
            "outcomes": {"column": "result", "at_once": True},
            "snapshots": {"at_days": [0]},
        }
    )
    done = train(recipe, tmp_path, tracking=False, out=tmp_path / "out")
    assert done.verdict == "nothing_to_learn"
    assert "only conversions" in done.summary.reasons[0]


def test_promoting_what_was_never_trained_says_where_it_looked(tmp_path):
    code = "from training import promote; promote('nobody')"
    command = [sys.executable, "-c", code]
    here = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=here, check=False)
    assert "has no registered version of 'nobody'" in done.stderr
    assert str(tmp_path) in done.stderr
    assert not list(tmp_path.iterdir()), "asking must not make a store"
