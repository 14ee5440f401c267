"""A way to fit, and how well it did on newer rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from features.columns import Floats
from training.fitting import BlendShare, Kind, LinearChoice
from training.fitting.logistic_path import Step

_TOLD = {"num_leaves": "larger trees"}
"""What is said of a booster's settings that are not the recipe's."""


@dataclass(frozen=True)
class Candidate:
    """A way to fit, its out-of-fold log loss, and its margins of each fold's newer rows.

    `rounds` are the trees', `booster` is what they changed in the recipe's `[train]`; `shares` are the
    members of a blend, `pairs` the features that its trees read together.
    """

    kind: Kind
    loss: float
    newer: list[Floats] = field(repr=False)
    linear: LinearChoice
    rounds: int = 0
    booster: dict[str, float] = field(default_factory=dict)
    shares: tuple[BlendShare, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The kind, whether calendars were taken from its linear part, and what its trees changed."""
        alone = self.kind in ("trees", "bayes", "blend")
        found = f"{self.kind} without calendars" if self.linear.left_out and not alone else self.kind
        words = [] if self.kind == "blend" else [_TOLD[key] for key in _TOLD if key in self.booster]
        words += ["pairs"] if self.pairs and self.kind != "blend" else []
        return ", ".join([found, *words])


@dataclass(frozen=True)
class Linears:
    """One linear model on all folds: its step on each, the candidate that it is, and the `cost` by which its
    penalty and reading are chosen."""

    steps: list[Step]
    candidate: Candidate
    cost: float


@dataclass(frozen=True)
class Start:
    """What trees are given of a linear model: the margin that they start from (offset), or what it makes of
    a lead as columns (stacked)."""

    kind: Literal["offset", "stacked"]
    linears: Linears


def loss_of(linears: Linears) -> float:
    """By which linear models with and without calendars are compared: newer rows alone tell."""
    return linears.candidate.loss


def cost_of(linears: Linears) -> float:
    """By which penalty and reading are chosen."""
    return linears.cost
