"""One training run from tables to verdict."""

from training.run.options import TrainOptions
from training.run.run import TrainingRun, train
from training.run.table import COMPARISON, LEAST, comparison_rows

__all__ = ["COMPARISON", "LEAST", "TrainOptions", "TrainingRun", "comparison_rows", "train"]
