"""The Bayes rung has a map of its own, and intervals: falling back does not change what a number means."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from serving.answer.ladder import Ladder
from serving.calibration.maps import MonotoneMap
from tests.made.company import small_company
from training.calibration.maps import choose_map
from training.choosing.choose import choose_settings
from training.choosing.earlier import look_back
from training.history.excerpt import Excerpt
from training.history.history import read_history
from training.history.labelled import Labelled
from training.history.split import forward_split
from training.packing.choices import Choices
from training.packing.pack import pack


def rows_of(margin: np.ndarray, seed: int) -> Excerpt:
    """One row a lead in the order of time, converted as these log-odds say."""
    at = np.arange(len(margin), dtype=np.int64)
    won = np.random.default_rng(seed).random(len(margin)) < 1 / (1 + np.exp(-margin))
    leads = [f"lead {i}" for i in at]
    frame = pd.DataFrame({"lead_id": leads, "account_id": None, "label": won.astype(float), "order": at})
    return Excerpt(Labelled(frame, {}, dated=False), (), at)


def test_margins_that_promise_too_much_are_repaired():
    truth = np.random.default_rng(1).normal(-1.5, 1, 6000)
    found = choose_map(2 * truth, rows_of(truth, 2), seed=3)
    assert found.name != "identity"
    assert found.calibration.logits(np.array([-4.0, -2.0])) == pytest.approx([-2.0, -1.0], abs=0.25)


def test_margins_that_are_right_are_believed():
    truth = np.random.default_rng(4).normal(-1.5, 1, 6000)
    found = choose_map(truth, rows_of(truth, 5), seed=6)
    assert (found.name, found.calibration) == ("identity", MonotoneMap.identity())


def test_the_map_and_the_interval_are_in_the_artefact_and_on_the_rung(tmp_path: Path):
    recipe = small_company(tmp_path, 1600)
    history = read_history(recipe, tmp_path)
    split = forward_split(recipe, history.labelled.frame)
    settings = choose_settings(recipe, history.excerpt(split.fit))
    earlier = look_back(history, settings, split, 100)
    assert earlier is not None
    assert earlier.bayes.bounds is not None
    artefact = pack(history, Choices(settings, None, bayes=earlier.bayes), split.fit, tmp_path / "out")
    assert artefact.bayes is not None
    assert artefact.bayes.calibration == earlier.bayes.calibration
    assert artefact.manifest.settings["bayes"] == {"map_name": earlier.bayes.name}
    rung = next(rung for rung in Ladder.of(artefact).rungs if rung.scorer.rung == "bayes")
    assert set(rung.bounds) == {None}
