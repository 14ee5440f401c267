"""Leads drawn by lot to be worked whatever their score, so that it can be known what scoring brings."""

from serving.exploration.kept import Draw, draws_of, record_draws
from serving.exploration.lot import Arrived, drawn
from serving.exploration.told import with_draws

__all__ = ["Arrived", "Draw", "drawn", "draws_of", "record_draws", "with_draws"]
