"""What the dates of a history suggest: a horizon, and from when on outcomes were recorded at all."""

from __future__ import annotations

from datetime import date

import numpy as np

from features.clock import DAY_US, from_us
from features.columns import Floats
from features.tables.history_end import steady_moments

HORIZONS = (7, 14, 30, 60, 90, 120, 180, 365)
_DEFAULT = 90
_ENOUGH = 30
_MOST = 0.6
_FEW = 0.3


def propose_horizon(created: Floats, won: Floats) -> tuple[int, str]:
    """Days within which most wins come, with the reason; from µs of creation and of the win (NaN: not won).

    The 85 % point of the delays, rounded up, but at most a quarter of the time in which leads came: a lead
    teaches only when its horizon has passed before the test begins. Beyond the default only where it would
    miss more than 40 % of the wins; up to half of the time where a quarter would see hardly any.
    """
    delays = (won - created) / DAY_US
    delays = delays[np.isfinite(delays) & (delays >= 0)]
    length = float(np.nanmax(created) - np.nanmin(created)) / DAY_US
    fitting = [days for days in HORIZONS if days <= max(length / 4, HORIZONS[0])]
    if len(delays) < _ENOUGH:
        return min(_DEFAULT, fitting[-1]), "a default: too few dated wins to see how long they take"
    point = float(np.quantile(delays, 0.85))
    days = next((days for days in fitting if days >= point), fitting[-1])
    if days > _DEFAULT and float((delays <= _DEFAULT).mean()) >= _MOST:
        days, point = _DEFAULT, _DEFAULT
    if float((delays <= days).mean()) < _FEW:
        days = max([h for h in HORIZONS if h <= length / 2], default=days)
    within = float((delays <= days).mean())
    short = "" if days >= point else f"; a longer one needs more than {length:.0f} days of leads"
    return days, f"{within:.0%} of the wins come within {days} days{short}"


def steady(moments: Floats) -> Floats:
    """µs with NaN for the few that lie alone, long before or after all others: they are likely wrong."""
    known = np.flatnonzero(np.isfinite(moments))
    stray = known[~steady_moments(moments[known].astype(np.int64))]
    found = moments.copy()
    found[stray] = np.nan
    return found


def day_ends(occurred: Floats) -> Floats:
    """Dates without a time (µs at midnight) as the end of their day, when a recipe lets them occur."""
    wins = occurred[np.isfinite(occurred)]
    whole_days = len(wins) > 0 and bool(np.all(wins % DAY_US == 0))
    return occurred + (DAY_US - 1) if whole_days else occurred


def propose_start(created: Floats, won: Floats) -> date | None:
    """The day of the first recorded win, when leads of long before have none: nobody recorded them yet.

    None where wins come from the start, or where the gap is what the usual delay explains.
    """
    wins = won[np.isfinite(won)]
    known = np.isfinite(created)
    if len(wins) < _ENOUGH or not known.any():
        return None
    first = float(wins.min())
    before = float((created[known] < first).mean())
    delay = float(np.nanmedian((won - created)[np.isfinite(won)]))
    gap = first - float(np.nanmin(created))
    if before >= 0.03 and gap > 45 * DAY_US + 2 * max(delay, 0):
        return from_us(int(first)).date()
    return None
