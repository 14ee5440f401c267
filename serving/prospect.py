"""Parts of the answer beyond whether a lead converts: by when, what it is worth, over which steps."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class Within(BaseModel, frozen=True, extra="forbid"):
    """One point of a lead's curve: how probable it is to convert within so many days after `as_of`."""

    days: float
    probability: float = Field(gt=0, lt=1)


class Worth(BaseModel, frozen=True, extra="forbid"):
    """What a lead is expected to bring, in the currency of the company's outcomes.

    `low` and `high` bound `value` as the interval bounds the probability, widened by how well the mean amount
    of such leads is known. They do not say how far one deal may be from the mean of its like.
    """

    amount: float = Field(ge=0)
    """The expected amount if it converts."""
    value: float = Field(ge=0)
    """The probability × the amount."""
    low: float = Field(ge=0)
    high: float = Field(ge=0)


class Reach(BaseModel, frozen=True, extra="forbid"):
    """A milestone of the recipe, and how probable it is that the lead makes it within the answer's horizon.

    `reached`: it has. `not_asked`: it has yet to come to a stage at which that is asked. `unknown`: no model
    answers for it. A step is at least as probable as those behind it, and as the win.
    """

    name: str
    state: Literal["reached", "ahead", "not_asked", "unknown"]
    probability: float | None = Field(default=None, gt=0, lt=1)
    version: str | None = None
    """The version of the model that says so; null where none does."""
