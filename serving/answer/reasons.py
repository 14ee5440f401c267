"""Contributions become reasons in words: one for each signal, strongest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature, dump_features
from features.columns import Columns, Floats
from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.score import ObservedRate, Reason
from serving.scorer import Contributions
from serving.words import FactReader, Moments, ObservedRates, Voice

_NEGLIGIBLE = 0.02
"""Log-odds below which a part of the margin is no reason: 2 % of the odds."""

_DIGITS = 6
"""Decimals of a signal's part that count: ties go by position, and not by the last bit of a sum."""


class SaidReason(NamedTuple):
    """A `Reason` that is not checked yet: of many leads most are written as they are."""

    text: str
    feature: str
    strength: float
    signal: str
    rate: ObservedRate | None

    def checked(self) -> Reason:
        """The same as the type of answers."""
        return Reason(
            text=self.text, feature=self.feature, strength=self.strength, signal=self.signal, rate=self.rate
        )


@dataclass(frozen=True)
class Reasoner:
    """The reasons that contributions come to, `most` for and `most` against each lead.

    All features that look at the same signal speak as one: their parts are added, so that no signal is for
    and against at once, and three windows of one kind of event do not fill all the room.
    """

    voice: Voice
    most: int

    def reasons(
        self, parts: Contributions, columns: Columns, moments: Moments
    ) -> tuple[list[list[SaidReason]], list[list[SaidReason]]]:
        """Reasons for and reasons against of each lead, strongest first."""
        owned = self.voice.owned(parts.names)
        read = FactReader(columns, moments)
        sums = parts.values @ owned.ones
        sums = np.round(self.voice.folding.folded(sums, read), _DIGITS)
        ways, places = _ranked(sums, self.most)
        rows, signs = ways // 2, np.where(ways % 2 == 0, 1.0, -1.0)
        signals, loudest = self.voice.signals, owned.loudest(parts.values, rows, places, signs)
        told = zip(
            places.tolist(), signs.tolist(), read.of_pairs(signals, rows, places), loudest,
            np.round(sums[rows, places], 3).tolist(), strict=True,
        )  # fmt: skip
        found = list[SaidReason]()
        for place, sign, facts, at, strength in told:
            signal = signals[place]
            loud = signal.features[0].name if at is None else parts.names[at]
            text, rate = self.voice.told(signal, facts, raises=sign > 0)
            found.append(SaidReason(text, loud, strength, signal.key, rate))
        starts = np.searchsorted(ways, np.arange(2 * len(sums) + 1)).tolist()
        each = [found[start:end] for start, end in pairwise(starts)]
        return each[0::2], each[1::2]


def _ranked(sums: Floats, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The highest sums of each row that are no trifle, then the lowest, the strongest first: of each the way
    (twice the row, one more where it is a lowest) and the signal."""
    both = np.stack([sums, -sums], axis=1).reshape(-1, sums.shape[1])
    order = np.argsort(-both, axis=1, kind="stable")[:, :most]
    kept = both[np.arange(len(both))[:, None], order] >= _NEGLIGIBLE
    return np.nonzero(kept)[0], order[kept]


@dataclass(frozen=True)
class Speech:
    """Puts the reasons of a ladder's scorers, which read `features`, into words."""

    recipe: Recipe
    features: tuple[Feature, ...]
    rates: ObservedRates | None = None

    @cached_property
    def voice(self) -> Voice:
        """The words of the recipe's language."""
        return Voice(self.recipe, self.features, self.recipe.recipe.language, self.rates)

    def reasoner(self, most: int) -> Reasoner | None:
        """Gives at most so many reasons for and against each lead; None where none are wanted."""
        return Reasoner(self.voice, most) if most else None

    def moments(self, as_of_us: NDArray[np.int64]) -> Moments:
        """Moments of the recipe's time, of shape `(n_leads,)`."""
        return Moments(as_of_us if self.recipe.dated else None, self.recipe.recipe.zone)


def union_of(groups: Iterable[Iterable[Feature]]) -> tuple[Feature, ...]:
    """The features of all groups, each once.

    Raises:
        LeadscoreError: two mean different things by one name.
    """
    union: dict[str, Feature] = {}
    for feature in (feature for group in groups for feature in group):
        kept = union.setdefault(feature.name, feature)
        if kept != feature and _meaning(kept) != _meaning(feature):
            raise LeadscoreError(
                f"two rungs read '{feature.name}' and mean different features by it.",
                "Rename one of the two in the recipe or in rules.toml.",
            )
    return tuple(union.values())


def _meaning(feature: Feature) -> dict[str, object]:
    """A feature's definition without how it is grouped and called for people."""
    (dumped,) = dump_features((feature,))
    return {key: value for key, value in dumped.items() if key not in ("group", "called")}
