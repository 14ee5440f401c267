"""Two models, or two scorecards, on the same leads: who changes band, and why."""

from training.comparison.compare import compare
from training.comparison.difference import CHANGED, Comparison
from training.comparison.scorecards import MOVED, ScorecardDifference, compare_scorecards

__all__ = ["CHANGED", "MOVED", "Comparison", "ScorecardDifference", "compare", "compare_scorecards"]
