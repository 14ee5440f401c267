"""Layer 3: how a scorer is made, judged and registered."""

from training.compare import Comparison, compare
from training.comparison_table import COMPARISON, LEAST, comparison_rows
from training.promotion import Decision, promote, rollback, status
from training.run import TrainingRun, train

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
