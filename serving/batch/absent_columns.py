"""Columns that an export lacks: its leads are read without them, as a request without these fields is."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from features.errors import LeadscoreError, near
from features.profiles import plain, presets
from features.recipe import Recipe, usable
from serving.returned import BatchSummary, Match

_NEAR = 0.75
"""How alike two names must be, letters and digits only, for the one to be the other misspelt."""


def complete_leads(
    recipe: Recipe, frame: pd.DataFrame, name: str, *, with_events: bool
) -> tuple[pd.DataFrame, list[str]]:
    """`frame` with an empty column for each that `recipe` names and it lacks, and what to say of them.

    Of the outcome's columns only a name that may be meant is told: an export of open leads has none.

    Raises:
        LeadscoreError: neither a field that a model may read nor an event is there. (The column of ids is not
            added: without it nobody could tell whose scores these are, and the tables refuse it.)
    """
    lead, outcomes = recipe.lead, recipe.outcomes
    fields = {key: field.column or key for key, field in lead.fields.items()}
    readable = [column for key, column in fields.items() if usable(recipe, key)]
    present = set(map(str, frame.columns))
    if readable and not with_events and not present & set(readable):
        raise LeadscoreError(
            f"{name}: has none of the columns that are read: {', '.join(readable[:20])}; it has "
            f"{', '.join(sorted(present)[:40])}.",
            "Score it with the recipe that was made for it (--recipe), or export it with these columns.",
        )
    spare = [str(column) for column in frame.columns if str(column) not in recipe_columns(recipe)]
    if lead.id is not None and lead.id not in present:
        meant = known_name(lead.id, spare) or near_name(lead.id, spare)
        hint = f"; did you mean '{meant}'?" if meant else f"; it has {', '.join(sorted(present)[:40])}."
        raise LeadscoreError(
            f"{name}: has no column '{lead.id}', which tells the leads apart{hint}",
            f"Say which column it is: --column id={meant or 'COLUMN'}",
        )
    roles = (lead.created_at, lead.order, lead.account_id, lead.cost, lead.opted_out)
    absent = [
        column for column in dict.fromkeys([*fields.values(), *roles]) if column and column not in present
    ]
    wanted = (outcomes.column, outcomes.occurred_at) if outcomes.column else ()
    ends = [end for end in wanted if end and end not in present]
    told = [*absent, *(end for end in ends if near_name(end, spare))]
    said = [absent_words(name, told, spare)] if told else []
    if lead.opted_out in absent:
        said.append(f"{name} lacks '{lead.opted_out}': no lead counts as opted out")
    return _with_empty(frame, [*absent, *ends]), said


def complete_events(recipe: Recipe, frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """The same for events, which need not have a column of ids, values or ingestion."""
    declared = recipe.events
    if declared is None:
        return frame, []
    optional = (declared.event_id, declared.ingested_at, declared.value)
    absent = [column for column in optional if column and column not in frame.columns]
    needed = {declared.lead_id, declared.occurred_at, declared.kind}
    spare = [str(column) for column in frame.columns if column not in needed]
    return _with_empty(frame, absent), [absent_words(name, absent, spare)] if absent else []


def matches(recipe: Recipe, names: Sequence[str], summary: BatchSummary) -> list[Match]:
    """How each column that `recipe` reads was found among `names`; `summary` counted the cells."""
    spare = [name for name in names if name not in recipe_columns(recipe)]
    return [
        Match(
            field=field,
            column=column,
            present=column in names,
            meant=None if column in names else known_name(column, spare) or near_name(column, spare),
            filled=summary.filled[column],
            unreadable=summary.unreadable[field] or summary.unreadable[column],
        )
        for field, column in columns_read(recipe).items()
    ]


def columns_read(recipe: Recipe) -> dict[str, str]:
    """Each role and field that `recipe` reads of a lead, and its column."""
    lead = recipe.lead
    roles = {
        "id": lead.id,
        "created_at": lead.created_at,
        "opted_out": lead.opted_out,
        "account": lead.account_id,
        "outcome": recipe.outcomes.column,
    }
    columns = {role: column for role, column in roles.items() if column is not None}
    return columns | {name: field.column or name for name, field in lead.fields.items()}


def recipe_columns(recipe: Recipe) -> set[str]:
    """Every column of the leads that `recipe` names."""
    lead = recipe.lead
    roles = (lead.id, lead.created_at, lead.order, lead.account_id, lead.cost, lead.opted_out)
    named = {field.column or key for key, field in lead.fields.items()}
    outcome = (recipe.outcomes.column, recipe.outcomes.occurred_at)
    return named | {column for column in (*roles, *outcome) if column}


def absent_words(name: str, absent: list[str], spare: list[str]) -> str:
    """'export.csv lacks the column …, which counts as missing', each with the spare one that may be meant."""
    meant = [(column, known_name(column, spare) or near_name(column, spare)) for column in absent]
    told = [f"'{column}'" + (f" (did you mean '{found}'?)" if found else "") for column, found in meant]
    if len(told) == 1:
        return f"{name} lacks the column {told[0]}, which counts as missing for every lead"
    return f"{name} lacks the columns {', '.join(told)}, which count as missing for every lead"


def near_name(column: str, spare: Sequence[str]) -> str | None:
    """The one of `spare` that `column` may be misspelt as, None where none is near."""
    bare = {_plain(name): name for name in spare}
    meant = near(_plain(column), bare, _NEAR)
    return bare[meant] if meant else None


def known_name(column: str, spare: Sequence[str]) -> str | None:
    """The one of `spare` that some CRM, in some language, calls the same as `column`, or that another CRM
    calls otherwise and means the same by."""
    own = plain(column)
    bare = {plain(name): name for name in spare}
    if own in bare:
        return bare[own]
    columns = [one for preset in presets().values() for one in preset.columns.values()]
    called = [(one.means, [plain(name) for name in one.names]) for one in columns]
    same = [(means, names) for means, names in called if own in names]
    meant = {means for means, _ in same if means is not None}
    others = [(means, names) for means, names in called if means in meant]
    return next((bare[name] for _, names in [*same, *others] for name in names if name in bare), None)


def _plain(column: str) -> str:
    return re.sub(r"[\W_]+", "", column.casefold())


def _with_empty(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    empty = {column: pd.Series([None] * len(frame), index=frame.index, dtype=object) for column in columns}
    return frame.assign(**empty)
