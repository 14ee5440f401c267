"""A scorecard before it counts: what is wrong in it, and what its examples come to."""

from serving.review.check import Fault, faults
from serving.review.trial import TriedExample, tried

__all__ = ["Fault", "TriedExample", "faults", "tried"]
