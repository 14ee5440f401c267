"""`python -m tests.bench.curves SET [DRAWS] [LEADS]`: learning curves of the rungs.

SET is olist, bpic2012 or simulator. Where rungs switch is decided by these figures, so they should not come
from the test of the quality benchmark: the newest rows before it are judged on. Olist is too short for that
(45 conversions are known before them); its curve is a look at its test, and counts as one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from data import simulate
from features import load_recipe
from leadscore.terminal import print_table, say
from tests.bench.learning_curve import COUNTS, curve_rows, learning_curve, switching_point
from tests.bench.quality_sets import BPIC2012, OLIST
from training.choosing.earlier import earlier_split
from training.history.history import History, read_history
from training.history.split import forward_split

HEAD = ("conversions", "rung", "draws", "AUC", "log loss", "log loss minus Bayes", "± error")


def main(name: str, draws: int = 3, leads: int = 20_000) -> None:
    """Print the table of one data set, and where the model overtakes Bayes."""
    history = read(name, leads)
    own = forward_split(history.recipe, history.labelled.frame)
    split = (earlier_split(history.labelled, own) if name != OLIST.name else None) or own
    rows = curve_rows(learning_curve(history, split, COUNTS, draws, progress=say))
    cells = [
        (row.won, row.scorer, row.draws, row.auc, row.log_loss, row.over_bayes, row.error) for row in rows
    ]
    print_table(HEAD, cells, title=f"{name}, {len(split.test):,} rows judged")
    for rung in ("logistic", "model"):
        say(f"{name}: {rung} is no worse than Bayes from {switching_point(rows, rung)} conversions on")


def read(name: str, leads: int) -> History:
    """The history of a public data set, or of a simulated company."""
    for found in (OLIST, BPIC2012):
        if found.name == name:
            return read_history(found.recipe(found.origins[0]), found.folder)
    with TemporaryDirectory() as folder:
        simulate(Path(folder), leads, 1)
        return read_history(load_recipe(Path(folder) / "recipe.toml"), Path(folder))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
