"""From unknown exports to a recipe, every guess with its reason."""

from features.discovery.discover import Discovery, discover
from features.discovery.drafting import POSITIVE
from features.discovery.explained import EXPLAINED_COLUMNS
from features.discovery.findings import FINDING_COLUMNS, LEAST, fold_empty
from features.discovery.guesses import GUESS_COLUMNS, Guess

__all__ = [
    "EXPLAINED_COLUMNS",
    "FINDING_COLUMNS",
    "GUESS_COLUMNS",
    "LEAST",
    "POSITIVE",
    "Discovery",
    "Guess",
    "discover",
    "fold_empty",
]
