"""Worlds are made alike each time, a third is held back, and their truth is the truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.bench.quality_results import read_results
from tests.bench.quality_sets import ROOT
from tests.bench.quality_text import current_section
from tests.bench.worlds import RESULTS, recipe_of
from tests.bench.worlds_text import BEGIN, END, worlds_section
from tests.made.world_rows import make_world
from tests.made.worlds import WORLDS, World


def test_a_third_of_at_least_thirty_worlds_is_held_back():
    assert len({world.name for world in WORLDS}) == len(WORLDS) >= 30
    assert 0.25 < sum(world.held for world in WORLDS) / len(WORLDS) < 0.4


@pytest.mark.parametrize("world", [w for w in WORLDS if w.rows < 2600], ids=lambda world: world.name)
def test_a_world_is_made_alike_each_time_and_its_outcomes_follow_its_truth(world: World, tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    made = [make_world(world, folder) for folder in folders]
    assert made[0].file.read_bytes() == made[1].file.read_bytes()
    frame = pd.read_csv(made[0].file)
    won = (frame["won_at"].notna() if world.looks else frame["converted"] == "yes").to_numpy()
    p = frame["lead_id"].map(made[0].truth).to_numpy()
    assert len(frame) == world.rows
    assert p.mean() == pytest.approx(world.rate, abs=1e-6)
    assert abs((won - p).sum()) < 4.5 * np.sqrt((p * (1 - p)).sum())


def test_a_recipe_is_inferred_that_reads_every_column(tmp_path):
    for world in (WORLDS[0], next(world for world in WORLDS if world.looks)):
        small = replace(world, rows=600)
        recipe = recipe_of(small, make_world(small, tmp_path))
        assert len(recipe.lead.fields) == world.numbers + world.noise + len(world.levels)
        assert (len(recipe.snapshots.at_days) > 1) == world.looks


def test_the_page_shows_what_was_measured():
    written = current_section(ROOT / "docs" / "results.md", BEGIN, END)
    assert written == worlds_section(read_results(RESULTS))
