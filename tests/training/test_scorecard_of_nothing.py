"""A scorecard that reads nothing still has its leads: in a file, over HTTP, in Python and in training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import parse_lead, parse_recipe, tables_from_frames
from features.clock.instants import parse_moment
from features.columns import Columns, n_leads
from features.readings import offline, stack
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.batch.export import score_export
from serving.playbook.stage import Situations
from tests.made import scorers
from training.calibration.rules import calibrated_rules
from training.history.labelled import Labelled
from training.judging.pls import EntryTable

# a field that no rule knows the meaning of, and no events: nothing for a scorecard to read
RECIPE = parse_recipe("""
[recipe]
name = "plain"
horizon_days = 30

[tables]
leads = "leads.csv"

[lead]
id = "lead_id"
created_at = "created_at"
fields = { colour = { type = "category" } }

[outcomes]
column = "end"
won = ["won"]
lost = ["lost"]
""")
AS_OF = "2026-03-02T12:00:00+00:00"
NOW = parse_moment(AS_OF, "UTC")
LADDER = Ladder.by_rules(RECIPE)
COLOURS = {"a": "red", "b": "blue", "c": ""}


def test_file_http_and_python_give_the_same_answer(tmp_path: Path) -> None:
    assert LADDER.rules.features == LADDER.features == ()
    rows = "".join(f"{name},2026-02-01,{colour},\n" for name, colour in COLOURS.items())
    (tmp_path / "leads.csv").write_text(f"lead_id,created_at,colour,end\n{rows}")
    summary = score_export(
        RECIPE, LADDER, tmp_path / "leads.csv", str(tmp_path / "scored.csv"), as_of_us=NOW, reasons=3
    )
    from_file = pd.read_csv(tmp_path / "scored.csv")
    assert (summary.rows, summary.errors) == (3, 0)
    items = [
        {"lead_id": name, "created_at": "2026-02-01", "fields": {"colour": colour}, "as_of": AS_OF}
        for name, colour in COLOURS.items()
    ]
    over_http = score_items(LADDER, items, NOW)
    read = [
        parse_lead(
            RECIPE,
            lead_id=name,
            fields={"colour": colour},
            events=None,
            as_of_us=NOW,
            created_at="2026-02-01",
        )
        for name, colour in COLOURS.items()
    ]
    in_python = LADDER.score(read)
    assert [s.lead_id for s in over_http] == [s.lead_id for s in in_python] == from_file["lead_id"].tolist()
    assert {s.status for s in over_http + in_python} == set(from_file["ls_status"]) == {"uncalibrated"}
    prior = [over_http[0].probability] * 3
    assert [s.probability for s in over_http] == [s.probability for s in in_python] == prior
    assert from_file["ls_probability"].tolist() == pytest.approx(prior)


def test_training_fits_the_map_of_a_scorecard_that_reads_nothing() -> None:
    y = np.array([0.0, 1.0, 0.0, 0.0])
    frame = pd.DataFrame({"lead_id": list("abcd"), "label": y, "account_id": None})
    labelled = Labelled(frame, Columns({}, 4))
    rules = calibrated_rules(scorers.no_rules(), labelled, np.arange(4))
    margin = rules.margin(labelled.at(np.array([0, 2]), rules.features))
    assert rules.probability(margin) == pytest.approx([0.25, 0.25], abs=0.1)


def test_both_readings_of_no_feature_say_how_many_leads_there_are() -> None:
    leads = pd.DataFrame({"lead_id": list(COLOURS), "created_at": "2026-02-01", "colour": None, "end": None})
    tables = tables_from_frames(RECIPE, leads, clock_us=NOW)
    moments = pd.DataFrame({"lead_id": list(COLOURS), "as_of_us": NOW})
    assert offline((), RECIPE, tables, moments).n_leads == stack((), [{}] * 3).n_leads == 3
    assert Situations(RECIPE).intent_days(Columns({}, 3)).tolist() == pytest.approx([np.nan] * 3, nan_ok=True)
    assert EntryTable([], Columns({}, 2), np.array([0.0, 1.0])).probability(Columns({}, 3)).shape == (3,)


def test_columns_know_their_leads_and_refuse_another_length() -> None:
    columns = Columns({"size": np.arange(4.0)}, 4)
    assert columns.take(np.array([3, 0]))["size"].tolist() == [3.0, 0.0]
    assert Columns({}, 4).take(np.array([True, False, True, True])).n_leads == 3
    assert (n_leads(Columns({}, 4)), n_leads({"size": np.arange(2.0)})) == (4, 2)
    with pytest.raises(ValueError, match="'size' has 4 values for 3 leads"):
        Columns(dict(columns), 3)
    with pytest.raises(ValueError, match="Columns"):
        n_leads({})
