"""What a scored export says when it comes back: which columns, which rows, and what happened."""

from serving.returned.columns import ADDED, added_columns, row_of
from serving.returned.summary import BatchSummary

__all__ = ["ADDED", "BatchSummary", "added_columns", "row_of"]
