"""How each lead ended: which column, table or date says it, what means won, and how sure that is."""

from features.outcome.choice import OutcomeChoice
from features.outcome.guess import OutcomeColumn, declared_outcome, find_column
from features.outcome.source import ANY_VALUE, OutcomeSource, find_outcome, no_outcome

__all__ = [
    "ANY_VALUE",
    "OutcomeChoice",
    "OutcomeColumn",
    "OutcomeSource",
    "declared_outcome",
    "find_column",
    "find_outcome",
    "no_outcome",
]
