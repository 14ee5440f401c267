"""How each lead ended: which column, table or date says it, what means won, and how sure that is."""

from features.outcome.choice import OutcomeChoice
from features.outcome.guess import (
    OutcomeColumn,
    declared_outcome,
    divide,
    find_column,
    named_outcomes,
)
from features.outcome.guess import is_earlier as is_earlier_name
from features.outcome.source import ANY_VALUE, OutcomeNotFoundError, OutcomeSource, find_outcome, no_outcome

__all__ = [
    "ANY_VALUE",
    "OutcomeChoice",
    "OutcomeColumn",
    "OutcomeNotFoundError",
    "OutcomeSource",
    "declared_outcome",
    "divide",
    "find_column",
    "find_outcome",
    "is_earlier_name",
    "named_outcomes",
    "no_outcome",
]
