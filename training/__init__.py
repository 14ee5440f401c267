"""Layer 3: how a scorer is made, judged and registered."""

from training.promotion import Decision, promote, rollback, status
from training.run import TrainingRun, train

__all__ = ["Decision", "TrainingRun", "promote", "rollback", "status", "train"]
