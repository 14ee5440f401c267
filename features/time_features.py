"""When: the lead's age, and the wall clock of its creation or of the moment itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.clock import DAY_US
from features.lead import Lead, Tally
from features.row import Row
from features.zones import hour_expr, hour_of, month_expr, month_of, weekday_expr, weekday_of

Part = Literal["hour", "weekday", "month"]
_VALUES = {"hour": hour_of, "weekday": weekday_of, "month": month_of}
_EXPRS = {"hour": hour_expr, "weekday": weekday_expr, "month": month_expr}
_RANGES = {"hour": "0–23", "weekday": "0 (Monday) – 6", "month": "1–12"}


@dataclass(frozen=True)
class LeadAge:
    """Days from creation to as_of."""

    type: Literal["lead_age"] = "lead_age"
    dtype: Literal["number"] = "number"
    group: Literal["time"] = "time"

    @property
    def name(self) -> str:
        return "lead_age"

    @property
    def label(self) -> str:
        return "Age of the lead, days"

    def describe(self) -> str:
        return "Days from creation to as_of; never missing."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        return (row.as_of_us - row.created_us).cast("float64") / float(DAY_US)

    def value(self, lead: Lead) -> float:
        return (lead.as_of_us - lead.created_us) / DAY_US


@dataclass(frozen=True)
class WallClock:
    """Hour, weekday or month of the creation or of as_of, by the wall clock of `zone`."""

    of: Literal["creation", "as_of"]
    part: Part
    zone: str = "UTC"
    type: Literal["wall_clock"] = "wall_clock"
    dtype: Literal["number"] = "number"
    group: Literal["time"] = "time"

    @cached_property
    def name(self) -> str:
        return f"{self.of}_{self.part}"

    @property
    def label(self) -> str:
        return f"{self.part.capitalize()} of {'creation' if self.of == 'creation' else 'the moment'}"

    def describe(self) -> str:
        return f"{self.part.capitalize()} of {self.of}, {_RANGES[self.part]}, wall clock of {self.zone}."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        return _EXPRS[self.part](row.wall(self.of, self.zone)).cast("float64")

    def value(self, lead: Lead) -> float:
        us = lead.created_us if self.of == "creation" else lead.as_of_us
        return float(_VALUES[self.part](us, self.zone))
