"""How a lead ends: where a CRM says so, and which stages it calls won or lost."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from features.recipe.formats import DateFormat
from features.recipe.section import Section


class Outcomes(Section):
    """`[outcomes]`: how a lead ends: a table of stages, or with `column` a column of the leads.

    With `column`, `occurred_at` names the leads' column that dates the outcome; `at_once = true` says that
    it is known at the moment of prediction (a call's result). `won = ["*"]` is any filled stage that is not
    lost, for a table of deals or a column that only dates wins. `amount` is what a win brought, `currency`
    the column that says in which currency. `after` asks of leads at one of these stages alone, from when they
    came there.
    """

    column: str | None = None
    lead_id: str = "lead_id"
    stage: str = "stage"
    occurred_at: str | None = "occurred_at"
    occurred_format: DateFormat | None = None
    amount: str | None = None
    currency: str | None = None
    won: tuple[str, ...] = Field(default=("won",), min_length=1)
    lost: tuple[str, ...] = ("lost",)
    after: tuple[str, ...] = ()
    at_once: bool = False
    stages: dict[str, Literal["mql", "sal", "sql", "opportunity", "customer", "disqualified"]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if both := set(self.won) & set(self.lost):
            raise ValueError(f"calls {sorted(both)} both won and lost")
        if self.at_once and self.column is None:
            raise ValueError("'at_once' needs 'column', the leads' column that holds the outcome")
        if self.after and self.column is not None:
            raise ValueError("'after' needs a table of outcomes: a column holds a lead's last stage alone")
        if both := set(self.after) & {*self.won, *self.lost}:
            raise ValueError(f"{sorted(both)} ends a lead, and cannot be where it is asked about ('after')")
        return self

    @property
    def standing(self) -> Self:
        """The same with the stages of `after` as the only ones that count: `closing` by it is not None."""
        return self.model_copy(update={"won": self.after, "lost": ()})
