"""A way to fit, and how well it did on newer rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from features.columns import Floats
from training.fitting import Kind, LinearChoice
from training.fitting.logistic_path import Step


@dataclass(frozen=True)
class Candidate:
    """A way to fit, its out-of-fold log loss, and its margins of each fold's newer rows.

    `rounds` are the trees', `wide` says that more features were offered to each than the recipe says.
    """

    kind: Kind
    loss: float
    newer: list[Floats] = field(repr=False)
    linear: LinearChoice
    rounds: int = 0
    wide: bool = False

    @property
    def name(self) -> str:
        """The kind, and whether calendars were taken from its linear part, and what is
        peculiar to its trees."""
        found = (
            f"{self.kind} without calendars" if self.linear.left_out and self.kind != "trees" else self.kind
        )
        return f"{found}, more features a tree" if self.wide else found


@dataclass(frozen=True)
class Linears:
    """One linear model on all folds: its step on each, and the candidate that it is."""

    steps: list[Step]
    candidate: Candidate


@dataclass(frozen=True)
class Start:
    """What trees are given of a linear model: the margin that they start from (offset), or what it makes of
    a lead as columns (stacked)."""

    kind: Literal["offset", "stacked"]
    linears: Linears


def loss_of(linears: Linears) -> float:
    """By which linear models are compared."""
    return linears.candidate.loss


def middle(newer: Sequence[Floats], linear: Candidate) -> list[Floats]:
    """The mean of the margins of trees and of a linear model, one array a fold."""
    return [(a + b) / 2 for a, b in zip(newer, linear.newer, strict=True)]
