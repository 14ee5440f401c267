"""Fits what a lead brings if it converts, so that one great deal moves it little and the sums are right.

A ridge regression of the logarithm on what the model reads; the mean amount by tenth of what it says, on
leads that it has not seen. An amount beyond four robust standard deviations of the logarithms counts as that
bound: of log-normal amounts (deviation 1) that cuts a thousandth of the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from features.columns import Floats
from serving.outlook import Amount
from serving.scorers import Linear
from training.fitting import Reading
from training.fitting.encode import fit_linear_encoder
from training.fitting.logistic import as_linear
from training.history import Excerpt, History, Rows

FEWEST = 30
"""Won leads with an amount: from fewer no mean is told."""
_ROBUST, _FAR = 1.4826, 4.0
"""A normal's standard deviation in median absolute deviations, and how many of it an amount may be off."""
_FOLDS, _GROUPS = 5, 10
_PENALTIES = (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Of the ridge on standardised columns, in rows."""
_LEAST_GAIN = 0.01
"""The share of the variance that the line must explain on unseen leads; else all leads get one amount."""


@dataclass(frozen=True)
class Amounts:
    """The amounts of won snapshots as they count, `(n_rows,)`, and what was done to them, in sentences."""

    rows: Rows
    counted: Floats
    notes: tuple[str, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether there is more than one amount."""
        return len(self.counted) > 0 and float(np.ptp(self.counted)) > 0


def amounts_of(history: History, rows: Rows) -> Amounts:
    """The amounts of the rows that converted, where one is known."""
    labelled = history.labelled
    won = rows[labelled.y(rows) == 1]
    amount = labelled.frame["won_amount"].to_numpy(np.float64)[won]
    won, amount = won[np.isfinite(amount)], amount[np.isfinite(amount)]
    notes = []
    leads = labelled.leads(won)

    def count(of: NDArray[np.bool_]) -> str:
        return f"{len(np.unique(leads[of])):,} won leads"

    if (below := amount < 0).any():
        notes.append(f"amounts below 0 (refunds?): {count(below)}; they count as 0 in what a lead is worth")
    amount = np.maximum(amount, 0.0)
    cap = _cap(amount)
    if (above := amount > cap).any():
        share = 1 - np.minimum(amount, cap).sum() / amount.sum()
        notes.append(
            f"amounts far above the others: {count(above)}; they count as {cap:,.0f} each, which leaves out "
            f"{share:.0%} of the sum: such a deal comes on top of what leads are worth"
        )
    found = Amounts(won, np.minimum(amount, cap), tuple(notes))
    if len(won) and not found.varies:
        said = f"all amounts are {amount[0]:,.2f}: every lead is expected to bring that, if it converts"
        found = Amounts(found.rows, found.counted, (*notes, said))
    return found


def _cap(amount: Floats) -> float:
    """The most that an amount may count; infinite where amounts hardly differ or are few."""
    logs = np.log(amount[amount > 0])
    if len(logs) < FEWEST:
        return np.inf
    middle = float(np.median(logs))
    spread = _ROBUST * float(np.median(np.abs(logs - middle)))
    if spread == 0:  # more than half are equal: the others say how far amounts go
        spread = float(np.quantile(np.abs(logs - middle), 0.95)) or 1.0
    return float(np.exp(middle + _FAR * spread))


def fit_amount(history: History, rows: Rows) -> Amount | None:
    """What leads bring, fitted on `rows`; None where amounts of too few leads are known."""
    known = amounts_of(history, rows)
    labelled = history.labelled
    if labelled.n_leads(known.rows) < FEWEST:
        return None
    excerpt = Excerpt(labelled, history.features, known.rows)
    line, said = _line(excerpt, known.counted, history.recipe.train.rare_level)
    leads = labelled.leads(known.rows)
    knots, levels, errors = [], [], []
    for group in _groups(said if line is not None else np.zeros(len(said)), leads):
        part = known.counted[group]
        knots.append(float(said[group].mean()) if line is not None else 0.0)
        levels.append(float(part.mean()))
        errors.append(float(part.std() / np.sqrt(len(np.unique(leads[group])))))
    rising = isotonic_regression(levels, weights=[1.0] * len(levels)).x
    relative = [error / level if level else 0.0 for error, level in zip(errors, rising, strict=True)]
    return Amount(_rounded(knots), _rounded(rising), _rounded(relative), line)


def _rounded(numbers: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(float(number), 8) for number in numbers)


def _line(excerpt: Excerpt, amount: Floats, rare_level: int) -> tuple[Linear | None, Floats]:
    """The line on the logarithm of amounts above 0, and what lines say of leads that they have not seen.

    None where it explains hardly anything there.
    """
    leads = excerpt.labelled.leads(excerpt.rows)
    positive = amount > 0
    if len(np.unique(amount[positive])) < _FOLDS:
        return None, np.zeros(len(amount))
    encoder = fit_linear_encoder(
        excerpt.features, excerpt.columns, rare_level, Reading(logs=True), leads=excerpt.leads
    )
    if not encoder.columns:
        return None, np.zeros(len(amount))
    X, y = encoder.transform(excerpt.columns), np.log(np.where(positive, amount, 1.0))
    fold = np.unique(leads, return_inverse=True)[1] % _FOLDS
    unseen = np.zeros((len(_PENALTIES), len(y)))
    level = np.zeros(len(y))
    for held in range(_FOLDS):
        fit, new = positive & (fold != held), fold == held
        level[new] = y[fit].mean()
        for at, (intercept, weights) in enumerate(_ridges(X[fit], y[fit], _PENALTIES)):
            unseen[at, new] = X[new] @ weights + intercept
    losses = ((unseen - y)[:, positive] ** 2).mean(axis=1)
    best = int(losses.argmin())
    if losses[best] > (1 - _LEAST_GAIN) * float(((level - y)[positive] ** 2).mean()):
        return None, np.zeros(len(amount))
    ((intercept, weights),) = _ridges(X[positive], y[positive], (_PENALTIES[best],))
    line = as_linear(excerpt.features, encoder, X.mean(axis=0), intercept, weights)
    return line, unseen[best]


def _ridges(X: Floats, y: Floats, penalties: Sequence[float]) -> list[tuple[float, Floats]]:
    """(intercept, weights) minimising `Σ (y − Xw − b)² + penalty · |w|²` for each penalty."""
    centre, mean = X.mean(axis=0), float(y.mean())
    values, vectors = np.linalg.eigh((X - centre).T @ (X - centre))
    turned = vectors.T @ ((X - centre).T @ (y - mean))
    found = []
    for penalty in penalties:
        weights = vectors @ (turned / (np.maximum(values, 0.0) + penalty))
        found.append((mean - float(centre @ weights), weights))
    return found


def _groups(said: Floats, leads: Rows) -> list[Rows]:
    """Rows in about equal parts by what the line says, each of `FEWEST` leads at least where it can be."""
    parts = min(_GROUPS, max(1, len(np.unique(leads)) // FEWEST)) if np.ptp(said) > 0 else 1
    return [part for part in np.array_split(np.argsort(said, kind="stable"), parts) if len(part)]
