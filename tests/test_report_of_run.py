"""A real run has its report: what training holds becomes the page, with and without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report_runs import assert_self_contained
from tests.small_company import small_company
from training.history import History, read_history
from training.report import report
from training.report_input import ReportInput, report_input
from training.run import make
from training.split import SplitRows, forward_split
from training.summary import summarise


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("small")
    return read_history(small_company(folder, 1500), folder)


@pytest.fixture(scope="module")
def split(history: History) -> SplitRows:
    return forward_split(history.recipe, history.labelled.frame)


@pytest.fixture(scope="module")
def run(history: History, split: SplitRows, tmp_path_factory: pytest.TempPathFactory) -> ReportInput:
    trained = make(history, split, Path(tmp_path_factory.mktemp("work")))
    judgement = trained.judgement
    summary = summarise(history, split, judgement.verdict, list(judgement.reasons), trained)
    return report_input(history, split, summary, trained)


def test_the_report_of_a_run_shows_what_was_judged(run, split):
    seen = assert_self_contained(report(run))
    assert seen.sections[:2] == ["verdict", "capacity"]
    assert "reasons" in seen.sections
    assert f"{len(split.test):,} test rows" in seen.text
    assert len(run.test) == len(split.test) == len(run.segments["origin"])
    assert run.contributions is not None
    assert set(run.contributions.names) <= set(run.features)
    assert not run.suspects, "no feature of an honest company is suspected"


def test_no_lead_of_the_company_is_named(run):
    page = report(run)
    assert not [lead for lead in run.test["lead_id"].unique() if f">{lead}<" in page]


def test_a_run_with_too_few_outcomes_has_a_report_too(history, split):
    summary = summarise(history, split, "nothing_to_learn", ["too few outcomes"])
    seen = assert_self_contained(report(report_input(history, split, summary)))
    assert seen.sections == ["verdict", "rows", "card"]
    assert "too few outcomes" in seen.text
