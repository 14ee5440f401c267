"""A local store is read without MLflow, and what is read is what MLflow says, or MLflow is asked.

MLflow's own client and the tables are asked the same, on a real store, while a walk of promotions, deletions
and rollbacks goes on. The walk fails when a new MLflow keeps its tables otherwise.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from features import LeadscoreError
from serving.artefact.folder import load_artefact, save_artefact
from serving.registry import mlflow_tables
from serving.registry.mlflow_tables import REVISIONS, Unanswered, local_folder, versions_under
from serving.registry.versions import fetch, find_champion, resolve, store_address
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.runs import made_run
from training import promote, rollback, status
from training.store import logged, tracking
from training.store.run_card import RunCard

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # MLflow's own, of many kinds

ALIASES = ("champion", "previous", "challenger")


def registered(folder: Path, name: str) -> tracking.Version:
    """A new version of a made-up model under `name`, logged as a training logs it."""
    record, served = folder / "record", folder / "served"
    if not served.exists():
        save_artefact(served, scorers.manifest(), scorers.blend(), rules=default_rules(scorers.recipe()))
        record.mkdir()
        evidence = made_run(600).evidence
        assert evidence is not None
        (record / tracking.EVIDENCE).write_text(evidence.model_dump_json())
        (record / "recipe.json").write_text(scorers.recipe().model_dump_json())
    features = load_artefact(served).model.features
    card = RunCard("made", "", {}, "", "")
    _, made = logged.log_run(logged.Record(name, card, record, {}, {}, served, features))
    assert made is not None
    return made


@pytest.fixture(scope="module")
def odd_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with a champion, for questions that change nothing."""
    folder = tmp_path_factory.mktemp("odd")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        tracking.set_alias("acme", "champion", registered(folder, "acme"))
        yield folder


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a name that must be quoted, whose store is asked."""
    folder = tmp_path / "a store #1 100%"
    folder.mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
    return folder


def told(question: Callable[[], Any]) -> Any:
    """What a question gives, or the words of its error."""
    try:
        return question()
    except LeadscoreError as error:
        return type(error), str(error)


def by_mlflow(question: Callable[[], Any]) -> Any:
    """The same, where the tables are of a revision that nobody knows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlflow_tables, "REVISIONS", frozenset())
        return told(question)


