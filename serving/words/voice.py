"""Reasons in words, with the rate at which such leads converted: the one function behind every place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeAlias

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


_Owners: TypeAlias = tuple[list[NDArray[np.intp]], Floats]


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

    def owners(self, names: tuple[str, ...]) -> _Owners:
        """For each signal the places of its features among `names`, and the same as ones in a matrix of shape
        `(n_features, n_signals)`: parts times it are those of the signals."""
        if names not in self._owners:
            owner = np.array([self.signal_of[name] for name in names], dtype=np.intp)
            ones = np.zeros((len(names), len(self.signals)))
            ones[np.arange(len(names)), owner] = 1.0
            owned = [np.flatnonzero(owner == place) for place in range(len(self.signals))]
            self._owners[names] = (owned, ones)
        return self._owners[names]

    @cached_property
    def _owners(self) -> dict[tuple[str, ...], _Owners]:
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

    def tell_all(self, signal: LeadSignal, facts: Sequence[Facts], raises: bool) -> list[Told]:
        """`told` of several leads."""
        known = {one: self.told(signal, one, raises=raises) for one in set(facts)}
        return [known[one] for one in facts]

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
