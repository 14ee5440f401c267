"""Logged requests as tables of a company, so that the set-based reading can be asked about them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from features.catalogue import Feature
from features.columns import Columns
from features.lead import EVENT_KEYS, accepted_fields, fields_read
from features.readings import offline
from features.recipe import Recipe
from features.tables import Tables, tables_from_frames
from serving.skew.log import LoggedRequest

_ID, _CREATED = "leadscore_request", "leadscore_created_at"


def replay(features: Sequence[Feature], recipe: Recipe, requests: Sequence[LoggedRequest]) -> Columns:
    """The features of `requests` by the set-based reading, in their order.

    Each request is a lead of its own, so that one that was scored twice does not meet itself. Requests with
    and without events must not be mixed: a table is given, or it is not.
    """
    plain = _alone(recipe)
    leads = pd.DataFrame([_cells(recipe, number, request) for number, request in enumerate(requests)])
    leads = leads.reindex(columns=_columns(plain)).astype(object)
    moments = pd.DataFrame({"lead_id": leads[_ID], "as_of_us": [request.as_of_us for request in requests]})
    return offline(features, plain, _tables(plain, leads, requests), moments)


def _tables(recipe: Recipe, leads: pd.DataFrame, requests: Sequence[LoggedRequest]) -> Tables:
    events = None
    if recipe.events is not None and requests[0].lead.get("events") is not None:
        names = {role: getattr(recipe.events, role) for role in EVENT_KEYS}
        rows = [
            {_ID: str(number)} | _event(event, names)
            for number, request in enumerate(requests)
            for event in request.lead["events"]
        ]
        columns = [_ID, *(name for role, name in names.items() if name and role != "lead_id")]
        events = pd.DataFrame(rows, columns=columns, dtype=object)
    latest = max(request.as_of_us for request in requests)
    return tables_from_frames(recipe, leads, events, clock_us=latest)


def _alone(recipe: Recipe) -> Recipe:
    """`recipe` for tables of requests: keyed by request, without outcomes and histories."""
    lead = recipe.lead.model_copy(update={"id": _ID, "created_at": _CREATED, "order": None})
    changed: dict[str, Any] = {
        "lead": lead,
        "outcomes": recipe.outcomes.model_copy(update={"column": None, "at_once": False}),
    }
    if recipe.events is not None:
        ingested = recipe.events.ingested_at or "ingested_at"  # a request may say it in any case
        update = {"lead_id": _ID, "ingested_at": ingested}
        changed["events"] = recipe.events.model_copy(update=update)
    return recipe.model_copy(update=changed)


def _columns(recipe: Recipe) -> list[str]:
    lead = recipe.lead
    named = [field.column or name for name, field in lead.fields.items()]
    roles = (lead.id, lead.created_at, lead.account_id, lead.cost, lead.opted_out)
    return list(dict.fromkeys([*(role for role in roles if role), *named]))


def _cells(recipe: Recipe, number: int, request: LoggedRequest) -> dict[str, Any]:
    """A row of raw cells, under the names of the recipe's columns."""
    accepted, read = accepted_fields(recipe), fields_read(recipe)
    cells: dict[str, Any] = {}
    created = request.lead.get("created_at")
    for key, cell in (request.lead.get("fields") or {}).items():
        for name in read.get(key, ()):
            huge = isinstance(cell, int) and abs(cell) >= 2**63  # no engine has such integers
            cells[recipe.lead.fields[name].column or name] = str(cell) if huge else cell
        if accepted.get(key) == "created_at" and created is None:
            created = cell
    return cells | {_ID: str(number), _CREATED: created}


def _event(event: Mapping[str, Any], names: Mapping[str, str | None]) -> dict[str, Any]:
    """An event under the names of the recipe's columns, without those that the recipe does not read."""
    roles = {column: role for role, column in names.items() if column} | {role: role for role in EVENT_KEYS}
    cells = {}
    for key, cell in event.items():
        column = names.get(roles.get(key, ""))
        if column is not None and roles[key] != "lead_id":
            cells[column] = cell
    return cells
