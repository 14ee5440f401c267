"""Answers in a notebook: a list of scores that shows itself as a table, and is a frame when asked."""

from __future__ import annotations

import pandas as pd

from serving.returned.columns import Added
from serving.score import Scores


class FrameScores(Scores):
    """The score of each row of a frame, in order; `frame` has all, in the columns of a scored export."""

    @property
    def frame(self) -> pd.DataFrame:
        """A row each, in the columns that 'leadscore score' appends, and `lead_id` before them."""
        added = Added.asked_by(self)
        found: pd.DataFrame = added.table([added.row(score) for score in self]).to_pandas()
        found.insert(0, "lead_id", [score.lead_id for score in self])
        return found
