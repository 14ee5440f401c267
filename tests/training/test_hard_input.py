"""Exports that are hard to learn from: each has a sensible end, and none takes long."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from features import LeadscoreError, Recipe, load_recipe
from features.cells.parse import YearError, parse_date
from features.exports.reader import read_raw
from features.recipe.file import parse_recipe
from features.tables.columns import moments_column
from tests.bench.many_rows import write_flat
from training import TrainingRun, train
from training.history.sample import draw_leads

pytestmark = pytest.mark.slow

LEADS = 1500
HEAD = """
[tables]
leads = "leads.csv"

[outcomes]
column = "outcome"
won = ["yes"]
lost = ["no"]
at_once = true

[snapshots]
at_days = [0]

[train]
bag = 1
rounds = 60
early_stopping = 10
folds = 2

[gate]
min_positives = 30
"""

DATED = """
lead = { id = "lead_id", created_at = "created_at", fields = { a = { type = "number" } } }
recipe = { horizon_days = 10 }
snapshots = { at_days = [0] }
train = { bag = 1, rounds = 60, early_stopping = 10, folds = 2 }
gate = { min_positives = 30 }
split = { history_end = "2024-10-01" }
"""


def export(folder: Path, columns: dict[str, np.ndarray], outcome: np.ndarray, fields: str) -> Recipe:
    frame = pd.DataFrame(columns | {"outcome": np.where(outcome, "yes", "no")})
    frame.to_csv(folder / "leads.csv", index=False)
    return parse_recipe(HEAD + "\n[lead.fields]\n" + fields)


def buyers(signal: np.ndarray, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random(len(signal)) < 1 / (1 + np.exp(1.5 - 1.2 * signal))


def run(folder: Path, recipe: Recipe, **asked: object) -> TrainingRun:
    return train(recipe, folder, **({"tracking": False, "out": folder / "out"} | asked))


def telling(folder: Path, leads: int = LEADS, **booster: object) -> Recipe:
    """An export of one number that tells, and a recipe with something changed in `[train]`."""
    signal = np.random.default_rng(3).normal(size=leads)
    columns = {"lead": np.char.add("L", np.arange(leads).astype(str)), "a": signal.round(3)}
    recipe = export(folder, columns, buyers(signal), 'a = { type = "number" }\n\n[lead]\nid = "lead"\n')
    return recipe.model_copy(update={"train": recipe.train.model_copy(update=booster)})


def figure(found: TrainingRun, name: str) -> float:
    return found.evidence.figure("model", name)


def chosen(found: TrainingRun) -> dict[str, object]:
    return dict(found.summary.settings["model"])


def test_fields_that_never_vary_teach_nothing(tmp_path):
    columns = {"a": np.full(LEADS, 7), "b": np.full(LEADS, "same")}
    outcome = np.random.default_rng(2).random(LEADS) < 0.2
    fields = 'a = { type = "number" }\nb = { type = "category" }\n'
    assert run(tmp_path, export(tmp_path, columns, outcome, fields)).verdict == "nothing_to_learn"


def test_one_field_is_enough_when_it_tells(tmp_path):
    signal = np.random.default_rng(3).normal(size=LEADS)
    recipe = export(tmp_path, {"a": signal.round(3)}, buyers(signal), 'a = { type = "number" }\n')
    found = run(tmp_path, recipe)
    assert found.verdict != "nothing_to_learn"
    assert figure(found, "auc") > 0.65


@pytest.mark.timeout(900)  # two thousand columns take two minutes on a quiet machine
def test_two_thousand_columns_of_noise_do_not_drown_one_that_tells(tmp_path):
    rng = np.random.default_rng(4)
    signal = rng.normal(size=LEADS)
    noise = {f"n{i}": rng.normal(size=LEADS).round(2) for i in range(1999)}
    fields = "".join(f'{name} = {{ type = "number" }}\n' for name in ["a", *noise])
    found = run(tmp_path, export(tmp_path, {"a": signal.round(3)} | noise, buyers(2 * signal), fields))
    assert figure(found, "auc") > 0.6


def test_a_category_with_a_level_for_each_lead_is_a_calendar_to_trees(tmp_path):
    signal = np.random.default_rng(5).normal(size=LEADS)
    columns = {"a": signal.round(3), "id": np.array([f"id-{i}" for i in range(LEADS)])}
    fields = 'a = { type = "number" }\nid = { type = "category" }\n'
    found = run(tmp_path, export(tmp_path, columns, buyers(signal), fields))
    assert figure(found, "auc") > 0.65
    assert chosen(found)["calendars"] == ["id"]


def test_a_clock_among_the_fields_is_found_and_trees_do_not_split_on_it(tmp_path):
    rng = np.random.default_rng(6)
    signal, clock = rng.normal(size=LEADS), np.arange(LEADS) / 100
    fields = 'a = { type = "number" }\nclock = { type = "number" }\n'
    found = run(tmp_path, export(tmp_path, {"a": signal.round(3), "clock": clock}, buyers(signal), fields))
    assert chosen(found)["calendars"] == ["clock"]


def test_a_hundred_thousand_levels_take_neither_minutes_nor_the_memory(tmp_path):
    rng = np.random.default_rng(8)
    leads = 120_000
    signal = rng.normal(size=leads)
    columns = {"a": signal.round(3), "town": rng.permutation(leads) % 100_000}
    columns["town"] = np.char.add("t", columns["town"].astype(str))
    fields = 'a = { type = "number" }\ntown = { type = "category" }\n'
    found = run(tmp_path, export(tmp_path, columns, buyers(signal), fields))
    assert figure(found, "auc") > 0.65


def test_an_outcome_in_the_future_is_counted_and_teaches_nothing(tmp_path):
    """Half of the conversions bear a date that has not come, in a table of outcomes or beside the lead."""
    signal = np.random.default_rng(9).normal(size=LEADS)
    won = np.flatnonzero(buyers(signal))
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(LEADS) // 5, "D")
    leads = pd.DataFrame({"lead_id": np.arange(LEADS), "created_at": days, "a": signal.round(3)})
    dated = pd.Series(days[won] + pd.Timedelta(days=3))
    dated.iloc[::2] = pd.Timestamp("2098-01-01")
    outcomes = pd.DataFrame({"lead_id": won, "stage": "won", "occurred_at": dated})
    outcomes.to_csv(tmp_path / "outcomes.csv", index=False)
    beside = leads.assign(stage=pd.Series("won", index=won), won_at=pd.Series(dated.to_numpy(), index=won))
    for name, frame, told in (
        ("leads.csv", leads, 'tables.outcomes = "outcomes.csv"'),
        ("beside.csv", beside, 'outcomes = { column = "stage", occurred_at = "won_at" }'),
    ):
        frame.to_csv(tmp_path / name, index=False)
        found = run(tmp_path, parse_recipe(f'tables.leads = "{name}"\n{told}\n{DATED}'))
        future = [row for row in found.summary.quality if row[1] == "rows dated in the future"]
        assert [row[:3] for row in future] == [("outcomes", "rows dated in the future", (len(won) + 1) // 2)]
        counts = dict(found.account)
        assert counts["matured snapshots converted"] <= len(won) // 2


def test_penalties_and_smoothing_of_zero_are_a_choice_not_an_accident(tmp_path):
    free = {"lambda_l2": 0.0, "lambda_l1": 0.0, "path_smooth": 0.0, "cat_smooth": 0.0}
    assert figure(run(tmp_path, telling(tmp_path, **free)), "auc") > 0.65


@pytest.mark.parametrize(
    "line", ["rounds = 0", "bag = 0", "learning_rate = 0", "bagging_fraction = 0", "max_rows = 0"]
)
def test_a_setting_of_zero_that_would_fit_nothing_is_refused(line):
    with pytest.raises(LeadscoreError, match=rf"\[train\] {line.split()[0]}"):
        parse_recipe(HEAD.split("[train]")[0] + f"[train]\n{line}\n")


def test_a_weight_is_no_option_of_a_recipe_and_is_refused(tmp_path):
    with pytest.raises(LeadscoreError, match="weight"):
        parse_recipe(HEAD.replace("bag = 1", "bag = 1\nweight = 0"))


def test_beyond_max_rows_whole_leads_are_drawn_and_the_account_says_how_many(tmp_path):
    found = run(tmp_path, telling(tmp_path, max_rows=1000), report=tmp_path / "report.html")
    counts = dict(found.account)
    assert counts["left out beyond [train] max_rows, whole leads by lot"] == LEADS - 1000
    assert counts["matured snapshots drawn"] == counts["matured rows"] == 1000
    assert counts["fit rows"] + counts["test rows"] == 1000
    assert figure(found, "auc") > 0.65
    page = (tmp_path / "report.html").read_text()
    assert "left out beyond [train] max_rows, whole leads by lot" in page


def test_where_rows_are_few_enough_nothing_is_said_of_a_sample(tmp_path):
    found = run(tmp_path, telling(tmp_path, max_rows=LEADS))
    assert not [what for what, _ in found.account if "drawn" in what or "max_rows" in what]


rows = st.lists(st.integers(0, 40), min_size=1, max_size=120)


@given(rows, st.integers(1, 130), st.integers(-9, 10**18))
def test_the_draw_keeps_whole_leads_in_order_and_never_too_many(leads, most, seed):
    frame = pd.DataFrame({"lead_id": [f"L{lead}" for lead in leads], "place": range(len(leads))})
    drawn = draw_leads(frame, most, seed)
    assert len(drawn) <= most
    kept = frame[frame["lead_id"].isin(set(drawn["lead_id"]))]
    assert list(drawn["place"]) == list(kept["place"])
    if len(leads) <= most:
        assert len(drawn) == len(leads)


@given(rows, st.integers(1, 130), st.integers(0, 9), st.randoms())
def test_the_draw_looks_at_ids_alone(leads, most, seed, random):
    """Neither the order of rows nor their outcome moves it, and who asks for more keeps what he had."""
    ids = [f"L{lead}" for lead in leads]
    first = set(draw_leads(pd.DataFrame({"lead_id": ids, "label": 1.0}), most, seed)["lead_id"])
    random.shuffle(ids)
    again = pd.DataFrame({"lead_id": ids, "label": 0.0})
    assert set(draw_leads(again, most, seed)["lead_id"]) == first
    assert set(draw_leads(again, most + 20, seed)["lead_id"]) >= first


def test_a_million_rows_are_read_and_those_drawn_are_fitted(tmp_path):
    """The rows beyond `max_rows` are read and nothing more: the rest of the run does not see them."""
    write_flat(tmp_path, 1_000_000)
    recipe = load_recipe(tmp_path / "recipe.toml")
    train_ = recipe.train.model_copy(update={"max_rows": 50_000, "bag": 1, "folds": 2, "rounds": 60})
    found = run(tmp_path, recipe.model_copy(update={"train": train_}))
    counts = dict(found.account)
    assert counts["leads kept"] == 1_000_000
    assert counts["matured snapshots drawn"] == 50_000
    rate = counts["matured snapshots converted"] / 1_000_000
    assert abs(counts["matured snapshots drawn, converted"] / 50_000 - rate) < 5 * (rate / 50_000) ** 0.5


def test_a_text_takes_a_few_times_its_size_in_memory(tmp_path):
    """A cell that recurs is held once; at ten million rows that decides whether a CSV can be read at all."""
    write_flat(tmp_path, 20_000, kind="csv")
    tracemalloc.start()
    try:
        assert len(read_raw(tmp_path / "leads.csv").frame) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 9 * (tmp_path / "leads.csv").stat().st_size


@given(
    st.lists(st.none() | st.datetimes(datetime(1890, 1, 1), datetime(2110, 1, 1)), min_size=1, max_size=20)
)
@example(
    [None, datetime(1899, 12, 31, 23), datetime(1900, 1, 1), datetime(2099, 12, 31), datetime(2100, 1, 1)]
)
def test_typed_moments_are_read_at_once_as_they_are_one_by_one(moments):
    cells = pd.Series(pd.array(moments, dtype="datetime64[us]"))
    found = moments_column(cells, "UTC", "start")
    assert [None if us is pd.NA else us for us in found] == [
        None if moment is None else _moment_or_none(moment) for moment in moments
    ]


def _moment_or_none(moment: datetime) -> int | None:
    """A column's reading of an unreadable year is an empty cell."""
    try:
        return parse_date(moment, "UTC")
    except YearError:
        return None
