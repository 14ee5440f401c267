"""Real leads on splits fixed before: row counts and honest figures. Skipped where the data is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from features import load_recipe
from training import TrainingRun, train
from training.judging import Figures

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("LEADSCORE_SHARED_DATA", ROOT / ".." / "shared" / "data"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not SHARED.exists(), reason="the public data sets are not here (LEADSCORE_SHARED_DATA)"
    ),
]


def trained(recipe: str, folder: str, out: Path) -> TrainingRun:
    return train(load_recipe(ROOT / "data" / "recipes" / recipe), SHARED / folder, tracking=False, out=out)


def figures(run: TrainingRun, scorer: str) -> Figures:
    found = run.summary.row(scorer)
    assert found is not None
    return found


def test_applications_for_loans(tmp_path):
    run = trained("bpic2012.toml", "bpic2012_loan_events", tmp_path)
    assert (run.summary.n_train, run.summary.n_test) == (13_422, 7_719)
    assert run.verdict == "promote", run.summary.reasons
    assert figures(run, "model").auc > 0.74
    assert figures(run, "model").log_loss < figures(run, "logistic").log_loss


def test_shops_from_landing_pages(tmp_path):
    run = trained("olist.toml", "olist_marketing_funnel", tmp_path)
    assert run.summary.n_train == pytest.approx(2_937, abs=1)
    assert run.summary.n_test == 2_019
    assert run.verdict == "promote", run.summary.reasons
    assert figures(run, "model").auc > 0.70


def test_calls_of_a_bank_through_a_crisis(tmp_path):
    run = trained("bank_marketing.toml", "uci_bank_marketing", tmp_path)
    assert (run.summary.n_train, run.summary.n_test) == (32_950, 8_238)
    assert figures(run, "logistic").auc == pytest.approx(0.748, abs=0.005)
    # surely better than plain regression in log loss and among the best tenth, and not worse in AUC
    gaps = figures(run, "model").versus_best
    assert gaps is not None
    assert gaps.baseline == "logistic"
    assert gaps.log_loss.high < 0
    assert gaps.auc.difference > 0
    assert gaps.lift_10.low > 0
    assert run.verdict == "promote", run.summary.reasons
