"""What the doubt of a model's level costs a watch and saves it, in worlds whose months stand still or move.

    python -m tests.bench.grants 100

Prints for each world, size (leads learned from, leads looked at) and doubt: watches of WORLDS with a false
alarm, and those that saw 1.5 and 2 times as many customers as expected. A watch has 16 looks: 12 months, 4
origins. The doubt is none, the relative variance of 15 %, or what the model's own data say.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

from features.columns import Floats
from tests.training.test_watch_null import fitted, logistic
from training.figures.drift import kept_apart
from training.figures.expected import calibration_p, level_doubt

SIZES = ((300, 400), (600, 400), (2_000, 2_000), (2_000, 20_000), (20_000, 20_000))
DOUBTS = ("none", "15 %", "own")
CAME = (1.0, 1.5, 2.0)


def alarms(
    learned: int, looked_at: int, move: float, rng: np.random.Generator
) -> Iterator[tuple[str, float, bool]]:
    """(doubt, how many times the customers expected came, whether there is an alarm) in one world, whose
    months differ by `move` (standard deviation, relative)."""
    x, y, firm = logistic(learned, learned // 3, rng)
    month = rng.integers(0, 12, learned)
    y = _moved(y, month, move, rng)
    weights = fitted(x, y)
    later, won, later_firm = logistic(looked_at, looked_at // 3, rng)
    later_month = rng.integers(0, 12, looked_at)
    won = _moved(won, later_month, move, rng)
    p, learned_p = (1 / (1 + np.exp(-part @ weights)) for part in (later, x))
    own = dict(zip(DOUBTS, (0.0, 0.15**2, level_doubt(learned_p, y, firm, month)), strict=True))
    parts = [later_month == at for at in range(12)] + [rng.integers(0, 4, looked_at) == at for at in range(4)]
    for times in CAME:
        came = np.maximum(won, rng.random(looked_at) < (times - 1) * p)
        for name, doubt in own.items():
            found = [calibration_p(p[on], came[on], later_firm[on], doubt)[1] for on in parts]
            yield name, times, any(kept_apart(found, 0.01))


def _moved(won: Floats, month: Floats, move: float, rng: np.random.Generator) -> Floats:
    """Outcomes of which each month keeps, or adds, its own part."""
    if not move:
        return won
    factor = rng.gamma(1 / move**2, move**2, 12)[month]
    added = rng.random(len(won)) < np.maximum(factor - 1, 0) * won.mean()
    return np.maximum(won * (rng.random(len(won)) < factor), added)


def main(worlds: int) -> None:
    """Print the table, a line for each world, size and doubt."""
    print("months  learned  looked at  doubt  false  seen at 1.5  at 2")
    for move in (0.0, 0.15):
        for learned, looked_at in SIZES:
            rng = np.random.default_rng(learned + looked_at)
            seen = [one for _ in range(worlds) for one in alarms(learned, looked_at, move, rng)]
            for name in DOUBTS:
                counts = [sum(alarm for d, t, alarm in seen if (d, t) == (name, times)) for times in CAME]
                told = "  ".join(f"{count:5}" for count in counts)
                print(f"{move:6}  {learned:7,}  {looked_at:9,}  {name:5}  {told}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
