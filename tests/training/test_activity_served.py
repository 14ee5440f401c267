"""A model that reads activity is compared, promoted, served and trained again like any other.

What small companies gain by it is chance, so the choice is made for them: everything after it is what `train`
does.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from features import Recipe, parse_lead, parse_recipe
from features.catalogue import Activity
from features.clock.instants import parse_moment
from serving.answer import Ladder, open_ladder
from serving.artefact import load_artefact
from serving.batch import score_export
from serving.registry import report_file
from serving.skew.check import check_skew
from tests.made.company import RECIPE, small_company
from tests.made.service import Server, free_port
from tests.training.test_promotion_moves import pytestmark as quiet
from training import promote, train
from training.choosing import choose_settings
from training.comparison import compare
from training.history import activity
from training.run import procedure
from training.run.retrain import retrain
from training.run.run import TrainingRun
from training.store import RECORD, REPORT

pytestmark = [*quiet, pytest.mark.slow]
AS_OF = "2025-01-01T00:00:00+00:00"
FACTS = {
    "en": ("is not read: it was tried", "is read, by a hidden chain"),
    "fr": ("n&#x27;est pas lue : essayée", "est lue, par une chaîne cachée"),
}
"""What the page of a run says in each language where activity was left out, and where it is read."""


@dataclass(frozen=True)
class World:
    """A company's folder, and the runs of its models by version: the first tried activity and left it."""

    folder: Path
    recipe: Recipe
    runs: tuple[TrainingRun, ...]

    def chain(self, version: int) -> set[str]:
        """The keys of the chains that a version reads."""
        features = load_artefact(self.folder / f"out{version}" / "served").model.features
        return {one.chain.key for one in features if isinstance(one, Activity)}


@contextmanager
def reading_activity(folder: Path, after: Sequence[TrainingRun] | None = None) -> Iterator[None]:
    """A store in `folder`, and trainings that take activity wherever it is offered; with `after`, once that
    holds a run."""

    def kept(recipe: Recipe, excerpt: Any, budget: Any = None, activity: Any = ()) -> Any:
        read = bool(activity) and (after is None or len(after) > 0)
        return replace(choose_settings(recipe, excerpt, budget), activity=read)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        patch.setattr(activity, "FEWEST_WON", 5)
        patch.setattr(procedure, "choose_settings", kept)
        yield


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("company")
    small_company(folder, 1500)
    runs: list[TrainingRun] = []
    with reading_activity(folder, runs):
        earlier = parse_recipe(RECIPE.replace("2025-01-01", "2024-11-01"))
        recipe = parse_recipe(RECIPE)
        for number, one in enumerate((earlier, earlier, recipe), start=1):
            runs.append(train(one, folder, out=folder / f"out{number}"))
            promote(one, runs[-1].run_id, force=True, reason="an exercise")
        yield World(folder, recipe, tuple(runs))


def test_it_is_compared_with_a_champion_that_reads_none_or_another_chain(world: World) -> None:
    chains = [world.chain(version) for version in (1, 2, 3)]
    assert [len(one) for one in chains] == [0, 1, 1]
    assert chains[1] != chains[2]
    for run, version in zip(world.runs[1:], ("1", "2"), strict=True):
        assert run.evidence is not None
        assert (run.evidence.champion_version, run.evidence.champion_missing) == (version, "")
        assert "champion" in {row.scorer for row in run.comparison}


@pytest.mark.parametrize("pair", [("1", "2"), ("2", "3")])
def test_two_models_are_compared_lead_by_lead(world: World, pair: tuple[str, str]) -> None:
    found = compare(*pair, world.folder, recipe=world.recipe)
    assert found.n_leads > 0
    for lead in found.changed:
        assert lead.before != lead.after
        assert lead.why


def test_models_of_two_chains_answer_together(world: World) -> None:
    one, other = (Ladder.of(load_artefact(world.folder / f"out{n}" / "served")) for n in (2, 3))
    both = replace(one, rungs=(*one.rungs, *other.rungs))
    read = {one.chain.key for one in both.features if isinstance(one, Activity)}
    assert read == world.chain(2) | world.chain(3)


