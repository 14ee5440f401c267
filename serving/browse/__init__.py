"""An export looked at before and after it is scored: which column is what, row by row, one lead of it."""

from serving.browse.matching import FieldMatch, Matched, matched
from serving.browse.one_lead import (
    SAME_CHANCE,
    OpenedLead,
    alike,
    explained_lead,
    opened_lead,
    told_anew,
    what_if,
)
from serving.browse.rows import ScoredRows, Wanted
from serving.browse.won_before import WonLead, won_leads

__all__ = [
    "SAME_CHANCE",
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
    "told_anew",
    "what_if",
    "won_leads",
]
