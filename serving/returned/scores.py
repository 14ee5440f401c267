"""Answers in a notebook: a list of scores that shows itself as a table, and is a frame when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import pandas as pd

from serving.page import Markup, paragraph, percent, table, tag
from serving.returned.columns import columns_table, row_of
from serving.score import Score

_SHOWN = 20
_GROUND = {"hot": "#f4b183", "warm": "#ffe699", "cold": "#bdd7ee"}


@dataclass(frozen=True)
class Scores(Sequence[Score]):
    """The score of each row of a frame, in order.

    A notebook shows the most probable ones; `frame` has all, in the columns of a scored export.
    """

    scores: tuple[Score, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """A row each, in the columns that 'leadscore score' appends, and `lead_id` before them."""
        found: pd.DataFrame = columns_table([row_of(score) for score in self.scores]).to_pandas()
        found.insert(0, "lead_id", [score.lead_id for score in self.scores])
        return found

    def __len__(self) -> int:
        return len(self.scores)

    def __iter__(self) -> Iterator[Score]:
        return iter(self.scores)

    @overload
    def __getitem__(self, place: int) -> Score: ...
    @overload
    def __getitem__(self, place: slice) -> Scores: ...
    def __getitem__(self, place: int | slice) -> Score | Scores:
        return Scores(self.scores[place]) if isinstance(place, slice) else self.scores[place]

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        ranked = sorted(self.scores, key=lambda score: -(score.probability or 0.0))[:_SHOWN]
        head = ["lead", "status", "probability", "score", "grade", "maturity", "next action", "reasons"]
        more = len(self.scores) - len(ranked)
        words = f"{len(self.scores):,} scores" + (f", the {_SHOWN} most probable shown" if more else "")
        return tag("div", paragraph(f"{words}."), table(head, [_row(score) for score in ranked])).source


def _row(score: Score) -> list[Markup | str | int | None]:
    reasons = [f"+ {reason.text}" for reason in score.reasons_for]
    reasons += [f"− {reason.text}" for reason in score.reasons_against]
    said = [tag("div", text) for text in (reasons or ([str(score.error)] if score.error else []))]
    maturity = score.maturity and tag("span", score.maturity, style=f"background:{_GROUND[score.maturity]}")
    return [
        score.lead_id or "",
        score.status,
        "" if score.probability is None else percent(score.probability),
        "" if score.score is None else score.score,
        score.grade or "",
        maturity or "",
        score.next_action.action if score.next_action else "",
        tag("div", *said),
    ]
