"""`python -m tests.bench.value [COMPANIES] [LEADS]`: are expected amounts right in sum, and worth ranking by?

Simulated companies of seeds that nothing was chosen on. Amounts are fitted on the rows before the test and
judged on its converted rows, by fifth of the expected amount, summed over companies. Probabilities are those
of a logistic regression: it is the amount that is judged.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from data import simulate
from features import load_recipe
from features.columns import Floats
from leadscore.terminal import print_table
from serving.scorer import score
from training.fitting.logistic import fit_linear
from training.history import forward_split
from training.history.history import read_history
from training.outlook import amounts_of, fit_amount

FIRST_SEED, PARTS, PENALTY = 101, 5, 30.0


def main(companies: int = 4, leads: int = 6000) -> None:
    """Print the table."""
    found = [measured(FIRST_SEED + place, leads) for place in range(companies)]
    sums = np.sum([parts for parts, _ in found], axis=0)
    rows: list[tuple[object, ...]] = []
    for at, (n, expected, came) in enumerate(sums, 1):
        rows.append((at, int(n), expected, came, came / expected))
    whole = sums.sum(axis=0)
    rows.append(("all", int(whole[0]), whole[1], whole[2], whole[2] / whole[1]))
    head = ("fifth, by expected amount", "converted rows", "expected", "came", "came/expected")
    print_table(head, rows, title=f"{companies} simulated companies of {leads:,} leads")
    gains = [value / likely for _, (value, likely) in found]
    print_table(
        ("company", "best tenth by value brings, as a multiple of by probability"), list(enumerate(gains, 1))
    )


def measured(seed: int, leads: int) -> tuple[Floats, tuple[float, float]]:
    """((rows, expected, came) by fifth, (what the best tenth brought by value, by probability))."""
    with TemporaryDirectory() as folder:
        simulate(Path(folder), leads, seed)
        recipe = load_recipe(Path(folder) / "recipe.toml")
        history = read_history(recipe, Path(folder))
    split = forward_split(recipe, history.labelled.frame)
    amount, known = fit_amount(history, split.fit), amounts_of(history, split.test)
    assert amount is not None
    expected = amount.expected(history.labelled.at(split.test))[0]
    place = np.searchsorted(split.test, known.rows)
    came = np.zeros(len(split.test))
    came[place] = known.counted
    order = place[np.argsort(expected[place], kind="stable")]
    parts = [(len(part), expected[part].sum(), came[part].sum()) for part in np.array_split(order, PARTS)]
    fit = history.excerpt(split.fit)
    linear = fit_linear(fit.features, fit.columns, fit.y, PENALTY, recipe.train.rare_level, leads=fit.leads)
    p = score(linear, history.labelled.at(split.test))
    tenth = len(split.test) // 10
    best = [float(came[np.argsort(-rank, kind="stable")[:tenth]].sum()) for rank in (p * expected, p)]
    return np.array(parts, dtype=np.float64), (best[0], best[1])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