def test_the_page_of_the_run_says_whether_it_is_read(world: World) -> None:
    for version, is_read in ((1, False), (2, True), (3, True)):
        out = world.folder / f"out{version}"
        pages = {"en": out / REPORT, "fr": out / RECORD / report_file("fr")}
        for language, page in pages.items():
            said = [fact in page.read_text("utf-8") for fact in FACTS[language]]
            assert said == [not is_read, is_read]


def test_a_retrain_is_promoted_by_the_gate_over_a_champion_of_another_chain(tmp_path: Path) -> None:
    """The champion knows no field of a lead, so that the gain over it is sure; its chain is its own."""
    small_company(tmp_path, 1500)
    poor = RECIPE.replace("2025-01-01", "2024-11-01")
    recipe, fields = parse_recipe(RECIPE), ("size", "industry", "origin")
    for name in fields:
        poor = poor.replace(f"\n{name} = ", f"\n# {name} = ")
    with reading_activity(tmp_path):
        first = parse_recipe(poor)
        promote(first, train(first, tmp_path).run_id, force=True, reason="an exercise")
        before = open_ladder(recipe, folder=tmp_path)
        done = retrain(recipe, tmp_path, before, if_needed=False)
        after = open_ladder(recipe, folder=tmp_path)
    assert (done.outcome, done.version, done.why) == ("promoted", "2", ("asked for",))
    read = [{one.chain.key for one in opened.ladder.features if isinstance(one, Activity)}
            for opened in (before, after)]  # fmt: skip
    assert [len(one) for one in read] == [1, 1]
    assert read[0] != read[1]
    assert after.version == "2"


def test_an_export_http_and_python_answer_alike_without_skew(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artefact = world.folder / "out3" / "served"
    as_of_us = parse_moment(AS_OF, "UTC")
    leads = pd.read_csv(world.folder / "leads.csv", dtype=str, keep_default_na=False).tail(200)
    leads = leads[leads["created_at"] < "2025-01-01"]
    events = pd.read_csv(world.folder / "events.csv", dtype=str)
    leads.to_csv(tmp_path / "leads.csv", index=False)
    ladder = Ladder.of(load_artefact(artefact))
    score_export(
        world.recipe, ladder, tmp_path / "leads.csv", tmp_path / "scored.csv",
        events=world.folder / "events.csv", as_of_us=as_of_us,
    )  # fmt: skip
    by_file = pd.read_csv(tmp_path / "scored.csv")["ls_probability"].tolist()
    bodies = []
    for cells in leads.to_dict("records"):
        lead_id, created = cells.pop("lead_id"), cells.pop("created_at")
        own = events[events["lead_id"] == lead_id].drop(columns="lead_id").to_dict("records")
        bodies.append(
            {"lead_id": lead_id, "created_at": created, "fields": cells, "events": own, "as_of": AS_OF}
        )
    in_python = [
        parse_lead(
            world.recipe, lead_id=one["lead_id"], fields=one["fields"], events=one["events"],
            as_of_us=as_of_us, created_at=one["created_at"],
        )
        for one in bodies
    ]  # fmt: skip
    by_python = [score.probability for score in ladder.score(in_python)]
    shutil.copytree(artefact, tmp_path / "model")
    log = tmp_path / "requests.jsonl"
    monkeypatch.setenv("LEADSCORE_REQUEST_LOG", os.fspath(log))
    port = free_port()
    server = Server(
        tmp_path, [sys.executable, "-c", f"from serving.edge.service import run; run(port={port})"], port
    )
    try:
        server.wait()
        answer = httpx.post(f"{server.url}/v1/score", json=bodies, timeout=60).json()
    finally:
        server.stop()
    assert by_file == by_python == [one["probability"] for one in answer]
    assert len(set(by_file)) > 50
    rows = {row.feature: row for row in check_skew(log, world.recipe)}
    assert {f"activity_{of}_{key}" for of in ("second", "won") for key in world.chain(3)} <= rows.keys()
    assert [row for row in rows.values() if row.mismatches] == []
    assert {row.rows for row in rows.values()} == {len(leads)}
