"""The recipe that fits what was found, with a remark on each guess."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.cells import number
from features.cells.currencies import currency_of
from features.clock.instants import localise
from features.discovery.draft import Draft, DraftField, field_names
from features.discovery.history_shape import day_ends, propose_horizon, propose_start, steady
from features.discovery.relations import file_name
from features.discovery.usable import LEFT_OUT, account_as_level, is_usable
from features.errors import LeadscoreError
from features.leaks import WhenKnown
from features.outcome import ANY_VALUE, OutcomeSource
from features.profiles import ColumnProfile, Company, Joined, TableProfile, plain, stage_column, stand_ins
from features.recipe.crm import Known
from features.row_order import RowOrder

_CURRENCY = re.compile(r"\b(?:currency\w*|devise|monnaie|wahrung\w*)\b")
_MONEY = re.compile(
    r"\b(?:amount|revenue|budget|price|value|turnover|cost|montant|chiffre|prix|valeur|cout|betrag|preis"
    r"|umsatz|wert|kosten)\b"
)
_CONVERT = (
    "convert them to one currency in the file, or write the code beside each amount and declare 'rates', or "
    "leave the field out"
)

POSITIVE = ("size", "founded")
"""Meanings of which 0 cannot be: a company has somebody in it, and began in some year."""


def draft_recipe(
    company: Company,
    ended: OutcomeSource,
    judged: tuple[WhenKnown, ...],
    excluded: set[str],
    folder: Path | None,
    name: str | None,
    relations: dict[str, str],
    rows: RowOrder | None,
    order: NDArray[np.float64] | None,
    telling: dict[str, str],
) -> Draft:
    """Everything that the recipe says."""
    leads = company.leads
    fields = _usable_fields(company, ended, judged, excluded)
    fields += _account_level(leads, fields, order if rows is None or rows.is_time else None, excluded)
    draft = Draft(
        name=name or leads.path.name.split(".")[0],
        leads=leads,
        fields=fields,
        outcome=ended,
        crm=leads.crm,
        folder=folder,
        relations=relations,
        events=company.kind("events"),
        history=company.kind("field_history"),
        rows=rows,
        telling=telling,
    )
    if np.isnan(ended.won).all():
        draft.remarks.append(
            "no outcome: the scorecard answers by a stated prior, and nothing can be learned"
        )
        return draft
    created = leads.role("created_at")
    _propose_times(draft, created)
    remark(draft, company)
    draft.remarks += [*unknown_remarks(leads, fields), *currency_remarks(leads, fields)]
    return draft


def _usable_fields(
    company: Company, ended: OutcomeSource, judged: tuple[WhenKnown, ...], excluded: set[str]
) -> list[DraftField]:
    """The columns that say something of a lead, each with the reason why a model may not see it, if any."""
    leads = company.leads
    reasons = {one.column: f"{one.kind}: {one.reason}" for one in judged if one.treatment == "left out"}
    marks = {one.column: one for one in judged if one.treatment == "marked"}
    reasons |= dict.fromkeys(excluded - ended.columns, LEFT_OUT)
    usable = [
        column
        for column in leads.columns.values()
        if column.name in reasons or (is_usable(column, leads.rows) and column.name not in ended.columns)
    ]
    if not usable and company.kind("events") is None:
        raise LeadscoreError(
            f"{leads.raw.name}: besides ids, dates and the outcome no column says anything of them: each "
            "is empty, constant, free text, or names a person.",
            "Export more columns: where leads come from, what company they are, what they asked for.",
        )
    names = field_names(usable)
    return [
        DraftField(
            names[column.name],
            column,
            reasons.get(column.name),
            marks[column.name].reason if column.name in marks else None,
            _known(column, marks.get(column.name)),
            currencies_of(leads, column),
        )
        for column in usable
    ]


def _account_level(
    leads: TableProfile, fields: Sequence[DraftField], order: NDArray[np.float64] | None, excluded: set[str]
) -> list[DraftField]:
    """The account once more, as a field, where leads in time are of accounts that come back."""
    column = None if order is None else account_as_level(leads, order)
    if column is None or column.name in excluded:
        return []
    taken = {found.name for found in fields}
    return [DraftField(next(name for name in ("account", "account_level") if name not in taken), column)]


def _known(column: ColumnProfile, mark: WhenKnown | None) -> Known:
    """When a field was known, as a recipe says it: what grows with the process is what it is now."""
    grows = mark is not None and mark.when != "unknown"
    return "current" if grows else column.known


def _propose_times(draft: Draft, created: ColumnProfile | None) -> None:
    """Since when the history counts, and how long an outcome takes."""
    leads, ended = draft.leads, draft.outcome
    if created is not None and created.format.type == "date":
        occurred = np.full(leads.rows, np.nan) if ended.occurred is None else steady(ended.occurred)
        values = steady(np.asarray(leads.values(created.name), dtype=np.float64))
        draft.train_from = start = propose_start(values, occurred)
        counted = values >= (localise(start, "UTC") if start else -np.inf)
        draft.horizon, draft.horizon_reason = propose_horizon(values[counted], day_ends(occurred[counted]))


def remark_on(ended: OutcomeSource) -> str:
    """Which values mean won and lost, and what happens to others."""
    if ended.won_values == (ANY_VALUE,):
        return f"outcome: a value in '{ended.stage or ended.main}' means won"
    parts = [f"outcome: '{ended.stage or ended.main}' = {' or '.join(ended.won_values[:6])} means won"]
    if dated := [value for value in ended.lost_values if value not in ended.undated_losses]:
        parts.append(f"{' or '.join(dated[:6])} means lost")
    if ended.undated_losses:
        lost = " or ".join(ended.undated_losses[:6])
        parts.append(f"{lost} means lost, without a date, so that it counts as not won within the horizon")
    if opened := [value for value in ended.other_values if value not in ended.undated_losses]:
        parts.append(f"{' or '.join(opened[:6])} neither, as yet")
    return "; ".join(parts) + " (--outcome COLUMN=VALUE decides otherwise)"


def remark(draft: Draft, company: Company) -> None:
    """Says what was assumed, and what was not understood."""
    draft.remarks.insert(0, remark_on(draft.outcome))
    if draft.rows is not None:
        draft.remarks.append(draft.rows.sentence())
    if draft.events is not None:
        _without_telling(draft, draft.events)
    unread = [field.name for field in draft.fields if field.left_out is None and field.known == "current"]
    if unread and draft.events is not None and draft.history is None:
        draft.remarks.append(
            f"{', '.join(unread)}: no feature reads what is only known as of now, since leads are looked at "
            "several times; where it was known when the lead came, take out known = 'current'"
        )
    for table in company.unknown:
        draft.remarks.append(
            f"{table.raw.name}: nothing in it names a lead of {draft.leads.raw.name}; not used"
        )
    select = draft.relations.get("leads", "")
    for joined in company.joined:
        unused = joined.kind == "accounts" and file_name(joined.table.path, draft.folder) not in select
        if joined.kind == "other" or unused:
            draft.remarks.append(
                f"{joined.table.raw.name}: belongs to the leads by '{joined.key}', but is not used"
            )


def _without_telling(draft: Draft, events: Joined) -> None:
    """Says which kinds of events are left out; the whole table where no other is left."""
    for kind, reason in draft.telling.items():
        draft.remarks.append(f"{events.table.raw.name}: '{kind}' is left out of the events: {reason}")
    column = stage_column(events.table, events.key)
    if draft.telling and column and set(events.table.cells(column).dropna().unique()) <= draft.telling.keys():
        draft.remarks.append(f"{events.table.raw.name}: no other kind of event is left; not used")
        draft.events = None


def unknown_remarks(leads: TableProfile, fields: Sequence[DraftField]) -> list[str]:
    """Sentences on the fields that a new recipe uses, and on numbers that it takes to mean "unknown"."""
    remarks = []
    for field in fields:
        column = field.column
        if field.left_out is not None or column.format.type not in ("number", "date"):
            continue
        taken = [text for text in column.format.missing if number(text) is not None]
        remarks += [f'{field.name}: {text} is read as "unknown" (missing)' for text in taken]
        values = np.asarray(leads.values(column.name), dtype=np.float64)
        found = stand_ins(values, positive=column.means in POSITIVE)
        remarks += [one.words(field.name, "UTC" if column.format.type == "date" else None) for one in found]
    return remarks


def currencies_of(leads: TableProfile, column: ColumnProfile) -> tuple[str, ...]:
    """The currencies that stand beside the amounts of a column, the commonest first; none where it is one."""
    if column.format.type != "number":
        return ()
    cells = leads.cells(column.name).dropna()
    found = Counter(code for cell in cells if (code := currency_of(str(cell))))
    return tuple(code for code, _ in found.most_common()) if len(found) > 1 else ()


def currency_remarks(leads: TableProfile, fields: Sequence[DraftField]) -> list[str]:
    """Sentences on amounts of several currencies, that stand beside them or in a column of their own."""
    amounts = [field for field in fields if field.left_out is None and field.column.format.type == "number"]
    said = []
    for field in [field for field in amounts if field.currencies]:
        every, others = (" and ".join(codes) for codes in (field.currencies, field.currencies[1:]))
        said.append(
            f"{field.name}: amounts of several currencies, {every}: those in {others} are refused row by row "
            f"until 'rates' of the field says what one is in {field.currencies[0]}"
        )
    named = [column.name for column in leads.columns.values() if _CURRENCY.search(plain(column.name))]
    for name in named if not said else ():
        codes = leads.cells(name).value_counts()
        money = [field.name for field in amounts if _MONEY.search(plain(field.column.name))]
        if len(codes) > 1 and money:
            said.append(
                f"{', '.join(money)}: amounts of {len(codes)} currencies, as '{name}' says: {_CONVERT}"
            )
    return said
