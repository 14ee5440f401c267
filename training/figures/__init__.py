"""Arithmetic on arrays, knowing no recipe: figures of scorers, what chance does to them, two regressions."""

from training.figures.bootstrap import LEVEL, Bootstrap, Interval
from training.figures.metrics import known
from training.figures.rates import FEWEST, Rate, effective_share, rate_of
from training.figures.reliability import ECE_BINS
from training.figures.weeks import WeekLists, Weekly

__all__ = [
    "ECE_BINS",
    "FEWEST",
    "LEVEL",
    "Bootstrap",
    "Interval",
    "Rate",
    "WeekLists",
    "Weekly",
    "effective_share",
    "known",
    "logit",
    "rate_of",
]
