"""Members that most kinds of features have alike; a kind states only what is different in it.

Unannotated members of a kind are no fields of its dataclass: they are neither compared nor given to it, and
`dump_features` writes `dtype` and `group` beside the fields.
"""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from features.catalogue.naming import NO_EVENTS, UNLESS_FILLED
from features.lead import Tally

Dtype: TypeAlias = Literal["number", "category"]
GroupName: TypeAlias = Literal["fit", "engagement", "origin", "time", "record"]


class OfLead:
    """A kind that looks at the lead's own fields and dates, and at no events."""

    dtype: ClassVar[Dtype] = "number"
    group: ClassVar[GroupName] = "fit"
    missing: ClassVar[str] = UNLESS_FILLED

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()


class OfEvents:
    """A kind that looks at events, by the `tallies` that it names."""

    dtype: ClassVar[Dtype] = "number"
    group: ClassVar[GroupName] = "engagement"
    missing: ClassVar[str] = NO_EVENTS
