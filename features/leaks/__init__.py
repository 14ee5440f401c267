"""Columns that know the outcome, named by measurement."""

from features.leaks.leaks import Suspect, find_leaks
from features.leaks.order import auc, auc_within, rows_by_period
from features.leaks.signal import bins, is_filled, periods

__all__ = ["Suspect", "auc", "auc_within", "bins", "find_leaks", "is_filled", "periods", "rows_by_period"]
