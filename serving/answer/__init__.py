"""Which rung answers, and how its numbers become a Score with reasons."""

from serving.answer.compose import Rung, compute, take
from serving.answer.explain import Explanation, explain
from serving.answer.ladder import Ladder, Row
from serving.answer.opening import Opened, open_ladder, open_version
from serving.answer.reasons import Reasoner
from serving.answer.time_budget import TimeBudget

__all__ = [
    "Explanation",
    "Ladder",
    "Opened",
    "Reasoner",
    "Row",
    "Rung",
    "TimeBudget",
    "compute",
    "explain",
    "open_ladder",
    "open_version",
    "take",
]
