"""Parts of the answer beyond whether a lead converts: by when, and what it is worth."""

from __future__ import annotations

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
