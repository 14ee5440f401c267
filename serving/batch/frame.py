"""A frame of leads scored in one line: what a notebook asks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.clock import now_us
from features.errors import LeadscoreError
from features.exports import RawTable
from features.recipe import Recipe
from features.tables import LINE
from serving.answer import Ladder
from serving.asked import Heard
from serving.batch.absent_columns import complete_events
from serving.batch.block import Block, Task, score_block
from serving.neighbours import Neighbours
from serving.returned import FrameScores

_NOTHING = Heard()


def score_frame(
    recipe: Recipe,
    ladder: Ladder,
    leads: pd.DataFrame,
    events: pd.DataFrame | None = None,
    *,
    as_of_us: int | None = None,
    reasons: int = 3,
    standing: Heard = _NOTHING,
    neighbours: Neighbours | None = None,
) -> FrameScores:
    """The score of each row of `leads`, in order, as of a row of an export; `events` as the recipe says.

    `as_of_us` is the clock unless given. `standing` and `neighbours` as in `score_export`.

    Raises:
        LeadscoreError: there is no row, or a column that no lead can be read without is absent.
    """
    if leads.empty:
        raise LeadscoreError("the frame of leads has no row.", "Give at least one lead.")
    clock = now_us()
    moment = clock if as_of_us is None else as_of_us
    raw = RawTable.of_frame("leads", leads.reset_index(drop=True).rename(columns=str))
    happened = None
    if events is not None:
        happened, _ = complete_events(recipe, events.reset_index(drop=True).rename(columns=str), "events")
        happened = happened.assign(**{LINE: np.arange(1, len(events) + 1)})
    task = Task(recipe, ladder, moment, reasons, max(moment, clock), standing, neighbours)
    block = Block(raw, happened)
    return FrameScores(score_block(task, block, lambda score: score).rows)
