"""The chain as arrays: one rate table by market, month, kind and state, read by simulation and by the limit.

Both read the same tables, so the limit cannot describe another world than the one that was simulated.
Axes: market (b2b, b2c), month, mailing (0 stopped, 1 on), kind, state (dormant, curious, ready).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.simulator.rates import MARKETS, Dynamics, Rates
from data.simulator.seasons import MONTHS, activity_factor, win_factor
from features.clock import DAY_US
from features.columns import Floats


@dataclass(frozen=True)
class Chain:
    """Rates per day, ready for vectorised use.

    `moves` (market, 3, 3) holds the moves between states with rows summing to zero; `win` and `lose` are
    (market, month, 3); `kind_rates` is (market, month, mailing, kind, 3); `kind_likelihood` is
    (market, kind, 3) and `entry` is (kind, 3); `late` is (kind,) probabilities; `delay_us` microseconds.
    """

    kinds: tuple[str, ...]
    moves: Floats
    win: Floats
    lose: Floats
    kind_rates: Floats
    kind_likelihood: Floats
    entry: Floats
    mail: npt.NDArray[np.bool_]
    late: Floats
    delay_us: int
    unsubscribe: int


def build_chain(rates: Rates) -> Chain:
    """Lay the rates out by market, month, mailing regime, kind and state."""
    kinds = tuple(rates.kinds)
    mail = np.array([rates.kinds[kind].mail for kind in kinds])
    by_state = np.array([[getattr(rates.kinds[kind], market) for kind in kinds] for market in MARKETS])
    dynamics: list[Dynamics] = [getattr(rates, market) for market in MARKETS]
    late = [rates.late_probability if rates.kinds[kind].may_be_late else 0.0 for kind in kinds]
    return Chain(
        kinds=kinds,
        moves=np.stack([_moves(market) for market in dynamics]),
        win=np.stack([np.outer(win_factor(rates), market.win) for market in dynamics]),
        lose=np.stack([np.tile(market.lose, (MONTHS, 1)) for market in dynamics]),
        kind_rates=_kind_rates(rates, by_state, mail),
        kind_likelihood=by_state,
        entry=np.array([rates.kinds[kind].entry for kind in kinds]),
        mail=mail,
        late=np.array(late),
        delay_us=rates.late_days * DAY_US,
        unsubscribe=kinds.index("unsubscribe") if "unsubscribe" in kinds else -1,
    )


def _moves(dynamics: Dynamics) -> Floats:
    """Generator of the moves between neighbouring states, shape (3, 3), rows summing to zero."""
    up, down = (dynamics.warm_up, dynamics.ripen), (dynamics.cool_off, dynamics.hesitate)
    generator = np.diag(up, 1) + np.diag(down, -1)
    return np.asarray(generator - np.diag(generator.sum(axis=1)), dtype=np.float64)


def _kind_rates(rates: Rates, by_state: Floats, mail: npt.NDArray[np.bool_]) -> Floats:
    """Event rates (market, month, mailing, kind, state): season, first month and mailing regime applied."""
    first = np.array([kind.from_month for kind in rates.kinds.values()])
    exists = np.arange(MONTHS)[:, None] >= first  # (month, kind)
    mailed = np.stack([~mail, np.ones_like(mail)])  # (mailing, kind)
    switch = exists[:, None, :] & mailed[None, :, :]
    factor = activity_factor(rates)[:, None, None] * switch
    return np.asarray(by_state[:, None, None, :, :] * factor[None, :, :, :, None], dtype=np.float64)
