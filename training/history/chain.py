"""A hidden Markov chain of what leads do, fitted by EM.

Time runs in equal steps from the creation of a lead. In each step a lead is in one of a few states, events of
a kind are Poisson with a rate of the state, and being won or lost are two more kinds after which nothing is
seen (Rabiner 1989, Proceedings of the IEEE 77:257-286).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats

Whole = NDArray[np.int64]
Heard = tuple[Whole, Floats]
Counts = tuple[Whole, Whole, Floats]
_LEAST = 1e-6
_DRAWN = 5.0
"""Rates are drawn towards those of all states together by this many steps: a kind that hardly ever came says
nothing of the state."""
_MOST = 20.0
"""More events of a kind in a step count as so many: one lead that a machine follows tells of no other."""


@dataclass(frozen=True)
class SeenLives:
    """What was seen of leads: `steps` of each, and events as rows (lead, step, kind); the last two kinds are
    won and lost. Step 0 is the creation itself."""

    steps: Whole
    lead: Whole
    step: Whole
    kind: Whole
    n_kinds: int

    def counts(self) -> Counts:
        """(lead, step, count of each kind up to `_MOST`) of the steps in which something happened."""
        length = int(self.steps.max(initial=0)) + 1
        cells, at = np.unique(self.lead * length + self.step, return_inverse=True)
        found = np.zeros((len(cells), self.n_kinds))
        np.add.at(found, (at, self.kind), 1.0)
        return cells // length, cells % length, np.minimum(found, _MOST)


@dataclass(frozen=True)
class HiddenChain:
    """`begin` (states,), `entry` and `rate` (kinds, states) for step 0 and every later one, `move` (states,
    states)."""

    begin: Floats
    entry: Floats
    rate: Floats
    move: Floats

    @classmethod
    def first(cls, lives: SeenLives, found: Counts, n_states: int) -> HiddenChain:
        """States that differ in how much happens, to start from; `found` are the counts of `lives`."""
        _, step, counts = found
        later = counts[step > 0].sum(axis=0) / max(int(lives.steps.sum()), 1)
        entry = counts[step == 0].sum(axis=0) / len(lives.steps)
        more = 4.0 ** np.linspace(-1, 1, n_states)
        move = np.full((n_states, n_states), 0.02 / max(n_states - 1, 1))
        np.fill_diagonal(move, 0.98)
        begin = np.linspace(1.5, 0.5, n_states)
        rates = np.outer(later + _LEAST, more)
        return cls(begin / begin.sum(), np.outer(entry + _LEAST, more**0.25), rates, move)

    @property
    def finite(self) -> bool:
        """Whether every number is one."""
        return all(np.isfinite(part).all() for part in (self.begin, self.entry, self.rate, self.move))

    def within(self, steps: int) -> Floats:
        """The chance of being won within so many steps, by the state at the start."""
        won, lost = self.rate[-2], self.rate[-1]
        stay, found = np.exp(-won - lost), np.zeros(len(won))
        for _ in range(steps):
            found = self.move @ (1 - np.exp(-won) + stay * found)
        return found

    def settled(self, steps: int) -> Floats:
        """Where a lead may be that was silent and open for so many steps."""
        now = self.begin
        for _ in range(steps):
            now = (now @ self.move) * _scaled(-self.rate.sum(axis=0))
            now = now / now.sum()
        return np.maximum(now, _LEAST)


def fit_chain(lives: SeenLives, n_states: int, rounds: int = 20) -> HiddenChain:
    """By EM from states that differ in how much happens, in so many rounds."""
    counts = lives.counts()
    chain = HiddenChain.first(lives, counts, n_states)
    for _ in range(rounds):
        chain = _improved(chain, lives, counts)
    return chain


def _emissions(chain: HiddenChain, lives: SeenLives, found: Counts) -> tuple[list[Heard], Floats]:
    """(by step: leads with events and their factor), the factor of a silent step.

    Rates and counts may be large: factors are made of logs, the largest of each being 1.
    """
    lead, step, counts = found
    entry, later = (counts @ np.log(rates) - rates.sum(axis=0) for rates in (chain.entry, chain.rate))
    factor = _scaled(np.where((step == 0)[:, None], entry, later))
    order = np.argsort(step, kind="stable")
    cuts = np.searchsorted(step[order], np.arange(int(lives.steps.max(initial=0)) + 2))
    by_step = [(lead[order[a:b]], factor[order[a:b]]) for a, b in pairwise(cuts)]
    return by_step, _scaled(-chain.rate.sum(axis=0))


def _scaled(logs: Floats) -> Floats:
    return np.asarray(np.exp(logs - logs.max(axis=-1, keepdims=True)), dtype=np.float64)


def _factor(n: int, silent: Floats, heard: Heard) -> Floats:
    found = np.broadcast_to(silent, (n, len(silent))).copy()
    found[heard[0]] = heard[1]
    return found


def _forward(chain: HiddenChain, n: int, by_step: list[Heard], silent: Floats) -> Floats:
    """Filtered states, `(n_steps, n_leads, n_states)`; beyond a lead's last step they are stale."""
    alpha = np.empty((len(by_step), n, len(silent)))
    now = chain.begin * _factor(n, _scaled(-chain.entry.sum(axis=0)), by_step[0])
    alpha[0] = now = now / now.sum(axis=1, keepdims=True)
    for at in range(1, len(by_step)):
        now = (now @ chain.move) * _factor(n, silent, by_step[at])
        alpha[at] = now = now / now.sum(axis=1, keepdims=True)
    return alpha


