"""What a run leaves as JSON is read back as it was, and says nothing of what was not measured."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from tests.made.runs import made_run
from training.figures.metrics import figures, within_periods
from training.judging import Evidence, Figures
from training.judging.evidence import COMPARED
from training.judging.figures import VersusBest
from training.report import RunSummary

FORMER = """{
 "n_test": 40, "n_test_leads": 40, "won": 9, "base_rate": 0.225, "first_us": 0, "last_us": 1, "draws": 100,
 "best_baseline": "rules",
 "comparison": [
  {"scorer": "rules", "auc": 0.6, "log_loss": 0.5, "a_former_figure": 1.0, "intervals": {"auc": [0.5, 0.7]}},
  {"scorer": "model", "auc": 0.7, "log_loss": 0.4, "slope": null, "intervals": {"auc": [0.6, null]},
   "versus_best": {"baseline": "rules", "log_loss": {"difference": -0.1, "low": -0.2, "high": -0.05}}}
 ],
 "differences": []
}"""


def test_evidence_of_a_former_version_still_tells_its_figures():
    found = Evidence.model_validate_json(FORMER)
    assert found.figure("model", "auc") == 0.7
    assert found.figure("model", "slope") is None
    assert found.figure("model", "brier") is None
    assert found.figure("champion", "auc") is None
    ends = found.interval("rules", "auc")
    assert ends is not None
    assert (ends.low, ends.high) == (0.5, 0.7)
    assert found.interval("model", "auc") is None, "one end alone is no interval"
    model = found.row("model")
    assert model is not None
    assert model.versus_best is not None
    assert model.versus_best.log_loss is not None
    assert model.versus_best.log_loss.low == -0.2


def test_a_row_is_written_with_the_keys_that_it_was_given():
    given = json.loads(FORMER)["comparison"]
    written = [row.model_dump(mode="json") for row in Evidence.model_validate_json(FORMER).comparison]
    assert written[1] == given[1]
    assert set(given[0]) - set(written[0]) == {"a_former_figure"}


def test_every_figure_that_is_computed_has_its_field():
    y, p = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.2, 0.6, 0.3, 0.7])
    periods, leads = np.array([0, 0, 1, 1]), np.array(list("abcd"), dtype=object)
    computed = {**figures(y, p), **within_periods(y, p, periods, leads, 1)}
    assert set(computed) == set(Figures.model_fields) - {"scorer", "intervals", "versus_best"}
    assert set(COMPARED) == set(VersusBest.model_fields) - {"baseline"}


def test_the_evidence_of_a_run_survives_its_file():
    evidence = made_run(600).evidence
    assert evidence is not None
    again = Evidence.model_validate_json(evidence.model_dump_json())
    assert again == evidence
    assert again.model_dump_json() == evidence.model_dump_json()


def test_a_summary_has_no_key_of_what_it_was_not_told():
    told = {
        "name": "acme", "verdict": "nothing_to_learn", "reasons": ["too few"], "horizon_days": 90.0,
        "n_train": 0, "n_train_leads": 0, "n_test": 0, "n_test_leads": 0, "base_rate": None,
        "test_from": None, "history_end": None, "comparison": [], "rows": [["leads read", 3]],
        "quality": [["leads", "cells", 1, ""]], "recommendation": "Wait.", "warnings": [],
    }  # fmt: skip
    summary = RunSummary.model_validate(told)
    assert summary.model_dump(mode="json") == told
    done = summary.model_copy(update={"run_id": None, "artefact": "out/served"})
    assert list(done.model_dump(mode="json")) == ["run_id", *told, "artefact"]
    with pytest.raises(ValidationError):
        summary.verdict = "promote"  # type: ignore[misc]
