"""What the error that a watch grants a model's level costs and saves, in worlds that stand still.

    python -m tests.bench.grants 200

Prints, for each grant and each size (leads learned from, leads looked at): watches of WORLDS with a false
alarm, and those that saw 1.5 and 2 times as many customers as expected. A watch has 16 looks: 12 months, 4
origins.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from unittest.mock import patch

import numpy as np

from tests.training.test_watch_null import fitted, logistic
from training.figures import expected
from training.figures.drift import kept_apart
from training.figures.expected import calibration_p

SIZES = ((300, 400), (600, 400), (2_000, 2_000), (2_000, 20_000), (20_000, 20_000))
GRANTS = (0.0, 0.05, 0.10, 0.15, 0.20, 0.30)
CAME = (1.0, 1.5, 2.0)


def alarms(learned: int, looked_at: int, rng: np.random.Generator) -> Iterator[tuple[float, float, bool]]:
    """(grant, how many times the customers expected came, whether there is an alarm) in one world."""
    x, y, _ = logistic(learned, learned // 3, rng)
    weights = fitted(x, y)
    later, won, firm = logistic(looked_at, looked_at // 3, rng)
    p = 1 / (1 + np.exp(-later @ weights))
    parts = [rng.integers(0, 12, looked_at) == at for at in range(12)]
    parts += [rng.integers(0, 4, looked_at) == at for at in range(4)]
    for times in CAME:
        came = won if times == 1 else np.maximum(won, rng.random(looked_at) < (times - 1) * p)
        for grant in GRANTS:
            with patch.object(expected, "COUNTS_DIFFER", grant):
                found = [calibration_p(p[on], came[on], firm[on])[1] for on in parts]
            yield grant, times, any(kept_apart(found, 0.01))


def main(worlds: int) -> None:
    """Print the table, a line a size and grant."""
    print("learned  looked at  grant  false  seen at 1.5  at 2")
    for learned, looked_at in SIZES:
        rng = np.random.default_rng(learned + looked_at)
        seen = [one for _ in range(worlds) for one in alarms(learned, looked_at, rng)]
        for grant in GRANTS:
            counts = [sum(alarm for g, t, alarm in seen if (g, t) == (grant, times)) for times in CAME]
            print(
                f"{learned:7,} {looked_at:10,}  {grant:5.2f}  {counts[0]:5}  {counts[1]:11}  {counts[2]:4}",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]))
