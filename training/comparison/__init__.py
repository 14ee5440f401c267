"""Two models on the same leads: who changes band, and why."""

from training.comparison.compare import compare
from training.comparison.difference import CHANGED, Comparison

__all__ = ["CHANGED", "Comparison", "compare"]
