"""Coverage of the estimated effect of scoring on simulated companies never used for making the estimator.

`python -m tests.bench.effects COMPANIES LEADS FIRST_SEED` prints a line a company (effect against first come
first served and against the rules: estimate, 95 % interval, truth), and how often intervals held the truth.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.made.worked import World, worked
from training.figures.effect import effect_of


def main(companies: int, leads: int, first: int) -> None:
    """Simulate, estimate, compare with the truth."""
    held, off, said = np.zeros(2), [], 0
    with tempfile.TemporaryDirectory() as folder:
        for at in range(companies):
            seen, truth = worked(World.of(Path(folder) / str(at), leads, first + at), first + at)
            found = effect_of(seen, at)
            if found is None:
                print(f"{first + at}: nothing can be said")
                continue
            said += 1
            held += [g.interval.low <= t <= g.interval.high for g, t in zip(found.gaps, truth, strict=True)]
            off.append([g.gap - t for g, t in zip(found.gaps, truth, strict=True)])
            told = "; ".join(
                f"{g.gap:+.1%} [{g.interval.low:+.1%}, {g.interval.high:+.1%}] in truth {t:+.1%}"
                for g, t in zip(found.gaps, truth, strict=True)
            )
            print(f"{first + at}: {told}", flush=True)
    print(f"held {held[0]:.0f} and {held[1]:.0f} of {said}; off by {np.mean(off, axis=0).round(4).tolist()}")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:]))
