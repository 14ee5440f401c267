"""What arrived in the ledger: columns that no recipe reads, outcomes told late, cells that contradict."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

from sqlalchemy import func, select

from features.clock import DAY_US
from features.lead import accepted_fields
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.schema import FIELD_HISTORY, OUTCOMES


def other_columns(ledger: Ledger, recipe: Recipe) -> dict[str, list[int]]:
    """Columns that the recipe does not read → the moment (µs) of each filled cell, once a lead."""
    known, table = accepted_fields(recipe), FIELD_HISTORY
    found: dict[str, dict[str, int]] = defaultdict(dict)
    query = select(table.c.lead_id, table.c.valid_from_us, table.c.cells).order_by(table.c.valid_from_us)
    with ledger.reading() as connection:
        for lead_id, valid_from, cells in connection.execute(query):
            for name, cell in json.loads(cells).items():
                if name not in known and cell not in (None, ""):
                    found[name].setdefault(lead_id, valid_from)
    return {name: sorted(moments.values()) for name, moments in found.items()}


def late_outcomes(ledger: Ledger, until_us: int, days: float) -> tuple[int, int]:
    """(outcomes since the ledger began to be told, those of them told more than `days` after they came).

    Outcomes that are older than the first record were imported: nobody knows when they were known.
    """
    table = OUTCOMES
    began = select(func.min(table.c.recorded_us)).scalar_subquery()
    query = select(table.c.occurred_us, table.c.recorded_us).where(
        table.c.recorded_us <= until_us, table.c.occurred_us.is_not(None)
    )
    first_day = began - int(days * DAY_US)
    with ledger.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query.where(table.c.occurred_us >= first_day))]
        all_late = select(func.count()).where(
            table.c.recorded_us > began + DAY_US,
            table.c.recorded_us <= until_us,
            table.c.recorded_us - table.c.occurred_us > int(days * DAY_US),
        )
        late = int(connection.execute(all_late).scalar_one())
    prompt = sum(recorded - occurred <= days * DAY_US for occurred, recorded in rows)
    return prompt + late, late


def contradictions(ledger: Ledger, recipe: Recipe) -> dict[str, int]:
    """Field or column → how many moments of a lead tell two different values of it."""
    table, roles = FIELD_HISTORY, accepted_fields(recipe)
    told: dict[tuple[str, int, str], str] = {}
    found: Counter[str] = Counter()
    query = select(table.c.lead_id, table.c.valid_from_us, table.c.cells).where(table.c.origin != "export")
    with ledger.reading() as connection:
        for lead_id, valid_from, cells in connection.execute(query.order_by(table.c.seq)):
            for name, cell in json.loads(cells).items():
                role = roles.get(name)
                if role is not None and told.setdefault((lead_id, valid_from, role), str(cell)) != str(cell):
                    found[name] += 1
    return dict(found)
