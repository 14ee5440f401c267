"""Members that most kinds of features have alike; a kind states only what is different in it.

Unannotated members of a kind are no fields of its dataclass: they are neither compared nor given to it, and
`dump_features` writes `dtype` and `group` beside the fields.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.catalogue.naming import NO_EVENTS, UNLESS_FILLED
from features.catalogue.row import NAN
from features.columns import Floats
from features.lead import Lead, Tally

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


Whole: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
Told: TypeAlias = Sequence[int | None]
"""A lead's tallies of one feature, in the order in which it names them; None: there is no such event."""


class OfEvents(ABC):
    """A kind that looks at events, by the `tallies` that it names."""

    dtype: ClassVar[Dtype] = "number"
    group: ClassVar[GroupName] = "engagement"
    missing: ClassVar[str] = NO_EVENTS

    @property
    @abstractmethod
    def tallies(self) -> tuple[Tally, ...]:
        """What is measured on the lead's events."""

    @abstractmethod
    def of(self, lead: Lead, told: Told) -> Any:
        """The value for one lead whose events were given, by its tallies."""

    def of_many(self, told: Sequence[Whole], there: Sequence[Mask]) -> Floats | None:
        """`of` for many leads by arrays of each tally, 0 where it is not `there`; None: only one by one.

        The last axis are the leads; features of one kind that differ in their tallies alone may be asked at
        once, one below the other: nothing else of a feature may matter here.
        """
        return None

    def value(self, lead: Lead) -> Any:
        """The value for one lead in memory; missing where events were not given."""
        if lead.by_kind is None:
            return NAN if self.dtype == "number" else None
        return self.of(lead, [lead.tally(tally) for tally in self.tallies])
