"""What a feature's expression may look at: one (lead, as_of) of an engine's table, by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.lead import Tally

NAN = math.nan


@dataclass(frozen=True)
class Row:
    """Columns of the table of moments: canonical values, tallies, the moment itself.

    `table` is an Ibis table; `tallied` maps each tally to its column's name, or is None where events were
    not given: every tally is then missing. `walls` maps (of, zone) to the column of a wall clock, `accounts`
    the name of a feature to the column of its count over the account's other leads.
    """

    table: Any
    tallied: Mapping[Tally, str] | None
    walls: Mapping[tuple[str, str], str]
    accounts: Mapping[str, str]

    @property
    def as_of_us(self) -> Any:
        return self.table["as_of_us"]

    @property
    def created_us(self) -> Any:
        return self.table["created_us"]

    def wall(self, of: str, zone: str) -> Any:
        """The wall clock of `zone` at the creation or at as_of, in µs."""
        return self.table[self.walls[of, zone]]

    def account(self, name: str) -> Any:
        """The count over the account's other leads that the feature `name` asks for."""
        return self.table[self.accounts[name]]

    def field(self, name: str) -> Any:
        """The canonical column `name`."""
        return self.table[f"f_{name}"]

    def tally(self, tally: Tally) -> Any:
        """A tally, NULL where there is no such event."""
        if self.tallied is None:
            import ibis

            return ibis.null("float64")
        return self.table[self.tallied[tally]]

    def counted(self, tally: Tally) -> Any:
        """A tally as float64, 0 where there is no such event, NULL where events were not given."""
        column = self.tally(tally).cast("float64")
        return column if self.tallied is None else column.fill_null(0.0)
