"""An artefact is loaded as it was written or not at all: cut, edited, removed and added files are found.

A file of trees that is cut ends the process inside LightGBM's parser, so a failure here would be loud.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError
from features.clock.instants import parse_moment
from serving.answer.opening import Opened, open_ladder
from serving.api.envelope import score_items
from serving.artefact.checksums import DamagedError
from serving.artefact.folder import artefact_digest, artefact_id, load_artefact, load_lower, save_artefact
from serving.rules.default import default_rules
from serving.scorers.bayes import Bayes, RateTable
from tests.made import scorers

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
LEAD = {"lead_id": "a", "fields": {"company_size": 40, "industry": "software"}, "events": []}
FILES = (
    "bayes.json", "checksums.json", "manifest.json", "model_0.txt", "model_1.txt", "no_events_0.txt",
    "no_events_1.txt", "rules.toml",
)  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact with every kind of part."""
    folder = tmp_path_factory.mktemp("artefact") / "model"
    manifest = scorers.manifest()
    references = manifest.references | {"bayes": manifest.references["rules"]}
    table = RateTable(feature="company_size", edges=(10.0,), log_ratios=(0.1, 0.2, 0.0))
    save_artefact(
        folder,
        manifest.model_copy(update={"references": references}),
        scorers.blend(),
        rules=default_rules(scorers.recipe()),
        no_events=scorers.trees(),
        bayes=Bayes((scorers.SIZE,), (table,), -2.0),
    )
    assert sorted(path.name for path in folder.iterdir()) == list(FILES)
    return folder


def cut(content: bytes, at: int) -> bytes:
    return content[: at % len(content)]


def edited(content: bytes, at: int) -> bytes:
    at %= len(content)
    return content[:at] + bytes([(content[at] + 1) % 256]) + content[at + 1 :]


def longer(content: bytes, at: int) -> bytes:
    return content + b"\n" * (1 + at % 3)


def dropped(content: bytes, at: int) -> bytes:
    at %= len(content)
    return content[:at] + content[at + 1 :]


CHANGES: tuple[Callable[[bytes, int], bytes], ...] = (cut, edited, longer, dropped)


@given(name=st.sampled_from(FILES), at=st.integers(0, 10**6), change=st.sampled_from(CHANGES))
@settings(max_examples=150)
def test_no_byte_of_any_file_changes_unseen(
    name: str,
    at: int,
    change: Callable[[bytes, int], bytes],
    written: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = copy(written, tmp_path_factory)
    path = folder / name
    path.write_bytes(change(path.read_bytes(), at))
    # an edited sum may be told as a change of the file that it stands for
    named = str(folder) if name == "checksums.json" else name.replace(".", r"\.")
    with pytest.raises(DamagedError, match=named):
        load_artefact(folder)
    said_by_a_lower_rung(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_removed_file_is_missed(name: str, written: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = copy(written, tmp_path_factory)
    (folder / name).unlink()
    with pytest.raises(DamagedError, match=name.replace(".", r"\.")):
        load_artefact(folder)
    said_by_a_lower_rung(folder)


@pytest.mark.parametrize("name", ["model_2.txt", "notes.md", "manifest.json.bak", ".hidden"])
def test_a_file_too_many_is_found(name: str, written: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = copy(written, tmp_path_factory)
    shutil.copyfile(folder / "model_0.txt", folder / name)
    with pytest.raises(DamagedError, match=f"{name} is no part of it"):
        load_artefact(folder)
    assert said_by_a_lower_rung(folder).rung == "bayes"


def test_a_folder_in_the_place_of_a_file_is_found(
    written: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = copy(written, tmp_path_factory)
    (folder / "model_0.txt").unlink()
    (folder / "model_0.txt").mkdir()
    with pytest.raises(DamagedError, match=r"model_0\.txt cannot be read"):
        load_artefact(folder)
    said_by_a_lower_rung(folder)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"horizon_days": 30', '"horizon_days": 60'),
        ('"finance",', '"software",'),
        ('"base_rate": 0.1', '"base_rate": 0.2'),
    ],
)
def test_a_plausible_edit_of_the_manifest_is_found(
    old: str, new: str, written: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = copy(written, tmp_path_factory)
    text = (folder / "manifest.json").read_text()
    assert old in text
    (folder / "manifest.json").write_text(text.replace(old, new, 1))
    with pytest.raises(DamagedError, match=r"manifest\.json is changed"):
        load_artefact(folder)
    opened = said_by_a_lower_rung(folder)
    assert opened.ladder.recipe == scorers.recipe()  # the recipe at hand: nothing of the manifest is used


def test_each_rung_is_judged_by_its_own_file(written: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = copy(written, tmp_path_factory)
    (folder / "bayes.json").write_text("{}")
    lower = load_lower(folder)
    assert lower.bayes is None
    assert lower.rules.calibrated
    (folder / "rules.toml").write_text("")
    assert not load_lower(folder).rules.calibrated


def test_who_rewrites_the_checksums_too_is_found_by_the_registrys_digest(
    written: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, digest = copy(written, tmp_path_factory), artefact_digest(written)
    assert load_artefact(folder, digest=digest).version == artefact_id(written) == digest[:12]
    save_artefact(folder, scorers.manifest(), scorers.linear(), rules=default_rules(scorers.recipe()))
    load_artefact(folder)
    with pytest.raises(DamagedError, match="not the artefact that the registry names"):
        load_artefact(folder, digest=digest)


def test_an_artefact_of_before_has_nothing_to_verify_it_by_and_is_refused(
    written: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = copy(written, tmp_path_factory)
    (folder / "checksums.json").unlink()
    content = json.loads((folder / "manifest.json").read_text()) | {"schema_version": 1}
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DamagedError, match="an earlier leadscore wrote it") as refused:
        load_artefact(folder)
    assert "train anew" in refused.value.remedy


def test_without_a_recipe_a_damaged_manifest_is_an_error_with_its_place(
    written: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = copy(written, tmp_path_factory)
    (folder / "manifest.json").unlink()
    with pytest.raises(LeadscoreError, match=r"manifest\.json"):
        open_ladder(model=folder)


def said_by_a_lower_rung(folder: Path) -> Opened:
    """What opens then: a rung below the model, with a warning, that each answer repeats or names."""
    opened = open_ladder(scorers.recipe(), folder)
    assert opened.rung in ("bayes", "rules")
    assert "cannot be loaded" in opened.warning
    assert str(folder) in opened.warning
    (score,) = score_items(opened.ladder, [LEAD], NOW)
    assert score.status in ("scored", "uncalibrated")
    assert score.scored_by is not None
    assert score.scored_by.rung == opened.rung
    assert any("cannot be loaded" in warning for warning in score.warnings)
    return opened


def copy(written: Path, factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(written, factory.mktemp("copy") / "model"))
