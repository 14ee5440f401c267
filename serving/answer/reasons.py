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
        _, ones = self.voice.owners(parts.names)
        read = FactReader(columns, moments)
        sums = parts.values @ ones
        sums = np.round(self.voice.folding.folded(sums, read), _DIGITS)
        return self._told(parts, sums, read, True), self._told(parts, sums, read, False)

    def _told(
        self, parts: Contributions, sums: Floats, read: FactReader, raises: bool
    ) -> list[list[SaidReason]]:
        """The highest sums of each lead (`raises`), or the lowest, told by signal: many leads share their
        words."""
        rows, signals = _ranked(sums if raises else -sums, self.most)
        owned, _ = self.voice.owners(parts.names)
        found: list[SaidReason] = [None] * len(rows)  # type: ignore[list-item]  # filled below
        by_signal: dict[int, list[int]] = {}
        for at, place in enumerate(signals.tolist()):
            by_signal.setdefault(place, []).append(at)
        for place, reasons in by_signal.items():
            own = rows[reasons]
            signal = self.voice.signals[place]
            told = self.voice.tell_all(signal, read.take(own, signal).facts(signal), raises)
            loudest = _loudest(parts, own, owned[place], raises) or [signal.features[0].name] * len(own)
            strengths, key = np.round(sums[own, place], 3).tolist(), signal.key
            for reason, one, loud, strength in zip(reasons, told, loudest, strengths, strict=True):
                found[reason] = SaidReason(one.text, loud, strength, key, one.rate)
        starts = np.searchsorted(rows, np.arange(len(sums) + 1)).tolist()
        return [found[start:end] for start, end in pairwise(starts)]


def _loudest(
    parts: Contributions, rows: NDArray[np.intp], members: NDArray[np.intp], raises: bool
) -> list[str]:
    """For each row the member that weighs most in the reason's direction; none where there is none."""
    if not len(members):
        return []
    own = parts.values[rows[:, None], members]
    return [parts.names[at] for at in members[np.argmax(own if raises else -own, axis=1)].tolist()]


def _ranked(sums: Floats, most: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and signals of the highest sums of each row that are no trifle: by row, the highest first."""
    order = np.argsort(-sums, axis=1, kind="stable")[:, :most]
    kept = np.take_along_axis(sums, order, axis=1) >= _NEGLIGIBLE
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
