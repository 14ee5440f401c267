"""The comparison of a run as the rows of a table for people."""

from __future__ import annotations

from training.judging import Figures
from training.run.run import TrainingRun

COMPARISON = (
    "scorer", "auc", "avg precision", "log loss", "brier", "ece", "slope", "obs/exp", "lift 10 %",
    "precision 10 %", "log loss against best baseline",
)  # fmt: skip
LEAST = ("precision 10 %", "brier", "ece", "avg precision", "lift 10 %", "slope", "obs/exp")
"""The columns that a narrow terminal leaves out, the first one first."""
_FIGURES = (
    "auc", "average_precision", "log_loss", "brier", "ece", "slope", "observed_expected", "lift_10",
    "precision_10",
)  # fmt: skip


def comparison_rows(run: TrainingRun) -> list[tuple[object, ...]]:
    """One row a scorer in the columns of `COMPARISON`; the last is the difference with its 95 % interval."""
    return [
        (row.scorer, *(row.figure(name) for name in _FIGURES), _difference(row)) for row in run.comparison
    ]


def _difference(row: Figures) -> str:
    """`−0.0063 (−0.0083 to −0.0045)`: below zero is better than the best baseline."""
    found = None if row.versus_best is None else row.versus_best.log_loss
    if found is None:
        return "best baseline"
    if found.difference is None:
        return "not known"
    if found.low is None or found.high is None:
        return f"{found.difference:+.4f}"
    return f"{found.difference:+.4f} ({found.low:+.4f} to {found.high:+.4f})"
