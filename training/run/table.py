"""The comparison of a run as the rows of a table for people."""

from __future__ import annotations

from typing import Any

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
        (row["scorer"], *(row[figure] for figure in _FIGURES), _difference(row)) for row in run.comparison
    ]


def _difference(row: dict[str, Any]) -> str:
    """`−0.0063 (−0.0083 to −0.0045)`: below zero is better than the best baseline."""
    found = row.get("versus_best", {}).get("log_loss")
    if found is None:
        return "best baseline"
    if found["low"] is None:
        return f"{found['difference']:+.4f}"
    return f"{found['difference']:+.4f} ({found['low']:+.4f} to {found['high']:+.4f})"
