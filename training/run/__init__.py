"""One training run from tables to verdict."""

from training.run.options import TrainOptions
from training.run.retrain import Retrained, retrain
from training.run.run import TrainingRun, train
from training.run.table import COMPARISON, LEAST, comparison_rows

__all__ = [
    "COMPARISON",
    "LEAST",
    "Retrained",
    "TrainOptions",
    "TrainingRun",
    "comparison_rows",
    "retrain",
    "train",
]
