"""What a section of the benchmark returns, and how time is taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure; `target` says what was asked of it, `met` whether it is (None: nothing was)."""

    what: str
    figure: float
    unit: str
    target: str = ""
    met: bool | None = None


def at_least(what: str, figure: float, unit: str, bound: float) -> Row:
    """A row whose figure should not be below `bound`."""
    return Row(what, figure, unit, f"≥ {bound:g}", figure >= bound)


def at_most(what: str, figure: float, unit: str, bound: float) -> Row:
    """A row whose figure should not exceed `bound`."""
    return Row(what, figure, unit, f"≤ {bound:g}", figure <= bound)


def cpu_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """The least CPU time of this process that `work` took.

    CPU time, all threads together: on a machine that does other things too, the clock on the wall measures
    those.
    """
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best
