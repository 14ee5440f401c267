"""Random histories that aim at edges: ties, ends of windows, 1 µs beside, late arrivals, odd zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features import Feature, Recipe, Tables, parse_lead, parse_recipe, tables_from_frames
from features.clock.instants import DAY_US, HOUR_US, from_us, parse_moment
from features.columns import Columns
from features.lead import Lead
from features.readings import OnlinePlan, online, stack

ZONES = (
    "UTC",
    "Europe/Paris",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
)
KINDS = ("page_view", "demo request", "bounce", "call")
AS_OF_US = parse_moment("2025-10-30T12:00:00", "UTC")
CLOCK_US = AS_OF_US + 400 * DAY_US

_RECIPE = """
[recipe]
zone = "{zone}"
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
created_at = "created_at"
account_id = "account"
[lead.fields]
size = {{ type = "number", missing = ["-"] }}
revenue = {{ type = "number", format = "decimal_comma" }}
industry = {{ type = "category", means = "industry" }}
channel = {{ type = "category", means = "origin" }}
email = {{ type = "email" }}
company = {{ type = "text", means = "company" }}
title = {{ type = "text", means = "title" }}
phone = {{ type = "phone" }}
consent = {{ type = "boolean" }}
renewal = {{ type = "date" }}
asked_for = {{ type = "date" }}
founded = {{ type = "number", means = "founded" }}
spent = {{ type = "number", means = "cost" }}
budget = {{ type = "category" }}
need = {{ type = "text" }}
[qualification]
method = "bant"
fields = {{ budget = "budget", need = "need", authority = "consent", timeline = "renewal" }}
[events]
event_id = "event_id"
ingested_at = "ingested_at"
value = "value"
[events.kinds]
page_view = "interest"
"demo request" = "intent"
bounce = "negative"
call = "intent"
[windows]
days = [1, 7.5]
half_life_days = [3]
[features]
season = true
add = [
  {{ type = "value_total", kinds = ["page_view", "call"], window_days = 2, called = "seen" }},
  {{ type = "first_event_delay", kinds = ["call"] }},
  {{ type = "wall_clock", of = "as_of", part = "hour", zone = "{zone}" }},
  {{ type = "wall_clock", of = "as_of", part = "month", zone = "{zone}" }},
  {{ type = "wall_clock", of = "creation", part = "month", zone = "Asia/Tokyo" }},
  {{ type = "active_days", kinds = ["call"], days = 60, called = "calls" }},
  {{ type = "same_touch", first = "channel", last = "industry" }},
]
"""

_CELLS: dict[str, list[object]] = {
    "size": ["12", " 1e3", "-", None, "inf", "nan", 40, 2.5],
    "revenue": ["1 200,50 €", "3", None, "12,5 %"],
    "industry": ["Software ", "SOFTWARE", "straße", "", None, "Bank  und Geld"],
    "channel": ["paid", "Inbound", "Software", None],
    "email": ["a@gmail.com", "b@mail.acme.co.uk", "c@mailinator.com", "no address", None, "é@müller.de"],
    "company": ["ACME Robotics", "Müller", "Foo", None],
    "title": ["VP Sales", "Directrice générale", "Head of IT / Ingénieure", "", None],
    "phone": ["+33 1 23 45 67 89", "call me", None],
    "consent": ["yes", "non", "1", None, True],
    "founded": ["1999", 2025, "2030", "19", None, "1e9", 0],
    "spent": ["12.5", 0, None],
    "budget": ["50k", "No", "unknown", "À préciser", None, "AUCUN"],
    "need": ["grow abroad", "à préciser", "non", "?", None],
    "renewal": ["2025-10-26", "2026-03-29T02:30:00", None, "2025-10-26T02:30:00"],
    "asked_for": ["2025-10-26T02:30:00+02:00", "1999-12-31", "", None],
}
_OFFSETS_US = (0, 1, -1, DAY_US, DAY_US - 1, DAY_US + 1, int(7.5 * DAY_US), int(7.5 * DAY_US) - 1, 2 * DAY_US)


@dataclass(frozen=True)
class History:
    """Raw frames, the moments at which their leads are looked at, and the recipe."""

    recipe: Recipe
    leads: pd.DataFrame
    events: pd.DataFrame
    moments: pd.DataFrame

    @property
    def tables(self) -> Tables:
        return tables_from_frames(self.recipe, self.leads, self.events, clock_us=CLOCK_US)

    def rows(self, features: tuple[Feature, ...], *, events: bool = True, planned: bool = False) -> Columns:
        """The online reading of every moment, stacked; on request by the plan that serves."""
        leads = self.read(events)
        if planned:
            plan = OnlinePlan(features)
            return plan.stack([plan.row(lead) for lead in leads])
        return stack(features, [online(features, lead) for lead in leads])

    def read(self, events: bool = True) -> list[Lead]:
        """Each lead in memory at each of its moments."""
        by_lead = dict(tuple(self.events.groupby("lead_id")))
        cells = self.leads.set_index("lead_id").to_dict("index")
        found = []
        for lead_id, as_of_us in zip(self.moments["lead_id"], self.moments["as_of_us"], strict=True):
            log = by_lead.get(lead_id, self.events.head(0)).drop(columns="lead_id").to_dict("records")
            lead = parse_lead(
                self.recipe,
                lead_id=lead_id,
                fields=cells[lead_id],
                events=log if events else None,
                as_of_us=as_of_us,
            )
            found.append(lead)
        return found


def recipe_of(zone: str = "UTC") -> Recipe:
    """A recipe with a field of every type and every kind of feature."""
    return parse_recipe(_RECIPE.format(zone=zone))


def draw_history(seed: int, leads: int = 25) -> History:
    """A history that depends on `seed` alone."""
    random = np.random.default_rng(seed)
    zone = str(random.choice(ZONES))
    ids = [f"lead {number}" for number in range(leads)]
    moments = pd.DataFrame(
        {"lead_id": np.repeat(ids, 2), "as_of_us": AS_OF_US + random.choice(_OFFSETS_US, 2 * leads) * 3}
    )
    return History(recipe_of(zone), _leads(random, ids), _events(random, ids), moments)


def _leads(random: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    frame: dict[str, Any] = {"lead_id": ids, "account": random.choice(["a", "b", ""], len(ids))}
    frame["created_at"] = [_written(random, AS_OF_US - int(random.integers(0, 300 * DAY_US))) for _ in ids]
    for name, cells in _CELLS.items():
        frame[name] = pd.Series(
            [cells[place] for place in random.integers(0, len(cells), len(ids))], dtype=object
        )
    return pd.DataFrame(frame)


def _events(random: np.random.Generator, ids: list[str]) -> pd.DataFrame:
    rows: list[dict[str, object]] = []
    for lead_id in ids:
        rows += [_event(random, lead_id) for _ in range(int(random.choice([0, 1, 3, 12])))]
        if rows and random.random() < 0.5:  # a tie with the event before, of another kind
            rows.append({**rows[-1], "kind": str(random.choice(KINDS)), "event_id": None, "lead_id": lead_id})
    columns = ["lead_id", "occurred_at", "kind", "event_id", "ingested_at", "value"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _event(random: np.random.Generator, lead_id: str) -> dict[str, object]:
    age = (
        int(random.choice(_OFFSETS_US))
        if random.random() < 0.5
        else int(random.integers(-DAY_US, 90 * DAY_US))
    )
    occurred = AS_OF_US - age
    late = int(random.choice([0, 1, 2 * DAY_US, -HOUR_US]))
    return {
        "lead_id": lead_id,
        "occurred_at": _written(random, occurred),
        "kind": str(random.choice([*KINDS, " call ", "never heard of"])),
        "event_id": str(random.choice(["x", "y", "z", f"{age}"])) if random.random() < 0.6 else None,
        "ingested_at": from_us(occurred + late).isoformat() if random.random() < 0.4 else None,
        "value": random.choice(np.array(["3", "0.0005", "-2.5", "1e12", "nan", None], dtype=object)),
    }


def _written(random: np.random.Generator, us: int) -> str:
    """An instant as companies write them: with an offset, without (a wall clock), or as a day."""
    moment = from_us(us)
    wall = moment.replace(tzinfo=None)
    forms = [
        moment.isoformat(),
        f"{moment:%Y-%m-%dT%H:%M:%S}.{moment:%f}Z",
        wall.isoformat(sep=" "),
        wall.isoformat(),
    ]
    forms += [f"{moment:%Y-%m-%d}", f"{moment:%d %B %Y}", f"{moment:%Y-%m-%d %H:%M}"]
    return str(random.choice(forms))
