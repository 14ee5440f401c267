"""Shrunken rates fitted, and how far each is believed."""

from training.bayes.fit import fit_bayes
from training.bayes.rates import Counts, levelled

__all__ = ["Counts", "fit_bayes", "levelled"]
