"""Two models side by side: who changes band is found, and each move is explained to the last log-odds."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features import LeadscoreError, Recipe, read_tables
from features.clock.instants import from_us
from features.columns import Columns
from features.recipe.plan import SnapshotPlan
from features.snapshots.open import write_open_leads
from leadscore import main
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact
from serving.words import FactReader, Moments, Voice
from tests.made.company import RECIPE, small_company
from tests.made.resign import sign
from training import status, train
from training.comparison.compare import compare
from training.comparison.crowd import open_crowd
from training.comparison.difference import CHANGED, Comparison
from training.comparison.reasons import LEVEL, crossed, explain, move, rung_of
from training.comparison.shift import psi, shift_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Recipe]:
    """A company whose leads are looked at up to the age of its oldest open ones."""
    folder = tmp_path_factory.mktemp("company")
    recipe = small_company(folder, 1200)
    return folder, recipe.model_copy(update={"snapshots": SnapshotPlan(at_days=(0, 5, 40, 150, 300))})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}")
        yield


@pytest.fixture(scope="module")
def models(world, store, tmp_path_factory) -> tuple[str, str]:
    """A model with every field, registered as version 1, and one that may not look at the industry."""
    folder, recipe = world
    out = tmp_path_factory.mktemp("models")
    blind = recipe.model_copy(update={"features": recipe.features.model_copy(update={"off": ("industry*",)})})
    train(recipe, folder, out=out / "full")
    train(blind, folder, tracking=False, out=out / "blind")
    return str(out / "full" / "served"), str(out / "blind" / "served")


@pytest.fixture(scope="module")
def comparison(world, models) -> Comparison:
    return compare(*models, world[0])


def test_a_model_against_itself_moves_nobody(world, models):
    found = compare(models[0], models[0], world[0])
    assert found.n_leads > 50
    assert found.changed == []
    assert found.shift.psi == 0.0
    assert found.shift.median_log_odds == 0.0
    assert all(difference == 0.0 for *_, difference in found.figures)
    assert set(found.bands) <= {("cold", "cold"), ("warm", "warm"), ("hot", "hot")}


def test_each_changed_lead_is_one_whose_band_differs(world, models, comparison):
    folder, _ = world
    ladders = [Ladder.of(load_artefact(address)) for address in models]
    crowds = [open_crowd(ladder.recipe, folder) for ladder in ladders]
    bands = [
        {score.lead_id: score.maturity for score in crowd.answers(ladder)}
        for crowd, ladder in zip(crowds, ladders, strict=True)
    ]
    differing = {lead for lead in bands[0] if bands[0][lead] != bands[1][lead]}
    assert {lead.lead_id for lead in comparison.changed} == differing
    assert differing
    assert sum(comparison.bands.values()) == comparison.n_leads == len(bands[0])
    assert sum(n for (a, b), n in comparison.bands.items() if a != b) == len(differing)


def test_who_moves_is_told_by_what_the_model_no_longer_sees(comparison):
    weight: Counter[str] = Counter()
    for lead in comparison.changed:
        weight.update({part.feature: abs(part.difference) for part in lead.why if part.feature != LEVEL})
    assert weight.most_common(1)[0][0] == "industry"
    hotter = [lead for lead in comparison.changed if (lead.before, lead.after) == ("cold", "hot")]
    assert all(lead.moved > 0 for lead in hotter)


def test_the_parts_of_a_move_add_up_to_it(world, models):
    folder, _ = world
    ladders = [Ladder.of(load_artefact(address)) for address in models]
    crowd = open_crowd(ladders[0].recipe, folder)
    places = list(range(40))
    features = {f.name: f for ladder in ladders for f in ladder.features}
    told, columns = [], {}
    for ladder in ladders:
        own = crowd.columns(ladder, places)
        score = ladder.score_columns(own, crowd.asked[:40], reasons=0)[0]
        told.append(explain(rung_of(ladder, score, True), own, ["hot"] * 40))
        columns |= own
    voice = Voice(ladders[0].recipe, tuple(features.values()), "en")
    read = FactReader(Columns(columns, len(places)), Moments())
    for row, (before, after) in enumerate(zip(*told, strict=True)):
        parts = move(before, after, voice, read.of(row))
        assert sum(part.difference for part in parts) == pytest.approx(after.distance - before.distance)
        assert sum(before.parts.values()) + before.level == pytest.approx(before.distance)
        assert [part.feature for part in parts].count(LEVEL) == 1


def test_why_a_lead_moves_is_told_in_the_language_asked_for(world, models, comparison):
    folder, _ = world
    french = compare(*models, folder, language="fr")
    told = [[{part.words for part in lead.why} for lead in found.changed] for found in (comparison, french)]
    assert [lead.lead_id for lead in comparison.changed] == [lead.lead_id for lead in french.changed]
    assert any("industry: " in words for lead in told[0] for words in lead)
    assert any("secteur : " in words for lead in told[1] for words in lead)
    assert not any("industry: " in words for lead in told[1] for words in lead)


def test_it_reads_as_a_table_and_as_json(comparison):
    rows = comparison.rows()
    assert len(rows) == len(comparison.changed)
    assert all(len(row) == len(CHANGED) for row in rows)
    told = json.loads(json.dumps(comparison.as_dict(), allow_nan=False))
    assert told["changed"] == len(rows)
    assert {"auc", "log_loss"} <= {row["figure"] for row in told["figures"]}


def test_an_export_of_the_open_leads_gives_the_same_bands(world, models, comparison, tmp_path):
    folder, recipe = world
    leads, events = tmp_path / "open.csv", tmp_path / "open_events.csv"
    rows = write_open_leads(recipe, read_tables(recipe, folder), leads, events)
    found = compare(*models, folder, leads=leads, events=events, as_of_us=rows.as_of_us)
    assert found.bands == comparison.bands
    assert [lead.lead_id for lead in found.changed] == [lead.lead_id for lead in comparison.changed]


def test_the_command_compares_on_an_export_at_a_moment(world, models, comparison, tmp_path):
    folder, recipe = world
    (tmp_path / "recipe.toml").write_text(RECIPE)
    leads, events = str(tmp_path / "open.csv"), str(tmp_path / "open_events.csv")
    rows = write_open_leads(recipe, read_tables(recipe, folder), Path(leads), Path(events))
    plain = ["compare", *models, str(tmp_path / "recipe.toml")]
    moment = ["--as-of", from_us(rows.as_of_us).isoformat()]
    done = CliRunner().invoke(main, [*plain, "--leads", leads, "--events", events, *moment, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["leads"] == comparison.n_leads
    assert [one["lead_id"] for one in told["leads_changed"]] == [one.lead_id for one in comparison.changed]
    earlier = CliRunner().invoke(main, [*plain, "--data", str(folder), "--as-of", "2024-07-01", "--json"])
    assert json.loads(earlier.stdout)["leads"] != comparison.n_leads
    for wrong, words in ((["--events", events], "--leads"), (["--as-of", "soon"], "ISO 8601")):
        done = CliRunner().invoke(main, [*plain, *wrong])
        assert done.exit_code == 2
        assert words in done.stderr


def test_runs_versions_and_aliases_name_models(world, models):
    folder, recipe = world
    run = str(status(recipe.name).last_run)
    by_run = compare(run, "1", folder, recipe=recipe)
    assert by_run.changed == []
    assert by_run.n_leads > 50
    assert compare(models[1], f"models:/{recipe.name}/1", folder).changed
    with pytest.raises(LeadscoreError, match="is not in"):
        compare("champion", "1", folder, recipe=recipe)


def test_what_cannot_be_compared_is_said(world, models, comparison, tmp_path):
    folder, _ = world
    assert comparison.warnings == []
    with pytest.raises(LeadscoreError, match="holds no manifest"):
        compare(models[0], str(tmp_path), folder)
    short = Path(shutil.copytree(models[0], tmp_path / "short"))
    content = json.loads((short / "manifest.json").read_text())
    content["facts"]["horizon_days"] = 10.0
    (short / "manifest.json").write_text(json.dumps(content))
    sign(short)
    found = compare(models[0], str(short), folder)
    assert any("different questions" in words for words in found.warnings)
    content["facts"] |= {"horizon_days": 20.0, "data_hash": "of one more column"}
    (short / "manifest.json").write_text(json.dumps(content))
    sign(short)
    (told,) = compare(models[0], str(short), folder).warnings
    assert "may come from different tests" in told
    judged = str(Path(models[0]).parent / "judged")
    assert any("only judged" in words for words in compare(judged, models[0], folder).warnings)


def test_the_cut_off_that_a_move_is_measured_from():
    assert crossed("cold", "hot") == crossed("hot", "warm") == "hot"
    assert crossed("warm", "cold") == "warm"


def test_leads_that_opted_out_have_no_band_to_change(world, models, tmp_path):
    folder, recipe = world
    wished = recipe.lead.model_copy(update={"opted_out": "no_contact"})
    rows = pd.read_csv(folder / "leads.csv").tail(30)
    rows["created_at"], rows["no_contact"] = "2024-12-30 00:00:00", ["yes", "no"] * 15
    rows.to_csv(tmp_path / "few.csv", index=False)
    addresses = []
    for name, address in zip("ab", models, strict=True):
        copy = Path(shutil.copytree(address, tmp_path / name))
        content = json.loads((copy / "manifest.json").read_text())
        content["facts"]["recipe"]["lead"] = wished.model_dump(mode="json")
        (copy / "manifest.json").write_text(json.dumps(content))
        sign(copy)
        addresses.append(str(copy))
    found = compare(*addresses, folder, leads=tmp_path / "few.csv", as_of_us=1_735_689_600_000_000)
    assert found.n_leads == 15


CHANCES = arrays(np.float64, st.integers(20, 200), elements=st.floats(0.001, 0.999))


@given(CHANCES)
def test_the_shift_of_a_score_from_itself_is_nothing(chances):
    assert psi(chances, chances) == pytest.approx(0.0)
    found = shift_of(chances, chances)
    assert (found.median_log_odds, found.rank_agreement) == (0.0, pytest.approx(1.0))


@given(CHANCES, st.randoms(use_true_random=False))
def test_the_shift_is_never_negative_and_does_not_depend_on_order(chances, random):
    other = np.clip(chances[::-1] * 0.7, 0.001, 0.999)
    order = list(range(len(chances)))
    random.shuffle(order)
    assert psi(chances, other) >= 0
    assert psi(chances[order], other[order]) == pytest.approx(psi(chances, other))
