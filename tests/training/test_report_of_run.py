"""A real run has its report: what training holds becomes the page, with and without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.recipe.recipe import Segments
from serving.page.words import typeset
from serving.words.values import share
from tests.made.company import small_company
from tests.made.runs import assert_self_contained
from training import promote, train
from training.history.history import History, read_history
from training.history.split import SplitRows, forward_split
from training.report.input import ReportInput, report_input
from training.report.report import report
from training.run.make import make
from training.run.summary import summarise
from training.store.champion import ChampionArtefacts

pytestmark = [  # MLflow's own, on import and when it logs
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def history(folder: Path) -> History:
    segments = Segments(field="industry", groups={"makers": ("steel",), "shops": ("retail", "food")})
    recipe = small_company(folder, 1500).model_copy(update={"segments": segments})
    return read_history(recipe, folder)


@pytest.fixture(scope="module")
def split(history: History) -> SplitRows:
    return forward_split(history.recipe, history.labelled.frame)


@pytest.fixture(scope="module")
def run(history: History, split: SplitRows, tmp_path_factory: pytest.TempPathFactory) -> ReportInput:
    trained = make(history, split, Path(tmp_path_factory.mktemp("work")))
    judgement = trained.judgement
    summary = summarise(history, split, judgement.verdict, list(judgement.reasons), trained)
    return report_input(history, split, summary, trained)


@pytest.mark.slow
def test_the_report_of_a_run_shows_what_was_judged(run, split):
    seen = assert_self_contained(report(run))
    assert seen.sections[:2] == ["verdict", "capacity"]
    assert "reasons" in seen.sections
    assert f"{len(split.test):,} test rows" in seen.text
    assert len(run.test) == len(split.test) == len(run.segments["origin"])
    assert run.contributions is not None
    assert set(run.contributions.names) <= set(run.features)
    assert not run.suspects, "no feature of an honest company is suspected"


def test_the_page_tells_how_leads_fared_in_the_words_of_reasons(run):
    text = assert_self_contained(report(run)).text
    everyone = share(run.voice.rates.everyone.rate, "en")
    steel = share(run.voice.rates.signals["field:industry"].states["=steel"].rate, "en")
    assert f"industry: Steel ({steel} of such leads became customers, against {everyone} of all)" in text


def test_no_lead_of_the_company_is_named(run):
    page = report(run)
    assert not [lead for lead in run.test["lead_id"].unique() if f">{lead}<" in page]


def test_what_was_looked_at_beside_the_comparison_is_on_the_page(run):
    text = assert_self_contained(report(run)).text
    assert run.evidence.earlier, "this company is old enough for an earlier origin"
    assert "log loss, before" in text
    assert [name for name, _, _ in run.fills] == ["Size", "Industry", "Origin"]
    for fact in ("Time of one answer with reasons", "Answers first", "The served one, on open leads"):
        assert fact in text


@pytest.mark.slow
def test_a_champion_that_did_not_see_the_test_is_drawn_beside_its_challenger(
    folder, history, split, tmp_path
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
        first = train(history.recipe, folder)
        promote(history.recipe, first.run_id, force=True, reason="the first one")
        trained = make(history, split, tmp_path, champion=ChampionArtefacts())
    judgement = trained.judgement
    summary = summarise(history, split, judgement.verdict, list(judgement.reasons), trained)
    found = report_input(history, split, summary, trained)
    assert found.incumbent == "champion"
    drawn = report(found).partition('<section id="gains">')[2].partition("</svg>")[0]
    assert "the present champion" in drawn


def test_a_segment_says_who_answers_for_it_and_why(run):
    told = {one.segment: one for one in run.answering}
    assert told["makers"].levels == "steel"
    assert told["shops"].levels == "retail, food"
    assert told["shops"].answers == "the scorer of all leads", "far too few shops convert"
    text = assert_self_contained(report(run)).text
    assert "Who answers for which segment" in text
    assert typeset(told["makers"].why) in text


def test_a_run_with_too_few_outcomes_has_a_report_too(history, split):
    summary = summarise(history, split, "nothing_to_learn", ["too few outcomes"])
    seen = assert_self_contained(report(report_input(history, split, summary)))
    assert seen.sections == ["verdict", "rows", "card"]
    assert "too few outcomes" in seen.text
