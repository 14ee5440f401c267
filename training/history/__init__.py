"""From a company's tables to labelled rows, split forward in time."""

from training.history.excerpt import Excerpt
from training.history.history import History
from training.history.labelled import Labelled
from training.history.segments import rows_of, without_events, won_leads
from training.history.split import Rows, SplitRows, forward_folds, forward_split, known_before, newest_rows

__all__ = [
    "Excerpt",
    "History",
    "Labelled",
    "Rows",
    "SplitRows",
    "forward_folds",
    "forward_split",
    "known_before",
    "newest_rows",
    "rows_of",
    "without_events",
    "won_leads",
]
