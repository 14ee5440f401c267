"""What is odd about the events of each row of an export, in the words that a request is answered with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from features.cells import date_expected
from features.errors import FieldProblem, lacks_kind_or_date, unreadable
from features.lead import events_noted
from features.recipe import Recipe
from features.tables import Tables, fetch_frame

_NUMBER = "a number such as 12.5"


@dataclass(frozen=True)
class EventFaults:
    """By row of a lead: `problems` of events that cannot be read, and how many were left out, and why."""

    problems: dict[int, list[FieldProblem]] = field(default_factory=dict)
    unknown: dict[int, int] = field(default_factory=dict)
    later: dict[int, int] = field(default_factory=dict)

    def notes(self, row: int) -> list[str]:
        """What was left out of the events of the lead at `row`."""
        return events_noted(self.unknown.get(row, 0), self.later.get(row, 0))


def event_faults(recipe: Recipe, tables: Tables, as_of_us: int) -> EventFaults:
    """What `tables` found odd about events, as seen at `as_of_us`."""
    if recipe.events is None or tables.events is None:
        return EventFaults()
    problems: dict[int, list[FieldProblem]] = defaultdict(list)
    counts: dict[str, dict[int, int]] = {"unknown": defaultdict(int), "later": defaultdict(int)}
    faults = fetch_frame(tables.con, "event_faults ORDER BY row, line, what")
    for row, what, line in zip(faults["row"], faults["what"], faults["line"], strict=True):
        if what in counts:
            counts[what][int(row)] += 1
        else:
            problems[int(row)].append(_problem(recipe, str(what), line))
    for row, count in _later(tables, as_of_us):
        counts["later"][row] += count
    return EventFaults(dict(problems), counts["unknown"], counts["later"])


def _problem(recipe: Recipe, what: str, line: Any) -> FieldProblem:
    place = "events" if line != line or line is None else f"events[line {int(line)}]"
    if what == "lacks":
        return lacks_kind_or_date(place)
    form = recipe.events.occurred_format if recipe.events else None
    return unreadable(f"{place}.{what}", _NUMBER if what == "value" else date_expected(form))


def _later(tables: Tables, as_of_us: int) -> list[tuple[int, int]]:
    """(row, events) that are in the tables and not yet available at `as_of_us`."""
    query = f"SELECT row, count(*) FROM events WHERE available_us > {as_of_us} GROUP BY row"
    found: list[tuple[int, int]] = tables.con.raw_sql(query).fetchall()
    return found
