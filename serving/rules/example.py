"""`[[example]]`: a lead written into rules.toml, with the points that it must have."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from serving.rules.section import CardSection

EXPECTED = ("fit", "engagement", "total", "grade", "mql", "excluded_by")
"""What an example may expect."""


class Happening(CardSection):
    """An event of an example, so many days before its moment."""

    kind: str
    days_ago: float = Field(default=0, ge=0, le=36_500)


class Example(CardSection):
    """`[[example]]`: a lead with `fields` and `events`, and what the rules must make of it.

    `as_of` is the moment of the score, `created_days_ago` the lead's age at it. Points are compared to a
    tenth.
    """

    name: str
    fields: dict[str, str | float | bool] = Field(default_factory=dict)
    events: tuple[Happening, ...] = ()
    created_days_ago: float = Field(default=0, ge=0, le=36_500)
    as_of: str = "2026-01-15T12:00:00Z"
    fit: float | None = None
    engagement: float | None = None
    total: float | None = None
    grade: str | None = Field(default=None, pattern="^[ABCD][1234]$")
    mql: bool | None = None
    excluded_by: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _expects(self) -> Self:
        if all(getattr(self, key) is None for key in EXPECTED):
            raise ValueError(f"expects nothing; give one of {', '.join(EXPECTED)}")
        return self
