"""Sellers with a capacity beside the simulated world: whom they call in which week, what is lost uncalled.

Nothing of the world changes: its wins are those of leads that are called. Of a lead that nobody calls in time
a win comes all the same with a stated chance. So it is known of every order of calls what it would bring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.simulator.seasons import Floats, Ints
from features.clock import DAY_US

WEEK_US = 7 * DAY_US


@dataclass(frozen=True)
class Sellers:
    """`calls` a week; a lead is called within `patience` weeks or never; `uncalled` of its wins come."""

    calls: int
    patience: int = 3
    uncalled: float = 0.3

    def called(self, created: Ints, priority: Floats, drawn: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Which leads, shape (n_leads,), are called: each week the drawn first, then by `priority`."""
        week = (created - created.min()) // WEEK_US
        done = np.zeros(len(created), dtype=np.bool_)
        for now in range(int(week.max()) + 1):
            waiting = np.flatnonzero((week <= now) & (week > now - self.patience) & ~done)
            wanted = np.where(drawn, 0.0, priority)[waiting]
            order = np.lexsort((created[waiting], -wanted, ~drawn[waiting]))
            done[waiting[order][: self.calls]] = True
        return done

    def won(
        self, world: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], rng: np.random.Generator
    ) -> npt.NDArray[np.bool_]:
        """Who is won, of the world's wins (n_leads,), when only some are called."""
        return np.asarray(world & (called | (rng.random(len(world)) < self.uncalled)), dtype=np.bool_)
