"""Simulates many leads at once: hidden states by competing exponentials, events, and how each lead ends.

Within a calendar month all rates are constant, so a stay is cut at the month's end and drawn afresh: the
exponential has no memory, and the path stays exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.simulator.chain import Chain
from data.simulator.seasons import Ints, month_at, month_ends
from features.clock import DAY_US
from features.columns import Floats

OPEN, WON, LOST = 0, 1, 2
DOORS = ("none", "web", "visit")


@dataclass(frozen=True)
class Arrivals:
    """Leads at their creation. `market` indexes MARKETS, `door` indexes DOORS, `start` is (n_leads, 3)."""

    created: Ints
    market: Ints
    door: Ints
    mailable: npt.NDArray[np.bool_]
    start: Floats


@dataclass(frozen=True)
class Lives:
    """What happened: `ending` (OPEN, WON, LOST) and `closed` (microseconds, `until` if open), by lead.

    `lead`, `kind`, `occurred`, `ingested` describe the events, sorted by lead and occurrence.
    """

    ending: Ints
    closed: Ints
    lead: Ints
    kind: Ints
    occurred: Ints
    ingested: Ints


@dataclass(frozen=True)
class Stays:
    """Pieces of hidden path on which every rate is constant; times are days since the lead's creation."""

    lead: Ints
    state: Ints
    month: Ints
    begin: Floats
    end: Floats


def live(chain: Chain, arrivals: Arrivals, until: int, rng: np.random.Generator) -> Lives:
    """Simulate every lead from its creation to its closing or to `until` (microseconds)."""
    state = _draw_rows(arrivals.start, rng)
    stays, ending, closed = _walk(chain, arrivals, state, until, rng)
    entry = _entries(chain, arrivals, state, rng)
    poisson = _events(chain, arrivals, stays, rng)
    lead, kind, occurred = (np.concatenate(pair) for pair in zip(entry, poisson, strict=True))
    order = np.lexsort((kind, occurred, lead))
    lead, kind, occurred = lead[order], kind[order], occurred[order]
    keep = ~_silenced(chain, arrivals, lead, kind)
    lead, kind, occurred = lead[keep], kind[keep], occurred[keep]
    # Entries are what created the lead: they are in the system from the first moment.
    late = (rng.random(len(lead)) < chain.late[kind]) & (occurred > arrivals.created[lead])
    return Lives(ending, closed, lead, kind, occurred, occurred + late * chain.delay_us)


def _draw_rows(weights: Floats, rng: np.random.Generator) -> Ints:
    """Draw one column per row with probability proportional to the row's weights, shape (n_rows,)."""
    totals = np.cumsum(weights, axis=1)
    at = rng.random(len(weights)) * totals[:, -1]
    return np.asarray((at[:, None] >= totals).sum(axis=1), dtype=np.int64)


def _walk(
    chain: Chain, arrivals: Arrivals, start: Ints, until: int, rng: np.random.Generator
) -> tuple[Stays, Ints, Ints]:
    """Walk all hidden paths in lockstep; returns the stays, the ending and the closing time by lead."""
    n_leads = len(start)
    ending, closed = np.zeros(n_leads, dtype=np.int64), np.full(n_leads, until, dtype=np.int64)
    lead, state, month = np.arange(n_leads), start.copy(), month_at(arrivals.created)
    now, last = np.zeros(n_leads), (until - arrivals.created) / DAY_US
    limits = month_ends()
    pieces: list[tuple[Ints, Ints, Ints, Floats, Floats]] = []
    while len(lead):
        market = arrivals.market[lead]
        hazards = _hazards(chain, market, month, state)
        month_end = (limits[month] - arrivals.created[lead]) / DAY_US
        bound = np.minimum(month_end, last[lead])
        leap = now + rng.standard_exponential(len(lead)) / hazards.sum(axis=1)
        end = np.minimum(leap, bound)
        pieces.append((lead, state, month, now, end))
        moved = leap < bound
        choice = np.where(moved, _draw_rows(hazards, rng), -1)
        over = choice >= 2
        ending[lead[over]] = choice[over] - 1
        closed[lead[over]] = arrivals.created[lead[over]] + _to_us(end[over])
        state = state + (choice == 0) - (choice == 1)
        month = month + (~moved & (month_end <= last[lead]))
        going = ~over & (moved | (month_end < last[lead]))
        lead, state, month, now = lead[going], state[going], month[going], end[going]
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)] if pieces else []
    return (Stays(*columns) if columns else _no_stays()), ending, closed


