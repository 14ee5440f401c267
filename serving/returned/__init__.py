"""What a scored export says when it comes back: which columns, which rows, and what happened."""

from serving.returned.columns import ADDED, VALUE, Added, row_of
from serving.returned.crms import property_rows
from serving.returned.drift import drift_of
from serving.returned.matches import Match
from serving.returned.report import report_page
from serving.returned.scores import FrameScores
from serving.returned.selection import Selection, require_value
from serving.returned.summary import BatchSummary

__all__ = [
    "ADDED",
    "VALUE",
    "Added",
    "BatchSummary",
    "FrameScores",
    "Match",
    "Selection",
    "drift_of",
    "property_rows",
    "report_page",
    "require_value",
    "row_of",
]
