"""The benchmark is fair: the same rows for all, failures told, labels agreed on, every look counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.catalogue.fields import FieldValue
from features.columns import Columns
from tests.bench import quality_autogluon
from tests.bench.quality_autogluon import autogluon
from tests.bench.quality_peers import PEERS, Peer, Task, make_task, predict_or_base
from tests.bench.quality_results import COLUMNS, Look, keep_results, log_look, read_looks
from tests.bench.quality_sets import SETS, DataSet
from tests.bench.quality_simulator import reached, simulator_block
from tests.bench.quality_text import verdict

FEATURES = (
    FieldValue(field="size", dtype="number"),
    FieldValue(field="page", dtype="category"),
    FieldValue(field="empty", dtype="number"),
)


def columns(seed: int, rows: int, levels: int) -> Columns:
    """A number with gaps, a category with gaps and many levels, and a number without any value."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=rows)
    size[::7] = np.nan
    page = np.array([f"page {level}" for level in rng.integers(0, levels, rows)], dtype=object)
    page[::11] = None
    return {"size": size, "page": page, "empty": np.full(rows, np.nan)}


@pytest.fixture(scope="module")
def task() -> Task:
    """More levels than HistGradientBoosting takes, and test levels that were never fitted on."""
    fit, test = columns(1, 1200, 320), columns(2, 60, 400)
    y = (np.nan_to_num(fit["size"].astype(float)) + np.random.default_rng(3).normal(size=1200) > 0.5) * 1.0
    return make_task(FEATURES, fit, y, test)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_peer_learns_from_gaps_rare_levels_and_levels_never_seen(peer: Peer, task: Task) -> None:
    if not peer.installed:
        pytest.skip(f"{peer.package} is not installed; 'make extras' adds it")
    p, failure = predict_or_base(peer, task)
    assert failure is None
    known = task.test["size"].notna().to_numpy()
    assert p.shape == (60,)
    assert np.corrcoef(p[known], task.test["size"][known])[0, 1] > 0.3


def test_peers_get_the_columns_in_order_without_the_empty_ones(task: Task) -> None:
    assert list(task.fit) == list(task.test) == ["size", "page"]
    assert task.categories == ["page"]
    assert set(task.test["page"].dropna()) <= set(task.fit["page"].dropna())


@pytest.mark.parametrize("answer", [np.zeros(3), np.full(60, np.nan), None])
def test_a_peer_that_fails_counts_as_the_base_rate_and_says_so(answer: np.ndarray | None, task: Task) -> None:
    def predict(task: Task) -> np.ndarray:
        if answer is None:
            raise MemoryError("too many levels")
        return answer

    p, failure = predict_or_base(Peer("weak", "numpy", predict), task)
    assert (p == task.y.mean()).all()
    assert failure is not None
    assert failure.startswith("MemoryError: too many" if answer is None else "ValueError: gave no")


def test_a_peer_that_is_not_installed_is_known_as_such() -> None:
    assert not Peer("none", "no_such_package_here", lambda task: task.y).installed


def test_predictions_made_elsewhere_are_joined_on_ids_and_only_where_outcomes_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality_autogluon, "SHARED", tmp_path / "data")
    rows = pd.DataFrame({"lead_id": ["b", "a"], "age_days": [0.02, 1.0], "label": [1.0, 0.0]})
    assert autogluon("bpic2012", rows)[0] is None
    theirs = pd.DataFrame(
        {"case_id": ["a", "b"], "age_days": [1.0, 0.02], "outcome": [0, 1], "probability": [0.1, 0.9]}
    )
    path = tmp_path / "peers" / "autogluon_bpic2012.csv"
    path.parent.mkdir()
    theirs.to_csv(path, index=False)
    p, note = autogluon("bpic2012", rows)
    assert p is not None
    assert p.tolist() == [0.9, 0.1]
    assert "outcomes agree" in note
    p, note = autogluon("bpic2012", rows.assign(label=[1.0, 1.0]))
    assert p is None
    assert "another outcome in 1 rows" in note
    p, note = autogluon("bpic2012", rows.assign(lead_id=["b", "c"]))
    assert p is None
    assert "1 of 2 test rows are not among" in note


def test_every_look_at_a_test_is_appended_and_none_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "looks.csv"
    for origin in ("main", "main", "second"):
        log_look(Look("2026-01-31", "olist", origin, "0123", "4567"), path)
    assert read_looks(path)["origin"].tolist() == ["main", "main", "second"]
    assert path.read_text().startswith("date,data_set,origin,recipe,settings\n")


def test_a_new_measurement_replaces_that_test_alone(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    blank = pd.DataFrame([dict.fromkeys(COLUMNS, 0.5)])
    for name, origin, loss in (("olist", "main", 0.3), ("olist", "second", 0.4), ("olist", "main", 0.2)):
        row = blank.assign(data_set=name, origin=origin, scorer="model", note=None, log_loss=loss)
        table = keep_results(row, path)
    assert table["log_loss"].tolist() == [0.2, 0.4]


@pytest.mark.parametrize(
    ("figure", "low", "high", "word"),
    [
        ("log_loss", -0.02, -0.01, "better"),
        ("log_loss", 0.01, 0.02, "worse"),
        ("auc", 0.01, 0.02, "better"),
        ("auc", -0.02, -0.01, "worse"),
        ("auc", -0.02, 0.01, "level"),
    ],
)
def test_a_win_is_a_win_only_beyond_the_interval(figure: str, low: float, high: float, word: str) -> None:
    assert verdict(pd.Series({f"{figure}_low": low, f"{figure}_high": high}), figure) == word


@pytest.mark.parametrize("known", SETS, ids=lambda known: known.name)
def test_each_data_set_has_a_second_origin_that_looks_at_other_rows(known: DataSet) -> None:
    first, second = (known.recipe(origin).split for origin in known.origins)
    assert first != second
    if first.test_from is not None:
        assert second.test_until is not None
        assert second.test_until[:10] == first.test_from[:10]


def test_a_simulated_company_tells_how_near_the_limit_was_and_marks_what_was_missed() -> None:
    rows = pd.DataFrame({"scorer": ["model", "limit"], "auc": [0.785, 0.80], "log_loss": [0.202, 0.200]})
    share, ratio = reached(rows)
    assert (round(share, 6), round(ratio, 6)) == (0.95, 1.01)
    text = simulator_block(rows.assign(data_set="simulator", origin="seed 11", n_test=50_000))
    assert "| seed 11 | 50,000 |" in text
    assert "95.0% (missed)" in text
    assert "+1.00% |" in text
    assert simulator_block(rows.assign(data_set="olist", origin="main", n_test=1)) == ""
