"""Where the lead came from, over time: whether the last touch is still the first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from features.catalogue.naming import kinds_label, slug
from features.catalogue.row import Row
from features.clock.zones import flag
from features.lead.lead import Lead, Tally


@dataclass(frozen=True)
class SameTouch:
    """1 when two category fields hold the same value (the first and the last touch), else 0."""

    first: str
    last: str
    type: Literal["same_touch"] = "same_touch"
    dtype: Literal["number"] = "number"
    group: Literal["origin"] = "origin"
    missing: ClassVar[str] = "when one of the two is empty"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.last}_is_{self.first}")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.last,), None)} is {kinds_label((self.first,), None).lower()}"

    def describe(self) -> str:
        return f"1 when {self.last} holds what {self.first} holds, else 0; missing when one of them is."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        import ibis

        first, last = row.field(self.first), row.field(self.last)
        return ibis.cases((first.isnull() | last.isnull(), None), else_=flag(first == last))

    def value(self, lead: Lead) -> float:
        first, last = lead.values.get(self.first), lead.values.get(self.last)
        return math.nan if first is None or last is None else float(first == last)
