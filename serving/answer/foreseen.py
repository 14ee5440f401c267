"""Answers with what lies beyond whether a lead converts: when, and what it brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from features.columns import Columns
from serving.answer.compose import take
from serving.asked import Asked
from serving.outlook import Outlook
from serving.score import Score


def foreseen(
    outlook: Outlook, columns: Columns, asked: Sequence[Asked], answers: Mapping[int, Score], events: bool
) -> dict[int, Score]:
    """`answers` by row, with curve and worth; where these cannot be computed an answer stays, and says so.

    `events` says whether the recipe has any: who sent none gets the curve of all leads.
    """
    rows = sorted(answers)
    if not rows:
        return {}
    known = np.array([asked[row].events_given or not events for row in rows], dtype=np.bool_)
    scores = [answers[row] for row in rows]
    try:
        told = outlook.told(scores, take(columns, np.array(rows, dtype=np.intp)), known)
    except Exception as error:  # the probability is right whatever this fails of
        note = f"when it converts could not be computed ({type(error).__name__})"
        told = [one.model_copy(update={"warnings": [*one.warnings, note]}) for one in scores]
    return dict(zip(rows, told, strict=True))
