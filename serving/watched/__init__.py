"""What a ledger tells who watches a model, and what was found last."""

from serving.watched.answered import Given, answers_given, recorded_later
from serving.watched.arrived import contradictions, late_outcomes, other_columns
from serving.watched.last import Noted, last_noted, note

__all__ = [
    "Given",
    "Noted",
    "answers_given",
    "contradictions",
    "last_noted",
    "late_outcomes",
    "note",
    "other_columns",
    "recorded_later",
]
