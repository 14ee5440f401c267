"""What a column adds to all others, and what is lost without those that may have been known only later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from features.columns import Column, Floats
from features.leaks import auc_within, bins, periods
from training.figures.newton import fit_logistic
from training.inspection.looks import Looks

_PENALTY = 10.0
_SMOOTH = 10.0
_FEWEST = 10
_MOST_LEFT_OUT = 25
"""So many fields are left out one by one, the best alone first: each costs a fit."""
_CLIP = 1e-6


@dataclass(frozen=True)
class FieldRun:
    """A line of one weight a field, fitted on older leads and judged on newer ones, without some fields.

    `without` are the fields that it does not see; AUC within periods, log loss in nats a lead.
    """

    without: tuple[str, ...]
    auc: float
    log_loss: float

    def row(self, called: str) -> tuple[str, str, str]:
        """The run as cells of a table, under `RUN_HEAD`."""
        return called, f"{self.auc:.3f}", f"{self.log_loss:.4f}"


RUN_HEAD = ("fields", "AUC", "log loss")


@dataclass(frozen=True)
class FieldRuns:
    """All fields together, without the marked ones, and without each one; None where too little is known."""

    all: FieldRun | None = None
    without_marked: FieldRun | None = None
    without_each: tuple[FieldRun, ...] = ()

    def adds_last(self, name: str) -> float:
        """The AUC that a field adds to all others; NaN where that was not measured."""
        found = next((run for run in self.without_each if run.without == (name,)), None)
        return self.all.auc - found.auc if self.all is not None and found is not None else float("nan")

    def rows(self) -> list[tuple[str, str, str]]:
        """The runs as rows under `RUN_HEAD`: nothing where no field is marked."""
        if self.all is None or self.without_marked is None:
            return []
        marked = self.without_marked.without
        each = [run for run in self.without_each if len(marked) > 1 and run.without[0] in marked]
        return [
            self.all.row("all that the recipe uses"),
            self.without_marked.row(f"without the marked: {', '.join(marked)}"),
            *(run.row(f"all but {run.without[0]}") for run in each),
        ]


def field_runs(
    fields: Mapping[str, Column], looks: Looks, best: Sequence[str], marked: Sequence[str]
) -> FieldRuns:
    """Runs over `fields` (each (n_rows,), rows of `looks`); `best` names them by what they say alone."""
    older, newer, y = looks.older, looks.newer, looks.y
    classes = [min(float(y[rows].sum()), len(rows) - float(y[rows].sum())) for rows in (older, newer)]
    if len(fields) < 2 or min(classes) < _FEWEST:
        return FieldRuns()
    X = np.column_stack([_encoded(column, y, older) for column in fields.values()])
    names = list(fields)

    def run(without: tuple[str, ...]) -> FieldRun:
        kept = np.array([place for place, name in enumerate(names) if name not in without], dtype=np.intp)
        intercept, weights = fit_logistic(X[np.ix_(older, kept)], y[older], _PENALTY)
        margin = intercept + X[np.ix_(newer, kept)] @ weights
        chance = np.clip(expit(margin), _CLIP, 1 - _CLIP)
        loss = -np.mean(y[newer] * np.log(chance) + (1 - y[newer]) * np.log(1 - chance))
        return FieldRun(without, auc_within(y[newer], margin, periods(looks.order[newer])), float(loss))

    left_out = list(dict.fromkeys([*marked, *best]))[:_MOST_LEFT_OUT]
    return FieldRuns(
        run(()),
        run(tuple(marked)) if marked and len(marked) < len(names) else None,
        tuple(run((name,)) for name in left_out),
    )


def _encoded(column: Column, y: Floats, older: NDArray[np.intp]) -> Floats:
    """The log-odds of each row's bin, learned on older rows; for these on their other half; standardised."""
    codes = bins(column)
    base = float(y[older].mean())
    encoded = _log_odds(codes[older], y[older], base, codes)
    halves = older[::2], older[1::2]
    for mine, other in (halves, halves[::-1]):
        encoded[mine] = _log_odds(codes[other], y[other], base, codes[mine])
    spread = float(encoded[older].std())
    return (encoded - float(encoded[older].mean())) / (spread if spread > 0 else 1.0)


def _log_odds(learned: NDArray[np.int64], y: Floats, base: float, of: NDArray[np.int64]) -> Floats:
    size = int(max(learned.max(initial=0), of.max(initial=0))) + 1
    rows, won = np.bincount(learned, minlength=size), np.bincount(learned, weights=y, minlength=size)
    rate = np.clip((won + _SMOOTH * base) / (rows + _SMOOTH), _CLIP, 1 - _CLIP)
    found: Floats = np.log(rate / (1 - rate))[of]
    return found
