"""The ledger as a recipe's tables: the raw cells that files would give, so that training reads it alike."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Select, select

from features.errors import LeadscoreError
from features.lead import accepted_fields
from features.recipe import Recipe
from serving.ledger.decisions import standing
from serving.ledger.gone import survivors
from serving.ledger.reading import folded_together
from serving.ledger.schema import EVENTS, FIELD_HISTORY, LEADS, OUTCOMES
from serving.ledger.store import Ledger


@dataclass(frozen=True)
class LedgerTables:
    """A place that `read_tables`, `train` and `inspect` take instead of a folder.

    `folder` is where the recipe's other files are, such as its scorecard.
    """

    ledger: Ledger
    folder: Path

    def __str__(self) -> str:
        return self.ledger.name

    def frames(self, recipe: Recipe) -> dict[str, pd.DataFrame]:
        """Raw cells of the tables that the recipe names, each lead as it stands now.

        As an export would: records that were merged are one lead, deleted ones are left out.

        Raises:
            LeadscoreError: the recipe names no id of a lead, or the ledger cannot be reached.
        """
        require_id(recipe)
        tables = recipe.tables
        with self.ledger.reading() as connection:
            gone = survivors(connection)
            frames = {"leads": _leads(connection, recipe, gone)}
            if tables.events is not None and recipe.events is not None:
                frames["events"] = _present(_events(connection, recipe), recipe.events.lead_id, gone)
            if tables.outcomes is not None and recipe.outcomes.column is None:
                frames["outcomes"] = _present(_outcomes(connection, recipe), recipe.outcomes.lead_id, gone)
            if tables.field_history is not None:
                names = recipe.field_history
                frames["field_history"] = _present(_changes(connection, recipe), names.lead_id, gone)
        return frames

    def opted_out(self) -> frozenset[str]:
        """The ids of leads whose person objects to being profiled, by what was decided in the ledger."""
        return standing(self.ledger).opted_out


def require_id(recipe: Recipe) -> None:
    """A ledger joins what is sent at different times, by the lead's id.

    Raises:
        LeadscoreError: the recipe names leads by their row.
    """
    if recipe.lead.id is None:
        raise LeadscoreError(
            "recipe: [lead] names no 'id', which a ledger needs to know a lead again.",
            "Name the column of the leads' ids.",
        )


def current_roles(recipe: Recipe) -> set[str]:
    """The roles of cells that an export holds as they are when it is written, not as they were before."""
    roles = accepted_fields(recipe)
    fields = {roles[name] for name, field in recipe.lead.fields.items() if field.known == "current"}
    return fields | {"opted_out", "outcome", "outcome_at"}


def _present(frame: pd.DataFrame, lead_id: str, gone: dict[str, str | None]) -> pd.DataFrame:
    """Rows under the lead that each is part of; those of deleted leads go."""
    if not gone:
        return frame
    frame = frame.assign(**{lead_id: [gone.get(one, one) for one in frame[lead_id]]})
    return frame[frame[lead_id].notna()].reset_index(drop=True)


def _leads(connection: Connection, recipe: Recipe, gone: dict[str, str | None]) -> pd.DataFrame:
    """One row a lead in the order of arrival, each cell the last of its field."""
    roles, current = accepted_fields(recipe), current_roles(recipe)
    own, absorbed = (defaultdict[str, list[tuple[int, str]]](list) for _ in range(2))
    table = FIELD_HISTORY
    query = select(table.c.lead_id, table.c.origin, table.c.valid_from_us, table.c.cells)
    for lead_id, origin, valid_from, cells in connection.execute(query):
        if origin == "history":  # a table of changes tells of current fields alone
            told = {name: cell for name, cell in json.loads(cells).items() if roles.get(name) in current}
            cells = json.dumps(told)
        rows, whose = (absorbed, gone[lead_id]) if lead_id in gone else (own, lead_id)
        if whose is not None:
            rows[whose].append((valid_from, cells))
    named = {role: name for name, role in reversed(roles.items())}
    columns = dict.fromkeys([str(recipe.lead.id), *reversed(named.values())])
    found = []
    for (lead_id,) in connection.execute(select(LEADS.c.lead_id).order_by(LEADS.c.seq)):
        if lead_id not in gone and (own[lead_id] or absorbed[lead_id]):
            cells = folded_together(recipe, own[lead_id], absorbed[lead_id])
            found.append(columns | cells | {str(recipe.lead.id): lead_id})
    return pd.DataFrame(found, columns=list(columns), dtype=object)


def _events(connection: Connection, recipe: Recipe) -> pd.DataFrame:
    declared, table = recipe.events, EVENTS
    assert declared is not None
    columns = {"lead_id": "lead_id", "kind": "kind", "occurred_at": "occurred_us", "value": "value",
               "event_id": "event_id", "ingested_at": "ingested_us"}  # fmt: skip
    named = {kept: getattr(declared, role) for role, kept in columns.items() if getattr(declared, role)}
    return _frame(connection, select(*(table.c[name] for name in named)).order_by(table.c.seq), named)


def _outcomes(connection: Connection, recipe: Recipe) -> pd.DataFrame:
    declared, table = recipe.outcomes, OUTCOMES
    columns = {"lead_id": "lead_id", "stage": "stage", "occurred_at": "occurred_us", "amount": "amount"}
    named = {kept: getattr(declared, role) for role, kept in columns.items() if getattr(declared, role)}
    return _frame(connection, select(*(table.c[name] for name in named)).order_by(table.c.seq), named)


def _changes(connection: Connection, recipe: Recipe) -> pd.DataFrame:
    """A row for each cell of each change; what an export happened to hold is no change."""
    table, names = FIELD_HISTORY, recipe.field_history
    query = select(table.c.lead_id, table.c.cells, table.c.valid_from_us).where(table.c.origin != "export")
    rows = [
        (lead_id, name, None if cell is None else str(cell), valid_from)
        for lead_id, cells, valid_from in connection.execute(query.order_by(table.c.seq))
        for name, cell in json.loads(cells).items()
    ]
    frame = pd.DataFrame(rows, columns=["lead_id", "field", "value", "valid_from_us"], dtype=object)
    return _dated(frame).rename(
        columns={"lead_id": names.lead_id, "field": names.field, "value": names.value,
                 "valid_from_us": names.changed_at}
    )  # fmt: skip


def _frame(connection: Connection, query: Select[Any], named: dict[str, str]) -> pd.DataFrame:
    rows = [tuple(row) for row in connection.execute(query)]
    return _dated(pd.DataFrame(rows, columns=list(named), dtype=object)).rename(columns=named)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of µs as moments in UTC, whatever form the recipe's files write dates in."""
    moments = {
        name: pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
        for name in frame.columns
        if name.endswith("_us")
    }
    return frame.assign(**moments)
