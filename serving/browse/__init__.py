"""An export looked at before and after it is scored: which column is what, row by row, one lead of it."""

from serving.browse.matching import FieldMatch, Matched, matched
from serving.browse.one_lead import OpenedLead, alike, explained_lead, opened_lead, what_if
from serving.browse.rows import ScoredRows, Wanted
from serving.browse.won_before import WonLead, won_leads

__all__ = [
    "FieldMatch",
    "Matched",
    "OpenedLead",
    "ScoredRows",
    "Wanted",
    "WonLead",
    "alike",
    "explained_lead",
    "matched",
    "opened_lead",
    "what_if",
    "won_leads",
]
