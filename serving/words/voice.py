"""Reasons in words, with the rate at which such leads converted: the one function behind every place."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Floats
from features.language import Language
from features.recipe import Recipe
from serving.score import ObservedRate
from serving.words.facts import Facts
from serving.words.folding import Folding
from serving.words.language import catalogue
from serving.words.rates import ObservedRates
from serving.words.sentences import Teller
from serving.words.signals import LeadSignal, signals_of
from serving.words.values import number, share

_MOST_KEPT = 50_000
"""Sentences kept for leads to come; a bulk repeats the same few thousand."""


@dataclass(frozen=True)
class Owned:
    """Which features, by their places, are those of which signal.

    `ones` has a 1 for each feature and its signal, shape `(n_features, n_signals)`: parts times it are those
    of the signals. `members` are the features of each signal, `nobody` behind the last of fewer.
    """

    ones: Floats
    members: NDArray[np.intp]
    nobody: NDArray[np.bool_]

    @classmethod
    def of(cls, owner: NDArray[np.intp], n_signals: int) -> Owned:
        """Of each feature its signal is the `owner`."""
        ones = np.zeros((len(owner), n_signals))
        ones[np.arange(len(owner)), owner] = 1.0
        own = [np.flatnonzero(owner == place) for place in range(n_signals)]
        members = np.zeros((n_signals, max(1, *map(len, own), 1)), dtype=np.intp)
        nobody = np.ones(members.shape, dtype=np.bool_)
        for place, some in enumerate(own):
            members[place, : len(some)], nobody[place, : len(some)] = some, False
        return cls(ones, members, nobody)

    def loudest(
        self, parts: Floats, rows: NDArray[np.intp], places: NDArray[np.intp], signs: Floats
    ) -> list[int | None]:
        """Of each reason the feature that weighs most in its direction, None where its signal has none here.

        A reason is about a signal (`places`) of a row of `parts`, with sign +1 or −1.
        """
        members = self.members[places]
        weights = parts[rows[:, None], members] * signs[:, None] if len(parts.T) else np.zeros(members.shape)
        found = np.argmax(np.where(self.nobody[places], -np.inf, weights), axis=1)
        chosen = members[np.arange(len(members)), found].tolist()
        return [at if there else None for at, there in zip(chosen, ~self.nobody[places, 0], strict=True)]


class Told(NamedTuple):
    """What is said of one signal of one lead; `rate` is None where the words have none."""

    text: str
    rate: ObservedRate | None


@dataclass(frozen=True)
class Voice:
    """What the signals of `features` are called and how they are told, in one language.

    `rates` are those of the artefact; without them words have no rate.
    """

    recipe: Recipe
    features: tuple[Feature, ...]
    language: Language
    rates: ObservedRates | None = None
    _kept: dict[tuple[str, bool, Facts], Told] = field(default_factory=dict, repr=False, compare=False)

    def in_language(self, language: Language) -> Voice:
        """The same signals told in `language`."""
        return self if language == self.language else Voice(self.recipe, self.features, language, self.rates)

    @cached_property
    def signals(self) -> tuple[LeadSignal, ...]:
        """What there may be reasons about."""
        return signals_of(self.features, self.recipe)

    @cached_property
    def signal_of(self) -> dict[str, int]:
        """Feature name → the place of its signal in `signals`."""
        return {f.name: place for place, signal in enumerate(self.signals) for f in signal.features}

    def owned(self, names: tuple[str, ...]) -> Owned:
        """Whose the features of these names are."""
        if names not in self._owned:
            owner = np.array([self.signal_of[name] for name in names], dtype=np.intp)
            self._owned[names] = Owned.of(owner, len(self.signals))
        return self._owned[names]

    @cached_property
    def _owned(self) -> dict[tuple[str, ...], Owned]:
        return {}

    @cached_property
    def folding(self) -> Folding:
        """Lets sets of kinds and the kinds in them speak once."""
        return Folding(self.signals)

    @cached_property
    def teller(self) -> Teller:
        """Says what is the case, without rates."""
        return Teller(self.recipe, self.language)

    def told(self, signal: LeadSignal, facts: Facts, *, raises: bool) -> Told:
        """The words of a reason for (`raises`) or against.

        A rate is told where it is on the reason's side of that of all leads, by more than chance: what else
        such leads have in common can bring it to the other side, and a reason is about the signal alone.
        """
        key = (signal.key, raises, facts)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = self._tell(signal, facts, raises)
        return found

    def _tell(self, signal: LeadSignal, facts: Facts, raises: bool) -> Told:
        words = self.teller.said(signal, facts)
        counted = self.rates.of(signal, facts) if self.rates else None
        if counted is None or self.rates is None:
            return Told(words, None)
        everyone = self.rates.everyone.rate
        if (counted.rate > everyone) != raises or not counted.differs_from(everyone):
            return Told(words, None)
        form = catalogue(self.language)["rate"]["said" if counted.converted else "none"]
        rate, of_all = share(counted.rate, self.language), share(everyone, self.language)
        leads = number(counted.leads, self.language)
        observed = ObservedRate(rate=round(counted.rate, 4), leads=counted.leads, of_all=round(everyone, 4))
        return Told(str(form).format(words=words, rate=rate, all=of_all, leads=leads), observed)
