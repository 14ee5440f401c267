"""Layer 3: how a scorer is made, judged and registered."""

from training.comparison.compare import Comparison, compare
from training.run.run import TrainingRun, train
from training.run.table import COMPARISON, LEAST, comparison_rows
from training.store.promotion import Decision, promote, rollback, status

__all__ = [
    "COMPARISON",
    "LEAST",
    "Comparison",
    "Decision",
    "TrainingRun",
    "compare",
    "comparison_rows",
    "promote",
    "rollback",
    "status",
    "train",
]
