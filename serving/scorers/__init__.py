"""Models as data: typed columns in, log-odds and their parts out."""

from serving.scorers.bayes import Bayes, RateTable
from serving.scorers.blend import Blend, Model
from serving.scorers.fitted_range import ranges_of
from serving.scorers.line import line_columns, line_names
from serving.scorers.linear import Linear
from serving.scorers.linear_columns import CategoryColumn, Crossing, LinearEncoder, NumberColumn, signed_log
from serving.scorers.pairs import Cut, PairRates
from serving.scorers.segmented import Segmented, Served, route_of, segments_of
from serving.scorers.tree_columns import TreeEncoder, read_rates
from serving.scorers.trees import Trees

__all__ = [
    "Bayes",
    "Blend",
    "CategoryColumn",
    "Crossing",
    "Cut",
    "Linear",
    "LinearEncoder",
    "Model",
    "NumberColumn",
    "PairRates",
    "RateTable",
    "Segmented",
    "Served",
    "TreeEncoder",
    "Trees",
    "line_columns",
    "line_names",
    "ranges_of",
    "read_rates",
    "route_of",
    "segments_of",
    "signed_log",
]
