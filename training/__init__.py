"""Layer 3: how a scorer is made, judged and registered."""

from training.comparison.compare import compare
from training.comparison.difference import Comparison
from training.run.run import TrainingRun, train
from training.run.table import COMPARISON, LEAST, comparison_rows
from training.store.decision import Decision
from training.store.promotion import promote, rollback
from training.store.standing import status

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
