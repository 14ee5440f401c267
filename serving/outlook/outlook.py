"""What an artefact knows beyond whether a lead converts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns
from serving.outlook.amount import Amount
from serving.outlook.when import When
from serving.prospect import Within, Worth
from serving.score import LeadInterval, Score

_DIGITS, _DAYS, _MONEY = 6, 1, 2
"""Decimals of probabilities, of days and of amounts in answers."""
_SIDES = 1.2816
"""Standard deviations on each side that hold four in five, as for the interval of a probability."""


@dataclass(frozen=True)
class Outlook:
    """When it converts (None: the recipe has one horizon) and what it brings (None: nobody asked)."""

    when: When | None = None
    amount: Amount | None = None

    @property
    def features(self) -> Sequence[Feature]:
        """All that it reads."""
        return [*(self.when.features if self.when else ()), *(self.amount.features if self.amount else ())]

    def told(self, scores: Sequence[Score], columns: Columns, known: NDArray[np.bool_]) -> list[Score]:
        """`scores`, each with a probability, with what lies beyond it; `columns` are theirs, in order.

        `known` says of which leads the events were given, where the recipe has events.
        """
        updates: list[dict[str, object]] = [{} for _ in scores]
        if self.when is not None:
            given = self.when.given(columns, known)
            days = np.round(self.when.days(given), _DAYS).tolist()
            for score, update, shares, wait in zip(scores, updates, given.tolist(), days, strict=True):
                update |= {"horizons": self._curve(score, shares), "expected_days": wait}
        if self.amount is not None:
            amounts, errors = self.amount.expected(columns)
            for score, update, amount, error in zip(
                scores, updates, amounts.tolist(), errors.tolist(), strict=True
            ):
                update["worth"] = worth_of(score.probability or 0.0, score.interval, amount, error)
        return [score.model_copy(update=update) for score, update in zip(scores, updates, strict=True)]

    def _curve(self, score: Score, shares: Sequence[float]) -> list[Within]:
        """The points of one lead: none is above the next, and the last is its probability to the digit."""
        assert self.when is not None
        assert score.probability is not None
        whole, least = score.probability, 10.0**-_DIGITS
        return [
            Within(days=days, probability=min(whole, max(least, round(whole * share, _DIGITS))))
            for days, share in zip(self.when.horizons, shares, strict=True)
        ]


def worth_of(probability: float, interval: LeadInterval | None, amount: float, error: float) -> Worth:
    """Probability × amount; bounds join, as logarithms of independent factors, both sides of the two."""
    value = probability * amount
    ends = (interval.low, interval.high) if interval is not None else (probability, probability)
    down, up = (float(np.hypot(np.log(end / probability), _SIDES * error)) for end in ends)
    return Worth(
        amount=round(amount, _MONEY),
        value=round(value, _MONEY),
        low=round(value * float(np.exp(-down)), _MONEY),
        high=round(value * float(np.exp(up)), _MONEY),
    )
