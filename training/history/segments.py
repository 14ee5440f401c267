"""Which rows are those of a segment, and what is known of them where events are not given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from features.recipe import Segments
from serving.scorers import route_of, segments_of
from training.history.history import History
from training.history.split import Rows


def rows_of(history: History, segments: Segments, rows: Rows, name: str) -> Rows:
    """Those of `rows` whose lead is in the segment called `name`."""
    column = history.labelled.columns[route_of(segments).name]
    levels = [None if level is None else str(level) for level in column[rows].tolist()]
    return rows[np.array([one == name for one in segments_of(segments, levels)], dtype=np.bool_)]


def won_leads(history: History, rows: Rows) -> int:
    """Distinct leads with a converted row among `rows`."""
    return history.labelled.n_leads(rows[history.labelled.y(rows) == 1])


def without_events(history: History) -> History | None:
    """The same rows as the variant for leads without events reads them; None where there is no variant."""
    plain = history.features_without_events
    return replace(history, features=plain, features_without_events=None) if plain is not None else None
