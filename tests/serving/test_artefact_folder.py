"""An artefact is text: the same bytes each time, read without pickle, refused when damaged or newer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features import LeadscoreError
from serving.answer.ladder import Ladder
from serving.artefact.folder import artefact_id, load_artefact, load_lower, save_artefact
from serving.rules.default import default_rules
from serving.scorers.bayes import Bayes, RateTable
from tests.made import scorers
from tests.made.resign import sign


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "model")
    return tmp_path / "model"


def save(folder: Path) -> str:
    rules = default_rules(scorers.recipe())
    return save_artefact(folder, scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear())


def test_what_is_loaded_scores_as_what_was_saved(folder: Path) -> None:
    loaded = load_artefact(folder)
    table = scorers.columns(tuple(loaded.model.features), 100)
    np.testing.assert_array_equal(loaded.model.margin(table), scorers.blend().margin(table))
    assert loaded.no_events is not None
    np.testing.assert_array_equal(loaded.no_events.margin(table), scorers.linear().margin(table))
    assert loaded.manifest == scorers.manifest()
    assert loaded.rules.calibration == scorers.manifest().rules_map


def test_the_same_model_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "again"
    assert save(other) == artefact_id(folder)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (other / name).read_bytes()


def test_saving_again_leaves_nothing_of_the_artefact_before(folder: Path) -> None:
    save_artefact(folder, scorers.manifest(), scorers.linear(), rules=default_rules(scorers.recipe()))
    assert sorted(path.name for path in folder.iterdir()) == ["checksums.json", "manifest.json", "rules.toml"]
    load_artefact(folder)


def test_an_artefact_is_text_only(folder: Path) -> None:
    assert {path.suffix for path in folder.iterdir()} == {".json", ".toml", ".txt"}
    for path in folder.iterdir():
        path.read_text(encoding="utf-8")


def test_every_part_carries_the_version_that_names_the_artefact(folder: Path) -> None:
    loaded = load_artefact(folder, "17")
    assert loaded.no_events is not None
    assert {loaded.version, loaded.model.version, loaded.no_events.version, loaded.rules.version} == {"17"}
    assert load_artefact(folder).version == artefact_id(folder)


def test_a_bayes_rung_stands_between_the_model_and_the_scorecard(tmp_path: Path) -> None:
    table = RateTable(feature="company_size", edges=(10.0,), log_ratios=(0.1, 0.2, 0.0))
    bayes = Bayes((scorers.SIZE,), (table,), -2.0)
    manifest = scorers.manifest()
    references = manifest.references | {"bayes": manifest.references["rules"]}
    manifest = manifest.model_copy(update={"references": references})
    save_artefact(tmp_path, manifest, scorers.linear(), rules=default_rules(scorers.recipe()), bayes=bayes)
    loaded = load_artefact(tmp_path, "5")
    assert loaded.bayes == replace(bayes, version="5")
    assert [rung.scorer.rung for rung in Ladder.of(loaded).rungs] == ["model", "bayes", "rules"]


def test_a_newer_schema_is_refused_with_a_remedy(folder: Path) -> None:
    edit(folder, schema_version=99)
    with pytest.raises(LeadscoreError, match="schema version 99") as refused:
        load_artefact(folder)
    assert "Upgrade" in refused.value.remedy


def test_a_booster_of_other_features_is_refused(folder: Path) -> None:
    path = folder / "model_0.txt"
    path.write_text(path.read_text().replace("company_size", "company_sise"))
    sign(folder)
    with pytest.raises(LeadscoreError, match="company_sise"):
        load_artefact(folder)


def test_a_damaged_artefact_is_refused_and_its_scorecard_still_answers(folder: Path) -> None:
    (folder / "model_0.txt").unlink()
    with pytest.raises(LeadscoreError, match=r"model_0\.txt is absent"):
        load_artefact(folder)
    lower = load_lower(folder)
    assert lower.manifest.recipe == scorers.recipe()
    assert lower.rules.calibrated


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}', "not json"])
def test_what_is_no_manifest_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    sign(folder)
    with pytest.raises(LeadscoreError, match=r"manifest|damaged"):
        load_artefact(folder)


def test_a_folder_without_manifest_is_no_artefact(tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match="not an artefact"):
        load_artefact(tmp_path / "nowhere")


def edit(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    sign(folder)