def _no_stays() -> Stays:
    """The stays of no leads at all."""
    none, nowhere = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Stays(none, none, none, nowhere, nowhere)


def _hazards(chain: Chain, market: Ints, month: Ints, state: Ints) -> Floats:
    """Rates per day of what can end a stay, shape (n_leads, 4): one state up, one down, won, lost."""
    up = np.where(state < 2, chain.moves[market, state, np.minimum(state + 1, 2)], 0.0)
    down = np.where(state > 0, chain.moves[market, state, np.maximum(state - 1, 0)], 0.0)
    return np.stack([up, down, chain.win[market, month, state], chain.lose[market, month, state]], axis=1)


def _to_us(days: Floats) -> Ints:
    """Days since creation to whole microseconds, at least one: nothing falls on the creation itself."""
    return np.floor(days * DAY_US).astype(np.int64) + 1


def _entries(
    chain: Chain, arrivals: Arrivals, state: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """The action that created the lead: by intent for web doors, a visit for events, nothing otherwise."""
    web = np.flatnonzero(arrivals.door == DOORS.index("web"))
    visit = np.flatnonzero(arrivals.door == DOORS.index("visit"))
    seen = chain.kinds.index("event_visit") if len(visit) else 0
    weights = chain.entry.copy()
    weights[[kind == "event_visit" for kind in chain.kinds]] = 0.0
    kinds = _draw_rows(weights.T[state[web]], rng)
    lead = np.concatenate([web, visit]).astype(np.int64)
    return lead, np.concatenate([kinds, np.full(len(visit), seen, dtype=np.int64)]), arrivals.created[lead]


def _events(
    chain: Chain, arrivals: Arrivals, stays: Stays, rng: np.random.Generator
) -> tuple[Ints, Ints, Ints]:
    """Poisson events of every stay as if mail never stopped: (lead, kind, occurred)."""
    rates = chain.kind_rates[:, :, 1]  # (market, month, kind, state)
    cell = (arrivals.market[stays.lead], stays.month, slice(None), stays.state)
    cumulative = np.cumsum(rates, axis=2)
    length = stays.end - stays.begin
    counts = rng.poisson(cumulative[cell[0], cell[1], -1, cell[3]] * length)
    stay = np.repeat(np.arange(len(length)), counts)
    lead, market, month, state = (part[stay] for part in (stays.lead, cell[0], stays.month, stays.state))
    at = rng.random(len(stay)) * cumulative[market, month, -1, state]
    kind = (at[:, None] >= cumulative[market, month, :, state]).sum(axis=1)
    days = stays.begin[stay] + rng.random(len(stay)) * length[stay]
    return lead, kind.astype(np.int64), arrivals.created[lead] + _to_us(days)


def _silenced(chain: Chain, arrivals: Arrivals, lead: Ints, kind: Ints) -> npt.NDArray[np.bool_]:
    """Mail events that cannot happen: the lead cannot be mailed, or has unsubscribed before.

    Dropping the points of a Poisson process after a stopping time is the same as setting its rate to zero.
    """
    gone = (kind == chain.unsubscribe).astype(np.int64)
    before = np.cumsum(gone) - gone
    first = np.searchsorted(lead, lead, side="left")
    unsubscribed = before - before[first] > 0 if len(lead) else np.zeros(0, dtype=bool)
    return np.asarray(chain.mail[kind] & (~arrivals.mailable[lead] | unsubscribed), dtype=bool)
