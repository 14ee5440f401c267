"""Columns that know the outcome, named by measurement, and when each column was known."""

from features.leaks.evidence import LeakInput
from features.leaks.leaks import Suspect, find_leaks
from features.leaks.order import auc, auc_within, rows_by_period
from features.leaks.signal import bins, is_filled, periods
from features.leaks.when import WhenKnown, judge_columns
from features.leaks.words import When

__all__ = [
    "LeakInput",
    "Suspect",
    "When",
    "WhenKnown",
    "auc",
    "auc_within",
    "bins",
    "find_leaks",
    "is_filled",
    "judge_columns",
    "periods",
    "rows_by_period",
]
