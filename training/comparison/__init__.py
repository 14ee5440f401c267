"""Two models, or two scorecards, on the same leads: who changes band, and why; what a quarter had been."""

from training.comparison.backtest import BACKTEST_COLUMNS, Backtest, backtest
from training.comparison.compare import compare
from training.comparison.difference import CHANGED, Comparison
from training.comparison.scorecards import MOVED, ScorecardDifference, compare_scorecards

__all__ = [
    "BACKTEST_COLUMNS",
    "CHANGED",
    "MOVED",
    "Backtest",
    "Comparison",
    "ScorecardDifference",
    "backtest",
    "compare",
    "compare_scorecards",
]