def questions(names: list[str], runs: list[str]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Whatever the command asks a store for."""
    yield "the only champion", find_champion
    for name in names:
        yield f"champion {name}", lambda name=name: find_champion(name)
        yield (
            f"status {name}",
            lambda name=name: status(name),
        )  # aliases, decision, evidence, artefact, last run
        for alias in ALIASES:
            yield f"{name}@{alias}", lambda name=name, alias=alias: resolve(f"models:/{name}@{alias}")
        for number in ("1", "2", "3"):
            yield f"{name}/{number}", lambda name=name, number=number: resolve(f"models:/{name}/{number}")
            yield f"folder {name}/{number}", lambda a=f"models:/{name}/{number}": fetch(a)
    for run in runs:
        for file in (tracking.DECISION, tracking.EVIDENCE):
            yield f"{file} of {run}", lambda run=run, file=file: tracking.read_json(run, file)


def odd_questions() -> Iterator[tuple[str, Callable[[], Any]]]:
    """What nobody should ask for, and somebody types."""
    for name in ("nobody", "", "it's", "a/b", "ACME"):
        yield f"champion {name}", lambda name=name: find_champion(name)
        yield f"last run {name}", lambda name=name: tracking.last_run(name)
    for alias in ("latest", "Champion", "v1", ""):
        yield f"acme@{alias}", lambda alias=alias: resolve(f"models:/acme@{alias}")
        yield f"{alias} of acme", lambda alias=alias: tracking.alias("acme", alias)
    for number in ("9", "01", "x", "", "-1", "1.0", "99999999999"):
        yield f"acme/{number}", lambda number=number: resolve(f"models:/acme/{number}")
        yield f"folder acme/{number}", lambda number=number: fetch(f"models:/acme/{number}")
    yield "a file of no run", lambda: tracking.read_json("nobody", tracking.EVIDENCE)


def test_the_tables_of_this_mlflow_are_known(store: Path) -> None:
    registered(store, "acme")
    with sqlite3.connect(store / "mlflow.db") as link:
        assert {row[0] for row in link.execute("SELECT version_num FROM alembic_version")} <= REVISIONS
    link.close()
    assert versions_under(store_address(), "champion") == []


def test_both_readings_agree_through_promotions_and_rollbacks(store: Path) -> None:
    first, second, other = registered(store, "acme"), registered(store, "acme"), registered(store, "beta")
    runs = [first.run_id, second.run_id, other.run_id]
    steps: list[tuple[str, Callable[[], Any]]] = [
        ("before anything", lambda: None),
        ("promoted", lambda: promote("acme", first.run_id, force=True, reason="x")),
        ("refused", lambda: promote("acme", second.run_id)),
        ("forced", lambda: promote("acme", second.run_id, force=True, reason="x")),
        ("gone back", lambda: rollback("acme")),
        ("two champions", lambda: promote("beta", other.run_id, force=True, reason="x")),
        ("a tag more", lambda: tracking.client().set_registered_model_tag("beta", "team", "sales")),
        ("a version deleted", lambda: tracking.client().delete_model_version("acme", "1")),
        ("a run deleted", lambda: tracking.client().delete_run(other.run_id)),
        ("a prompt", lambda: tracking.client().set_registered_model_tag("beta", PROMPT, "true")),
        ("a file damaged", lambda: damaged(store, second.run_id)),
        ("artefacts gone", lambda: (store / "mlartifacts").rename(store / "elsewhere")),
    ]
    for moment, step in steps:
        step()
        for what, question in questions(["acme", "beta"], runs):
            assert told(question) == by_mlflow(question), f"{what}, {moment}"


PROMPT = "mlflow.prompt.is_prompt"


def damaged(store: Path, run_id: str) -> None:
    """Cuts a JSON file of a run."""
    (file,) = (store / "mlartifacts").rglob(f"{run_id}/artifacts/{tracking.EVIDENCE}")
    file.write_text("{")


def test_both_readings_agree_on_a_walk_of_aliases(store: Path) -> None:
    made = [registered(store, name) for name in ("acme", "acme", "beta")]
    rng = random.Random(11)
    for step in range(25):
        version, label = rng.choice(made), rng.choice(ALIASES)
        if rng.random() < 0.3:
            told(lambda version=version, label=label: tracking.drop_alias(version.name, label))
        else:
            tracking.set_alias(version.name, label, version)
        for question in (
            find_champion,
            lambda version=version: find_champion(version.name),
            lambda version=version, label=label: tracking.alias(version.name, label),
            lambda version=version, label=label: resolve(f"models:/{version.name}@{label}"),
        ):
            assert told(question) == by_mlflow(question), step


@pytest.mark.parametrize("what", [what for what, _ in odd_questions()])
def test_both_readings_agree_on_odd_questions(odd_store: Path, what: str) -> None:
    question = dict(odd_questions())[what]
    assert told(question) == by_mlflow(question)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE alembic_version SET version_num = '000000000000'",
        "DELETE FROM alembic_version",
        "DROP TABLE alembic_version",
        "ALTER TABLE model_versions RENAME COLUMN run_id TO run",
        "ALTER TABLE registered_model_aliases RENAME TO names",
        "DELETE FROM model_versions",
        "UPDATE model_versions SET workspace = 'other'; UPDATE registered_models SET workspace = 'other'",
        "UPDATE model_versions SET storage_location = 's3://bucket/x', source = 's3://bucket/x'",
    ],
)
def test_tables_that_are_not_as_known_are_not_read(store: Path, change: str) -> None:
    promote("acme", registered(store, "acme").run_id, force=True, reason="x")
    with sqlite3.connect(store / "mlflow.db") as link:
        link.executescript(change)
    link.close()
    with pytest.raises(Unanswered):  # noqa: PT012 - which of the two says so depends on the change
        (version,) = versions_under(store_address(), "champion", "acme")
        local_folder(version.place)


@pytest.mark.parametrize("name", ["MLFLOW_ENABLE_WORKSPACES", "MLFLOW_WORKSPACE"])
def test_workspaces_are_left_to_mlflow(store: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    registered(store, "acme")
    monkeypatch.setenv(name, "true")
    with pytest.raises(Unanswered):
        versions_under(store_address(), "champion")


@pytest.mark.parametrize("place", [None, "", "s3://bucket/x", "runs:/1/x", "mlruns/0", "file://host/tmp",
                                   "/nowhere/at/all", "file:///tmp?x=1", "models:/m-1"])  # fmt: skip
def test_a_place_that_is_no_folder_here_is_left_to_mlflow(place: str | None) -> None:
    with pytest.raises(Unanswered):
        local_folder(place)


def test_a_champion_is_found_read_and_told_without_mlflow(store: Path) -> None:
    promote("acme", registered(store, "acme").run_id, force=True, reason="x")
    code = (
        "import json, sys; from serving import open_ladder; from training import status;"
        "found = status('acme').answers; open_ladder();"
        "print(json.dumps([found, sorted({'mlflow', 'sqlalchemy', 'bentoml'} & set(sys.modules))]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert json.loads(done.stdout) == ["model (version 1)", []]