def _improved(chain: HiddenChain, lives: SeenLives, found: Counts) -> HiddenChain:
    """One round of EM: the smoother backwards in time, then rates and moves by what it expects."""
    by_step, silent = _emissions(chain, lives, found)
    lead, step, counts = found
    n, k = len(lives.steps), len(silent)
    alpha = _forward(chain, n, by_step, silent)
    later, moves = np.ones((n, k)), np.zeros((k, k))
    weights = np.empty((len(lead), k))
    occupied, order = np.zeros(k), np.argsort(step, kind="stable")
    cuts = np.searchsorted(step[order], np.arange(len(by_step) + 1))
    for at in range(len(by_step) - 1, -1, -1):
        inside = lives.steps >= at
        gamma = alpha[at] * later
        gamma /= gamma.sum(axis=1, keepdims=True)
        cells = order[cuts[at] : cuts[at + 1]]
        weights[cells] = gamma[lead[cells]]
        if at == 0:
            begin = np.maximum(gamma.mean(axis=0), _LEAST)  # no state is ever ruled out
            break
        occupied += gamma[inside].sum(axis=0)
        ahead = _factor(n, silent, by_step[at]) * later
        before = alpha[at - 1]
        whole = ((before @ chain.move) * ahead).sum(axis=1)
        moves += chain.move * (before[inside].T @ (ahead[inside] / whole[inside, None]))
        back = ahead @ chain.move.T
        later = np.where(inside[:, None], back / back.sum(axis=1, keepdims=True), 1.0)
    first = step == 0
    return HiddenChain(
        begin / begin.sum(),
        _rates(counts[first], weights[first], n * begin),
        _rates(counts[~first], weights[~first], occupied),
        (moves + 0.1) / (moves + 0.1).sum(axis=1, keepdims=True),
    )


def _rates(counts: Floats, weights: Floats, occupied: Floats) -> Floats:
    """The rate of each kind (rows) in each state, drawn towards that of all together."""
    pooled = counts.sum(axis=0) / max(occupied.sum(), 1.0)
    drawn = counts.T @ weights + _DRAWN * pooled[:, None]
    return np.asarray(drawn / (occupied + _DRAWN) + _LEAST, dtype=np.float64)
