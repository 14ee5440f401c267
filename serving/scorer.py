"""What every scorer is: features in, log-odds out, with the parts that add up to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from features.catalogue import Feature
from features.columns import Columns, Floats

Range: TypeAlias = tuple[float, float]
"""Lowest and highest number that is read as it is."""


@dataclass(frozen=True)
class Contributions:
    """Additive parts of the margins: `values.sum(axis=1) + bias == margin`, all in log-odds.

    `values` has shape `(n_leads, n_features)`, its columns are named by `names` (feature names of the
    scorer); `bias` has shape `(n_leads,)`.
    """

    names: tuple[str, ...]
    values: Floats
    bias: Floats


class Scorer(Protocol):
    """Rules, Bayes and Model alike; laws in `tests/laws/test_scorer_contract.py`.

    `rung` is "model", "bayes" or "rules"; `version` says which one answered. `features` are all that the
    scorer reads; columns beyond them are ignored, a missing one raises `LeadscoreError`.
    """

    @property
    def rung(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def features(self) -> Sequence[Feature]: ...

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`."""
        ...

    def contributions(self, columns: Columns) -> Contributions:
        """Where each margin comes from."""
        ...

    def probability(self, margin: Floats) -> Floats:
        """The scorer's one monotone map from margins to probabilities strictly inside (0, 1)."""
        ...


def explained(scorer: Scorer, columns: Columns) -> tuple[Floats, Contributions]:
    """`margin` and `contributions`; a scorer for which the two share work has a method of this name."""
    both = getattr(scorer, "explained", None)
    if both is None:
        return scorer.margin(columns), scorer.contributions(columns)
    found: tuple[Floats, Contributions] = both(columns)
    return found


def score(scorer: Scorer, columns: Columns) -> Floats:
    """Probabilities of a scorer, shape `(n_leads,)`."""
    return scorer.probability(scorer.margin(columns))
