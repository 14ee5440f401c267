"""From unknown exports to a recipe, every guess with its reason."""

from features.discovery.discover import discover
from features.discovery.drafting import POSITIVE
from features.discovery.findings import FINDING_COLUMNS, LEAST, fold_empty

__all__ = ["FINDING_COLUMNS", "LEAST", "POSITIVE", "discover", "fold_empty"]
