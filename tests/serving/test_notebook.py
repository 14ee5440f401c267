"""In a notebook: a frame scored in one line as a file is, and shown as a table that cannot be broken into."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import leadscore
from features import LeadscoreError
from serving.answer.ladder import Ladder
from serving.batch import score_frame
from serving.batch.export import score_export
from serving.returned import ADDED
from serving.score import Scores
from tests.made import scorers
from tests.serving.test_score_export import AS_OF, EVENTS, HEADER, NOW, ROWS, cells, ladder, written

__all__ = ["ladder"]
LEADS = pd.DataFrame(ROWS, columns=HEADER)
HAPPENED = pd.DataFrame(EVENTS, columns=["lead_id", "occurred_at", "kind"])


@pytest.mark.parametrize("events", [HAPPENED, None], ids=["events", "none"])
def test_a_frame_is_scored_as_a_file_is(ladder: Ladder, tmp_path: Path, events: pd.DataFrame | None) -> None:
    found = score_frame(scorers.recipe(), ladder, LEADS, events, as_of_us=NOW)
    leads = written(tmp_path / "leads.csv", HEADER, ROWS)
    given = written(tmp_path / "events.csv", list(HAPPENED), EVENTS) if events is not None else None
    score_export(scorers.recipe(), ladder, leads, tmp_path / "out.csv", events=given, as_of_us=NOW)
    names = list(ADDED[1:-1])
    told = found.frame[names].astype(object).where(found.frame[names].notna(), "").astype(str)
    scored = [score.score is not None for score in found]
    told.loc[scored, "ls_score"] = [str(score.score) for score in found if score.score is not None]
    assert told.to_numpy().tolist() == cells(tmp_path / "out.csv")[names].to_numpy().tolist()
    assert found.frame["lead_id"].tolist()[:4] == ["007", "b", "c", "d"]


def test_one_line_scores_by_the_recipe_that_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recipe.toml").write_text(scorers.RECIPE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    found = leadscore.score(LEADS, HAPPENED, as_of=AS_OF)
    assert len(found) == len(ROWS)
    assert found[0].status == "uncalibrated"
    with pytest.raises(LeadscoreError, match="no row"):
        leadscore.score(LEADS.head(0))


def test_a_list_of_scores_shows_itself_and_runs_nothing(ladder: Ladder) -> None:
    wild = LEADS.assign(lead_id=[f"<script>{place}</script>" for place in range(len(LEADS))])
    shown = score_frame(scorers.recipe(), ladder, wild, as_of_us=NOW)._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;0&lt;/script&gt;" in shown
    assert "company_size: cannot be read" in shown


def test_more_scores_than_a_table_shows_are_counted(ladder: Ladder) -> None:
    found = score_frame(scorers.recipe(), ladder, LEADS, as_of_us=NOW)
    assert "60 scores, the 20 most probable shown." in Scores([*found] * 6)._repr_html_()
