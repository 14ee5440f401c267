"""`python -m tests.bench.curve SET [LEADS] [SEED]`: the curve as it is served, or a whole model a horizon?

SET is simulator, bpic2012 or olist. Everything is chosen and fitted as `leadscore train` does, from one
origin; the rows judged have matured for the longest horizon, and none of their leads was fitted on. "Without
young rows" is the curve from those snapshots alone that had matured for the longest horizon at the origin.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from data import simulate
from data.truth.known_limit import known_limit
from features import Recipe, load_recipe
from features.clock import DAY_US
from features.columns import Floats
from leadscore.terminal import print_table
from serving.calibration import FLOOR
from serving.scorer import score
from tests.bench.quality_sets import BPIC2012, OLIST
from training.choosing import choose_settings, earlier_split
from training.figures import Bootstrap, Interval
from training.figures.metrics import figures
from training.fitting import fit_model
from training.history import History, Labelled, Rows, forward_split, known_before
from training.history.history import read_history
from training.outlook import choose_when, fit_when

HEAD = ("days", "who", "AUC", "log loss", "obs/exp", "log loss minus its own model's")
HORIZONS = {BPIC2012.name: (3.0, 7.0, 14.0), OLIST.name: (7.0, 14.0, 30.0)}


def main(name: str, leads: int = 6000, seed: int = 1) -> None:
    """Print the table of one data set."""
    if name in HORIZONS:
        chosen = BPIC2012 if name == BPIC2012.name else OLIST
        # 30 days leave no rows to choose on before this origin of BPI: the log spans half a year
        report(name, chosen.recipe(chosen.origins[0]), chosen.folder, HORIZONS[name])
        return
    with TemporaryDirectory() as folder:
        simulate(Path(folder), leads, seed)
        report(name, load_recipe(Path(folder) / "recipe.toml"), Path(folder), (7.0, 30.0, 90.0))


def report(name: str, recipe: Recipe, folder: Path, horizons: tuple[float, ...]) -> None:
    """Fit, judge and print."""
    whole = read_history(_asking(recipe, horizons), folder)
    split = forward_split(recipe, whole.labelled.frame)
    if name == BPIC2012.name:
        before = earlier_split(whole.labelled, split)
        assert before is not None
        split = before
    own = {days: read_history(_asking(recipe, (days,)), folder) for days in horizons}
    fits = {days: _known(history, split.first_test_us) for days, history in own.items()}
    frame = whole.labelled.frame
    fitted = set(own[horizons[0]].labelled.frame["lead_id"].iloc[fits[horizons[0]]])
    test = split.test[~frame["lead_id"].iloc[split.test].isin(fitted).to_numpy()]
    columns, clusters = whole.labelled.at(test), whole.labelled.clusters(test)
    wait = (frame["won_us"] - frame["as_of_us"]).to_numpy(np.float64)[test] / DAY_US
    alone = {days: _fitted(history, fits[days], whole, test) for days, history in own.items()}
    old = Labelled(frame.iloc[split.fit].reset_index(drop=True), whole.labelled.at(split.fit))
    curves = {}
    for who, history, rows in (
        ("the curve", whole, split.fit),
        ("without young rows", replace(whole, labelled=old, younger=None), np.arange(len(split.fit))),
    ):
        when = fit_when(history, rows, choose_when(history, rows))
        curves[who] = alone[horizons[-1]][:, None] * when.given(columns, np.ones(len(test), dtype=np.bool_))
    cells = []
    for at, days in enumerate(horizons):
        y = (wait <= days).astype(np.float64)
        found = {"a model of its own": alone[days]} | {who: curve[:, at] for who, curve in curves.items()}
        limit = known_limit(folder, days)
        if limit is not None:
            found["limit"] = limit(frame.iloc[test].reset_index(drop=True))
        found = {who: np.clip(p, FLOOR, 1 - FLOOR) for who, p in found.items()}
        drawn = Bootstrap(y, clusters, 500, 1).samples(found)
        for who, p in found.items():
            told = figures(y, p)
            gap = Interval.of(drawn[who]["log_loss"] - drawn["a model of its own"]["log_loss"])
            span = f"{gap.low:+.4f} to {gap.high:+.4f}"
            cells.append((days, who, told["auc"], told["log_loss"], told["observed_expected"], span))
    print_table(HEAD, cells, title=f"{name}, {len(test):,} rows judged")


def _fitted(history: History, rows: Rows, whole: History, test: Rows) -> Floats:
    """What a model of the history's own horizon says of the test rows of `whole`."""
    excerpt = history.excerpt(rows)
    model = fit_model(excerpt, history.recipe.train, choose_settings(history.recipe, excerpt))
    return score(model, whole.labelled.at(test))


def _known(history: History, first_us: int) -> Rows:
    """The rows whose label was known before a moment."""
    return np.flatnonzero(known_before(history.labelled.frame["label_known_us"].to_numpy(np.int64), first_us))


def _asking(recipe: Recipe, horizons: tuple[float, ...]) -> Recipe:
    """The recipe with other horizons."""
    about = recipe.recipe.model_copy(update={"horizons": horizons, "horizon_days": horizons[-1]})
    return recipe.model_copy(update={"recipe": about})


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
