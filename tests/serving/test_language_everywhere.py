"""One language for an answer, the same words in a file, over HTTP, in Python and from the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import leadscore
from features.language import LANGUAGES, Language
from leadscore import main
from serving.answer.ladder import Ladder
from serving.batch.export import score_export
from tests.made import scorers
from tests.serving.test_notebook import HAPPENED, LEADS
from tests.serving.test_score_export import AS_OF, EVENTS, HEADER, NOW, ROWS, cells, ladder, written

__all__ = ["ladder"]
SAID = {"en": "asked for a demo", "fr": "a demandé une démo"}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    leads = written(tmp_path / "leads.csv", HEADER, ROWS)
    events = written(tmp_path / "events.csv", list(HAPPENED), EVENTS)
    (tmp_path / "recipe.toml").write_text(scorers.RECIPE)
    return [leads, events]


def test_another_language_changes_words_alone(ladder: Ladder, files: list[Path], tmp_path: Path) -> None:
    tables = {}
    for language in LANGUAGES:
        out = tmp_path / f"{language}.csv"
        told = ladder.told_in(language)
        score_export(told.recipe, told, files[0], out, events=files[1], as_of_us=NOW)
        tables[language] = cells(out)
    words = ["ls_reasons_for", "ls_reasons_against", "ls_action_reason", "ls_grade_note", "ls_warnings"]
    words += ["ls_maturity_because", "error"]
    assert tables["en"].drop(columns=words).equals(tables["fr"].drop(columns=words))
    assert not tables["en"][words[:2]].equals(tables["fr"][words[:2]])
    assert ((tables["en"]["error"] == "") == (tables["fr"]["error"] == "")).all()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_and_a_notebook_tell_the_same(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    words = ["score", "leads.csv", "-o", "out.csv", "--events", "events.csv", "--as-of", AS_OF]
    result = CliRunner().invoke(main, [*words, "--language", language])
    assert result.exit_code == 3, result.output
    told = cells(tmp_path / "out.csv")["ls_reasons_for"].tolist()
    found = leadscore.score(LEADS, HAPPENED, as_of=AS_OF, language=language)
    assert told == ["; ".join(reason.text for reason in score.reasons_for) for score in found]
    assert any(SAID[language] in text for text in told)


def test_a_language_that_nobody_has_is_refused(files: list[Path], tmp_path: Path) -> None:
    words = ["score", str(files[0]), "-o", str(tmp_path / "out.csv"), "--language", "de"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "'en', 'fr'" in result.output


def test_a_ladder_in_its_own_language_is_itself(ladder: Ladder) -> None:
    assert ladder.told_in("en") is ladder.told_in(None) is ladder
    assert ladder.told_in("fr") is ladder.told_in("fr")
    assert ladder.told_in("fr").features == ladder.features
