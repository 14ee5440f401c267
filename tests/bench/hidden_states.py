"""A hidden-state filter of each lead's activity: a hidden Markov model of few states, fitted by EM.

Time runs in equal steps from the creation of a lead. In each step a lead is in one of `n_states`, events of a
kind are Poisson with a rate of the state, and being won or lost are two more kinds after which nothing is
seen. All leads are fitted on, labelled or not, up to a moment. What is read of a lead at a moment is where it
may be, given what was available then (the forward filter; Rabiner 1989, Proceedings of the IEEE 77:257-286).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats

Codes = NDArray[np.int64]
Heard = tuple[Codes, Floats]
Counts = tuple[Codes, Codes, Floats]
_LEAST = 1e-6


@dataclass(frozen=True)
class Lives:
    """What was seen of leads: `steps` of each, and events as rows (lead, step, kind); the last two kinds are
    won and lost. Step 0 is the creation itself."""

    steps: Codes
    lead: Codes
    step: Codes
    kind: Codes
    n_kinds: int

    def counts(self) -> Counts:
        """(lead, step, count of each kind) of the steps in which something happened."""
        place = self.lead * (int(self.steps.max(initial=0)) + 1) + self.step
        cells, at = np.unique(place, return_inverse=True)
        found = np.zeros((len(cells), self.n_kinds))
        np.add.at(found, (at, self.kind), 1.0)
        return cells // (self.steps.max() + 1), cells % (self.steps.max() + 1), found

    def some(self, n: int) -> Lives:
        """The first `n` leads."""
        kept = self.lead < n
        return Lives(self.steps[:n], self.lead[kept], self.step[kept], self.kind[kept], self.n_kinds)


@dataclass(frozen=True)
class Chain:
    """`begin` (states,), `entry` and `rate` (kinds, states) for step 0 and every later one, `move` (states,
    states)."""

    begin: Floats
    entry: Floats
    rate: Floats
    move: Floats

    @classmethod
    def first(cls, lives: Lives, n_states: int) -> Chain:
        """States that differ in how much happens, to start from."""
        _, step, counts = lives.counts()
        later = counts[step > 0].sum(axis=0) / max(int(lives.steps.sum()), 1)
        entry = counts[step == 0].sum(axis=0) / len(lives.steps)
        more = 4.0 ** np.linspace(-1, 1, n_states)
        move = np.full((n_states, n_states), 0.02 / max(n_states - 1, 1))
        np.fill_diagonal(move, 0.98)
        begin = np.linspace(1.5, 0.5, n_states)
        rates = np.outer(later + _LEAST, more)
        return cls(begin / begin.sum(), np.outer(entry + _LEAST, more**0.25), rates, move)

    def within(self, steps: int) -> Floats:
        """The chance of being won within so many steps, by the state at the start."""
        won, lost = self.rate[-2], self.rate[-1]
        stay, found = np.exp(-won - lost), np.zeros(len(won))
        for _ in range(steps):
            found = self.move @ (1 - np.exp(-won) + stay * found)
        return found


def fit_chain(lives: Lives, n_states: int, rounds: int = 30) -> Chain:
    """By EM: on a part of the leads first, on all at the end."""
    chain = Chain.first(lives, n_states)
    part = lives.some(4_000)
    for _ in range(rounds):
        chain = _improved(chain, part)
    for _ in range(max(rounds // 3, 1) if len(lives.steps) > 4_000 else 0):
        chain = _improved(chain, lives)
    return chain


def filtered(chain: Chain, lives: Lives, lead: Codes, step: Codes) -> Floats:
    """Where each lead may be after a step, `(n_asked, n_states)`."""
    longest = lives.steps.copy()
    np.maximum.at(longest, lead, step)
    alpha, *_ = _forward(chain, replace(lives, steps=longest))
    return np.asarray(alpha[step, lead], dtype=np.float64)


def _emissions(chain: Chain, lives: Lives) -> tuple[list[Heard], Floats, Counts]:
    """(by step: leads with events and their factor), the factor of a silent step, the counts."""
    lead, step, counts = lives.counts()
    logs = np.where((step == 0)[:, None], counts @ np.log(chain.entry), counts @ np.log(chain.rate))
    factor = np.exp(logs - logs.max(axis=1, keepdims=True))
    order = np.argsort(step, kind="stable")
    cuts = np.searchsorted(step[order], np.arange(int(lives.steps.max()) + 2))
    by_step = [(lead[order[a:b]], factor[order[a:b]]) for a, b in pairwise(cuts)]
    return by_step, np.exp(-chain.rate.sum(axis=0)), (lead, step, counts)


def _factor(n: int, silent: Floats, heard: Heard) -> Floats:
    found = np.broadcast_to(silent, (n, len(silent))).copy()
    found[heard[0]] *= heard[1]
    return found


def _forward(chain: Chain, lives: Lives) -> tuple[Floats, list[Heard], Floats, Counts]:
    """Filtered states, `(n_steps, n_leads, n_states)`; beyond a lead's last step they are stale."""
    by_step, silent, counts = _emissions(chain, lives)
    n = len(lives.steps)
    alpha = np.empty((len(by_step), n, len(silent)), dtype=np.float32)
    now = chain.begin * _factor(n, np.exp(-chain.entry.sum(axis=0)), by_step[0])
    now /= now.sum(axis=1, keepdims=True)
    alpha[0] = now
    for at in range(1, len(by_step)):
        now = (now @ chain.move) * _factor(n, silent, by_step[at])
        now /= now.sum(axis=1, keepdims=True)
        alpha[at] = now
    return alpha, by_step, silent, counts


def _improved(chain: Chain, lives: Lives) -> Chain:
    """One round of EM."""
    alpha, by_step, silent, (lead, step, counts) = _forward(chain, lives)
    n, k = len(lives.steps), len(silent)
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
            begin = gamma.mean(axis=0)
            break
        occupied += gamma[inside].sum(axis=0)
        ahead = _factor(n, silent, by_step[at]) * later
        before = np.asarray(alpha[at - 1], dtype=np.float64)
        whole = ((before @ chain.move) * ahead).sum(axis=1)
        live = inside & (whole > 0)
        moves += chain.move * (before[live].T @ (ahead[live] / whole[live, None]))
        back = ahead @ chain.move.T
        later = np.where(inside[:, None], back / back.sum(axis=1, keepdims=True), 1.0)
    first = step == 0
    entry = (counts[first].T @ weights[first] + _LEAST) / (n * begin + 1e-3)
    rate = (counts[~first].T @ weights[~first] + _LEAST) / (occupied + 1e-3)
    return Chain(begin, entry, rate, moves / moves.sum(axis=1, keepdims=True))
