"""When a lead is an MQL, a SAL, an SQL; and the checklist that sales fill in."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from features.recipe.section import Section

StageEntered = Literal["mql", "sal", "sql"]
Method = Literal["bant", "champ", "meddic", "anum", "faint", "gpct"]
"""The checklists that leadscore knows; what they ask stands in files of `serving/qualification`."""


class Entry(Section):
    """`[stages.mql]`, `[stages.sal]`, `[stages.sql]`: what a lead needs to be called so, all of it.

    `points` of the scorecard (of an MQL its own `mql`, unless given here), one of the `grades`, one of the
    `events` ever, `answered` items of the checklist, and of `negative` ones no more than so many.
    """

    points: float | None = None
    grades: tuple[Annotated[str, Field(pattern="^[A-D][1-4]$")], ...] = ()
    events: tuple[str, ...] = ()
    answered: int | None = Field(default=None, ge=1)
    negative: int | None = Field(default=None, ge=0)

    @property
    def of_checklist(self) -> bool:
        """Whether it reads the checklist."""
        return self.answered is not None or self.negative is not None


class Stages(Section):
    """`[stages]`: entry criteria; a stage without them is one that only people and the CRM set.

    An SAL is an MQL too, and an SQL is an SAL where there are criteria of one.
    """

    mql: Entry | None = None
    sal: Entry | None = None
    sql: Entry | None = None

    def entries(self) -> list[tuple[StageEntered, Entry]]:
        """The criteria that are declared, the first stage first."""
        named: list[tuple[StageEntered, Entry | None]]
        named = [("mql", self.mql), ("sal", self.sal), ("sql", self.sql)]
        return [(name, entry) for name, entry in named if entry is not None]


class Qualification(Section):
    """`[qualification]`: the checklist that sales fill in, and the field of the leads behind each item.

    A cell that is empty, or one of `unknown`, is an item not known; a no, a number of 0 or less, or one of
    `negative` is a negative answer; anything else is an answer. Words are compared without case.
    """

    method: Method
    fields: dict[str, str] = Field(min_length=1)
    unknown: tuple[str, ...] = ("unknown", "?", "to be clarified", "inconnu", "à préciser")
    negative: tuple[str, ...] = ("no", "negative", "refused", "non", "aucun", "aucune", "refusé")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if both := {w.casefold() for w in self.unknown} & {w.casefold() for w in self.negative}:
            raise ValueError(f"calls {sorted(both)} both unknown and negative")
        fields = list(self.fields.values())
        if twice := sorted({field for field in fields if fields.count(field) > 1}):
            raise ValueError(f"reads {twice} for more than one item")
        return self
