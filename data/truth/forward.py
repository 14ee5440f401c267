"""The forward filter: where a hidden intent may be, given everything that was seen up to a moment.

Between two tokens (an event, a month's end, a reading) the generator is constant, so weights move by a matrix
exponential: moves between states, minus the intensity of all that could have been seen and was not. A chain
between neighbours is similar to a symmetric matrix, so that each generator is diagonalised once, exactly and
with real eigenvalues (Keilson, Markov Chain Models: Rarity and Exponentiality, 1979, section 3).
Events then multiply the weights by their rate in each state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator import MONTHS, Chain, Ints, month_at, month_ends, month_starts
from features.clock import DAY_US
from features.columns import Floats

EVENT, BOUNDARY, READING = 0, 1, 2


@dataclass(frozen=True)
class Spectrum:
    """Eigendecompositions of the generators (market, month, mailing) in one flat axis: left diag right."""

    left: Floats
    values: Floats
    right: Floats

    def advance(self, weights: Floats, generator: Ints, days: Floats) -> Floats:
        """Row vectors `weights` (n, 3) after `days` (n,) under `generator` (n,)."""
        turned = np.einsum("ni,nij->nj", weights, self.left[generator])
        turned *= np.exp(self.values[generator] * days[:, None])
        return np.asarray(np.einsum("ni,nij->nj", turned, self.right[generator]), dtype=np.float64)

    def occupy(self, weights: Floats, generator: Ints, days: Floats) -> Floats:
        """Expected days in each state, (n, 3): the integral of `advance` from 0 to `days`."""
        values = self.values[generator]
        span = np.broadcast_to(days[:, None], values.shape)
        # A generator without any loss has the eigenvalue 0, whose integral is the length itself.
        lossless = np.abs(values) < 1e-14
        integral = np.where(lossless, span, np.expm1(values * span) / np.where(lossless, 1.0, values))
        turned = np.einsum("ni,nij->nj", weights, self.left[generator]) * integral
        return np.asarray(np.einsum("ni,nij->nj", turned, self.right[generator]), dtype=np.float64)


@dataclass(frozen=True)
class Rows:
    """What a filter starts from, one row a lead (or a snapshot): time, weights over states, regime."""

    begin: Ints
    weights: Floats
    market: Ints
    mailing: Ints


@dataclass(frozen=True)
class Sightings:
    """Events as a filter meets them; `code` is the kind, or n_kinds + kind for the action of entry."""

    row: Ints
    at: Ints
    code: Ints


def spectrum(chain: Chain, heard: Floats) -> Spectrum:
    """Diagonalise every generator when a share `heard` (kind,) of the events would have been seen by now."""
    seen = np.einsum("abcks,k->abcs", chain.kind_rates, heard)
    loss = seen + (chain.win + chain.lose)[:, :, None, :]
    moves = np.broadcast_to(chain.moves[:, None, None], (*loss.shape, 3)).reshape(-1, 3, 3)
    generator = moves - np.eye(3) * loss.reshape(-1, 1, 3)
    ratio = moves[:, [0, 1], [1, 2]] / moves[:, [1, 2], [0, 1]]
    scale = np.sqrt(np.cumprod(np.concatenate([np.ones((len(ratio), 1)), ratio], axis=1), axis=1))
    symmetric = generator * scale[:, :, None] / scale[:, None, :]
    values, vectors = np.linalg.eigh(symmetric)
    return Spectrum(vectors / scale[:, :, None], values, vectors.transpose(0, 2, 1) * scale[:, None, :])


def generator_of(market: Ints, month: Ints, mailing: Ints) -> Ints:
    """Position of a generator on the flat axis of `Spectrum`."""
    return (market * MONTHS + month) * 2 + mailing


def likelihoods(chain: Chain) -> Floats:
    """Factor of each state by market and code, shape (market, 2 n_kinds + 1, 3); the last one is neutral."""
    entry = np.broadcast_to(chain.entry, chain.kind_likelihood.shape)
    neutral = np.ones((len(entry), 1, 3))
    return np.concatenate([chain.kind_likelihood, entry, neutral], axis=1)


def read_states(
    chain: Chain, spectra: Spectrum, rows: Rows, seen: Sightings, reading_row: Ints, reading_at: Ints
) -> Floats:
    """Distribution over states at each reading, shape (n_readings, 3), rows summing to one.

    A reading takes in the sightings up to and including its moment. All rows walk in lockstep, those with
    most tokens first, so that each step works on a shrinking prefix.
    """
    row, at, code, slot = _tokens(chain, rows, seen, reading_row, reading_at)
    generator, days = _intervals(chain, rows, row, at, code)
    table = likelihoods(chain)[rows.market[row], code]
    counts = np.bincount(row, minlength=len(rows.begin))
    order = np.argsort(-counts, kind="stable")
    first = (np.cumsum(counts) - counts)[order]
    weights, states = rows.weights[order], np.empty((len(reading_row), 3))
    for step in range(int(counts.max(initial=0))):
        active = int(np.searchsorted(-counts[order], -step, side="left"))
        token = first[:active] + step
        moved = spectra.advance(weights[:active], generator[token], days[token]) * table[token]
        weights = moved / moved.sum(axis=1, keepdims=True)
        read = np.flatnonzero(slot[token] >= 0)
        states[slot[token[read]]] = weights[read]
    return states


def _tokens(
    chain: Chain, rows: Rows, seen: Sightings, reading_row: Ints, reading_at: Ints
) -> tuple[Ints, Ints, Ints, Ints]:
    """Sightings, month ends and readings as (row, at, code, slot), sorted by row, time and in that order."""
    last = rows.begin.copy()
    np.maximum.at(last, reading_row, reading_at)
    useful = seen.at <= last[seen.row]
    months = month_at(last) - month_at(rows.begin)
    cut_row = np.repeat(np.arange(len(months)), months)
    nth = np.arange(len(cut_row)) - np.repeat(np.cumsum(months) - months, months)
    cut_at = month_starts()[1:][month_at(rows.begin)[cut_row] + nth]
    neutral = 2 * len(chain.kinds)
    row = np.concatenate([seen.row[useful], cut_row, reading_row])
    at = np.concatenate([seen.at[useful], cut_at, reading_at])
    code = np.concatenate([seen.code[useful], np.full(len(cut_row) + len(reading_row), neutral)])
    what = np.repeat([EVENT, BOUNDARY, READING], [int(useful.sum()), len(cut_row), len(reading_row)])
    slot = np.full(len(row), -1)
    slot[what == READING] = np.arange(len(reading_row))
    order = np.lexsort((what, at, row))
    return row[order], at[order], code[order], slot[order]


def _intervals(chain: Chain, rows: Rows, row: Ints, at: Ints, code: Ints) -> tuple[Ints, Floats]:
    """Generator and length in days of the interval that ends at each token."""
    fresh = np.append(True, row[1:] != row[:-1])[: len(row)]
    since = np.where(fresh, rows.begin[row], np.roll(at, 1))
    gone = (code == chain.unsubscribe).astype(np.int64)
    before = np.cumsum(gone) - gone
    unsubscribed = before - before[np.searchsorted(row, row, side="left")] > 0
    mailing = rows.mailing[row] * ~unsubscribed
    return generator_of(rows.market[row], month_at(since), mailing), (at - since) / DAY_US


def win_within(chain: Chain, states: Floats, market: Ints, as_of: Ints, horizon_us: int) -> Floats:
    """P(won in (as_of, as_of + horizon]) from a distribution over states, shape (n_snapshots,)."""
    unheard = spectrum(chain, np.zeros(len(chain.kinds)))
    ends, goal = month_ends(), as_of + horizon_us
    now, weights, won = as_of.copy(), states.copy(), np.zeros(len(as_of))
    while np.any(now < goal):
        month = month_at(now)
        until = np.minimum(ends[month], goal)
        days, generator = (until - now) / DAY_US, generator_of(market, month, np.zeros_like(month))
        won += (unheard.occupy(weights, generator, days) * chain.win[market, month]).sum(axis=1)
        weights, now = unheard.advance(weights, generator, days), until
    return won
