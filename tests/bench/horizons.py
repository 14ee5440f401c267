"""`python -m tests.bench.horizons SET [LEADS] [SEED]`: one hazard model, or a classifier for each horizon?

SET is simulator, bpic2012 or olist. All methods see the same snapshots, features, learner and forecast
origin; the rows judged have matured for every horizon. On BPI the origin lies before the test of the quality
benchmark.

What it said on 2026-11-23 (log loss minus that of a classifier each, 95 % interval):

    simulator, 12,000 leads   7 days             30 days            90 days
    hazard                    -0.0012 +0.0004    -0.0042 -0.0000    -0.0008 +0.0049
    one margin, a map each    -0.0022 +0.0011    -0.0062 +0.0006    -0.0004 +0.0004
    BPI 2012                  3 days             7 days             14 days
    hazard                    -0.0041 -0.0004    -0.0029 +0.0015    -0.0013 +0.0037
    one margin, a map each    +0.0148 +0.0269    +0.0117 +0.0227    +0.0003 +0.0024

The hazard has more rows to learn from and gains a little where the horizon is short; at the longest horizon,
by which leads are ranked, it gains nothing. Maps of one margin lose: who converts at once is not who converts
at all. So the question of the recipe keeps its own classifier, and a shorter horizon is a recipe of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data import simulate
from data.truth.known_limit import known_limit
from features import Recipe, Tables, default_features, load_recipe, read_tables
from features.columns import Floats
from features.readings import offline
from features.snapshots.snapshots import snapshots
from leadscore.terminal import print_table
from serving.calibration.maps import FLOOR
from tests.bench.horizon_models import World, hazard, latency, one_margin, separate
from tests.bench.quality_sets import BPIC2012, OLIST
from training.choosing.earlier import earlier_split
from training.figures.bootstrap import Bootstrap, Interval
from training.figures.metrics import figures
from training.fitting.encode import fit_tree_encoder
from training.history.labelled import Labelled
from training.history.split import forward_split

METHODS = {
    "a classifier each": separate,
    "one margin, a map each": one_margin,
    "hazard": hazard,
    "longest, then when": latency,
}
HEAD = ("days", "method", "fit rows", "AUC", "log loss", "obs/exp", "log loss minus a classifier each")


def main(name: str, leads: int = 20_000, seed: int = 1) -> None:
    """Print the table of one data set."""
    if name == BPIC2012.name:
        recipe = BPIC2012.recipe(BPIC2012.origins[0])
        # 30 days leave no rows to choose on before this origin: the log spans half a year
        report(name, recipe, BPIC2012.folder, (3.0, 7.0, 14.0), earlier=True)
        return
    if name == OLIST.name:
        report(name, OLIST.recipe(OLIST.origins[0]), OLIST.folder, (7.0, 14.0, 30.0))
        return
    with TemporaryDirectory() as folder:
        simulate(Path(folder), leads, seed)
        report(name, load_recipe(Path(folder) / "recipe.toml"), Path(folder), (7.0, 30.0, 90.0))


def report(
    name: str, recipe: Recipe, folder: Path, horizons: tuple[float, ...], *, earlier: bool = False
) -> None:
    """Fit, judge and print."""
    world, frame = read(recipe, read_tables(recipe, folder), horizons, earlier)
    found = {method: np.clip(fit(world), FLOOR, 1 - FLOOR) for method, fit in METHODS.items()}
    test = frame.iloc[world.test].reset_index(drop=True)
    for at, horizon in enumerate(horizons):
        limit = known_limit(folder, horizon)
        if limit is not None:
            found.setdefault("limit", np.empty((len(test), len(horizons))))[:, at] = limit(test)
    clusters = Labelled(frame, {}).clusters(world.test)
    cells = [row for at in range(len(horizons)) for row in rows_of(world, at, found, clusters)]
    print_table(HEAD, cells, title=f"{name}, {len(world.test):,} rows judged")


def rows_of(
    world: World, at: int, found: Mapping[str, Floats], clusters: NDArray[np.object_]
) -> list[tuple[object, ...]]:
    """One row a method for the horizon at a place."""
    horizon = world.horizons[at]
    y = world.labels[horizon][world.test]
    probabilities = {method: p[:, at] for method, p in found.items()}
    drawn = Bootstrap(y, clusters, 500, 1).samples(probabilities)
    rows = []
    for method, p in probabilities.items():
        told = figures(y, p)
        gap = Interval.of(drawn[method]["log_loss"] - drawn["a classifier each"]["log_loss"])
        span = f"{gap.low:+.4f} to {gap.high:+.4f}"
        fit = (
            sum(len(rows) for rows in world.known.values())
            if method == "hazard"
            else len(world.known[horizon])
        )
        rows.append((horizon, method, fit, told["auc"], told["log_loss"], told["observed_expected"], span))
    return rows


def read(
    recipe: Recipe, tables: Tables, horizons: tuple[float, ...], earlier: bool
) -> tuple[World, pd.DataFrame]:
    """Snapshots with their outcomes at every horizon, split at the recipe's origin or one before it."""
    frames = {h: snapshots(_within(recipe, h), tables).frame for h in horizons}
    longest = frames[horizons[-1]]
    for frame in frames.values():
        assert frame[["lead_id", "as_of_us"]].equals(longest[["lead_id", "as_of_us"]])
    split = forward_split(recipe, longest)
    if earlier:
        before = earlier_split(Labelled(longest, {}), split)
        assert before is not None
        split = before
    known = {
        h: np.flatnonzero(f["label_known_us"].to_numpy() < split.first_test_us) for h, f in frames.items()
    }
    lead = longest["lead_id"].to_numpy(object).astype(str)
    test = split.test[~np.isin(lead[split.test], lead[known[horizons[0]]])]
    features = default_features(recipe, events=tables.events is not None)
    columns = offline(features, recipe, tables, longest[["lead_id", "as_of_us"]])
    encoder = fit_tree_encoder(features, columns.take(known[horizons[0]]), recipe.train.rare_level)
    as_of = longest["as_of_us"].to_numpy(np.int64)
    labels = {h: (f["label"] == 1).to_numpy(np.float64) for h, f in frames.items()}
    number = np.unique(lead, return_inverse=True)[1]
    X = encoder.transform(columns)
    world = World(X, encoder, as_of, number, horizons, labels, known, test, recipe.train)
    return world, longest


def _within(recipe: Recipe, days: float) -> Recipe:
    return recipe.model_copy(update={"recipe": recipe.recipe.model_copy(update={"horizon_days": days})})


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
