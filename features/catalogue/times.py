"""When: the lead's age, and the wall clock of its creation or of the moment itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.catalogue.members import OfLead
from features.catalogue.naming import NEVER, NO_CREATION, UNLESS_FILLED, kinds_label, slug
from features.catalogue.row import Row
from features.clock import DAY_US
from features.clock.seasons import month_cos_expr, month_cos_of, month_sin_expr, month_sin_of
from features.clock.zones import hour_expr, hour_of, month_expr, month_of, weekday_expr, weekday_of
from features.lead import Lead

ClockPart = Literal["hour", "weekday", "month", "month_sin", "month_cos"]
_VALUES: dict[ClockPart, Callable[[int, str], float]] = {
    "hour": hour_of, "weekday": weekday_of, "month": month_of,
    "month_sin": month_sin_of, "month_cos": month_cos_of,
}  # fmt: skip
_EXPRS: dict[ClockPart, Callable[[Any], Any]] = {
    "hour": hour_expr, "weekday": weekday_expr, "month": month_expr,
    "month_sin": month_sin_expr, "month_cos": month_cos_expr,
}  # fmt: skip
_RANGES: dict[ClockPart, str] = {
    "hour": "0–23", "weekday": "0 (Monday) – 6", "month": "1–12",
    "month_sin": "as the sine on a circle of twelve, 0 in January",
    "month_cos": "as the cosine on a circle of twelve, 1 in January",
}  # fmt: skip
_SEASONS = {"month_sin": "Season (sine)", "month_cos": "Season (cosine)"}
_YEAR_US = 365.2425 * DAY_US
"""The mean Gregorian year."""
_OLDEST_COMPANY = 1500.0
"""Years; hardly a company is older, so that 0, 19 or 1e9 in the cell is no year."""


@dataclass(frozen=True)
class DateDay(OfLead):
    """The day of a date field, in days since 1970 (UTC): of leads without a moment to count an age to."""

    field: str
    type: Literal["date_day"] = "date_day"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_day")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.field,), None)}, as a day"

    def describe(self) -> str:
        return f"Days from 1970-01-01 (UTC) to {self.field}; missing when the cell is."

    def expr(self, row: Row) -> Any:
        return row.field(self.field).cast("float64") / float(DAY_US)

    def value(self, lead: Lead) -> float:
        us = lead.values.get(self.field)
        return math.nan if us is None else int(us) / DAY_US


@dataclass(frozen=True)
class LeadAge(OfLead):
    """Days from creation to as_of."""

    type: Literal["lead_age"] = "lead_age"
    group = "time"
    missing = NO_CREATION

    @property
    def name(self) -> str:
        return "lead_age"

    @property
    def label(self) -> str:
        return "Age of the lead, days"

    def describe(self) -> str:
        return "Days from creation to as_of; missing when the lead has no date of creation."

    def expr(self, row: Row) -> Any:
        return (row.as_of_us - row.created_us).cast("float64") / float(DAY_US)

    def value(self, lead: Lead) -> float:
        return math.nan if lead.created_us is None else (lead.as_of_us - lead.created_us) / DAY_US


@dataclass(frozen=True)
class WallClock(OfLead):
    """Hour, weekday or month of the creation or of as_of, by the wall clock of `zone`.

    `month_sin` and `month_cos` are the month on a circle, on which December is beside January.
    """

    of: Literal["creation", "as_of"]
    part: ClockPart
    zone: str = "UTC"
    type: Literal["wall_clock"] = "wall_clock"
    group = "time"

    @property
    def missing(self) -> str:  # type: ignore[override]  # by what it is of
        """When it is missing: what is of as_of never is."""
        return NO_CREATION if self.of == "creation" else NEVER

    @cached_property
    def name(self) -> str:
        return f"{self.of}_{self.part}"

    @property
    def label(self) -> str:
        part = _SEASONS.get(self.part, self.part.capitalize())
        return f"{part} of {'creation' if self.of == 'creation' else 'the moment'}"

    def describe(self) -> str:
        part = self.part.partition("_")[0].capitalize()
        return f"{part} of {self.of}, {_RANGES[self.part]}, wall clock of {self.zone}."

    def expr(self, row: Row) -> Any:
        return _EXPRS[self.part](row.wall(self.of, self.zone)).cast("float64")

    def value(self, lead: Lead) -> float:
        us = lead.created_us if self.of == "creation" else lead.as_of_us
        return math.nan if us is None else float(_VALUES[self.part](us, self.zone))


@dataclass(frozen=True)
class CompanyAge(OfLead):
    """Years from the year in a number field to as_of: the company grows older, its year does not."""

    field: str
    type: Literal["company_age"] = "company_age"
    missing = f"{UNLESS_FILLED}, or is no year in which a company can have begun"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_age")

    @property
    def label(self) -> str:
        return f"Years since {kinds_label((self.field,), None).lower()}"

    def describe(self) -> str:
        return (
            f"Years from the start of the year {self.field} to as_of; missing when the cell is, or is no "
            f"year between {_OLDEST_COMPANY:.0f} years before as_of and one after."
        )

    def expr(self, row: Row) -> Any:
        import ibis

        age = row.as_of_us.cast("float64") / _YEAR_US + 1970.0 - row.field(self.field)
        return ibis.ifelse((age >= -1.0) & (age <= _OLDEST_COMPANY), age, None)

    def value(self, lead: Lead) -> float:
        year = lead.values.get(self.field)
        if year is None:
            return math.nan
        age = lead.as_of_us / _YEAR_US + 1970.0 - float(year)
        return age if -1.0 <= age <= _OLDEST_COMPANY else math.nan
