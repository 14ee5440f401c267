"""Writes a recipe that a person can read and finish: every guess has its reason beside it."""

from __future__ import annotations

import re
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from features.discovery.draft import Draft, DraftField, means_fits
from features.discovery.event_meaning import meaning
from features.discovery.guesses import Question
from features.discovery.relations import file_name
from features.discovery.toml_text import because, inline_of, remark, sql_of, table_of
from features.profiles import (
    Joined,
    TableProfile,
    date_column,
    plain,
    presets,
    stage_column,
)

_WIDTH = 100
_SEASONS_FROM = 2.5
"""Years of leads from which the training part has met each month about twice."""


def write_recipe(draft: Draft) -> str:
    """The recipe as TOML text; `features.recipe.file.parse_recipe` accepts it."""
    sections = {
        "recipe": _about(draft), "tables": _tables(draft), "lead": _lead(draft),
        "lead.fields": _fields(draft), "events": _events(draft), "events.kinds": _kinds(draft),
        "outcomes": _outcomes(draft), "field_history": _history(draft), "snapshots": _snapshots(draft),
        "split": _split(draft), "features": _features(draft),
    }  # fmt: skip
    texts = [
        "".join(remark(line).as_string() for line in _above(name, draft)) + f"[{name}]\n{table.as_string()}"
        for name, table in sections.items()
        if table is not None
    ]
    return "\n".join(texts)


def _above(name: str, draft: Draft) -> list[str]:
    """The remarks above the heading of a section."""
    if name == "events.kinds":
        return ["interest, intent, negative, contact (we did it) or neutral"]
    if name != "recipe":
        return []
    origin = presets()[draft.crm].name if draft.crm else "a list"
    return [
        f"Written by 'leadscore init' from {draft.leads.raw.name}: {draft.leads.rows:,} rows of {origin}.",
        "Read it through: what is wrong here is wrong in the model.",
    ]


def _about(draft: Draft) -> Table:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", draft.name).strip("-._") or "leads"
    zone = because("UTC", 'of dates without an offset, such as "Europe/Paris"')
    section = table_of({"name": name, "zone": zone})
    if draft.leads.role("created_at") is not None:
        section.add("horizon_days", because(draft.horizon, draft.horizon_reason))
    return section


def _tables(draft: Draft) -> Table:
    beside = {"events": draft.events, "outcomes": draft.outcome.joined, "field_history": draft.history}
    joined = {kind: _source(kind, found.table, draft) for kind, found in beside.items() if found}
    if draft.history and (found := draft.history.table.changes) and found.preset.select:
        joined["field_history"] = sql_of(found.select(file_name(draft.history.table.path, draft.folder)))
    return table_of({"leads": _source("leads", draft.leads, draft), **joined})


def _source(kind: str, table: TableProfile, draft: Draft) -> Any:
    """A file by its name, or a SELECT."""
    if kind not in draft.relations:
        return file_name(table.path, draft.folder)
    return sql_of(draft.relations[kind])


def _lead(draft: Draft) -> Table:
    leads, section = draft.leads, tomlkit.table()
    if (column := leads.role("id")) is not None:
        section.add("id", _checked(column.name, draft, "id"))
    else:
        section.add(remark('id = "…"  # no column is different for each lead: the row number is the id'))
    created = leads.role("created_at")
    if leads.counter is not None:
        section.add("order", leads.counter)
    elif created is None:
        section.add(remark('created_at = "…"  # no date says when leads came'))
    elif created.format.type != "date":
        section.add("order", created.name)
    else:
        section.add("created_at", _checked(created.name, draft, "creation"))
        if created.format.format is not None:
            section.add("created_format", created.format.format)
    for other in leads.columns.values():
        if other.role in ("account_id", "cost", "opted_out"):
            section.add(other.role, other.name)
    return section


def _checked(value: Any, draft: Draft, question: Question) -> Any:
    """A value, with what is to be checked beside it where it is not sure."""
    doubt = draft.doubts.get(question)
    return value if doubt is None else because(value, f"check: {doubt}")


def _fields(draft: Draft) -> Table:
    """Used fields first; those left out keep their definition, their reason, and `use = false`."""
    left_out = [found for found in draft.fields if found.left_out is not None]
    section = tomlkit.table()
    for found in [found for found in draft.fields if found.left_out is None]:
        if found.mark is not None:
            section.add(remark(f"May be known only later: {found.mark}"))
        why = f"check: what one {', one '.join(found.currencies[1:])} is worth" if found.currencies else ""
        section.add(found.name, because(_field(found), why) if why else _field(found))
    if left_out:
        section.add(remark("Left out, each for the reason above it; 'use = true' puts one back."))
    for found in left_out:
        section.add(remark(str(found.left_out)))
        section.add(found.name, _field(found))
    return section


def _field(found: DraftField) -> InlineTable:
    column = found.column
    parts: dict[str, Any] = {"type": "category" if column.format.type == "id" else str(column.format.type)}
    if column.name != found.name:
        parts["column"] = column.name
    if column.format.format is not None:
        parts["format"] = column.format.format
    if found.known != "creation":
        parts["known"] = "current"
    if column.means is not None and means_fits(column):
        parts["means"] = column.means
    if column.format.missing:
        parts["missing"] = list(column.format.missing)
    if found.currencies:
        parts["rates"] = inline_of({found.currencies[0]: 1})
    if found.left_out is not None:
        parts["use"] = False
    return inline_of(parts)


def _events(draft: Draft) -> Table | None:
    joined = draft.events
    if joined is None:
        return None
    table = joined.table
    kind, when = stage_column(table, joined.key), date_column(table)
    section = table_of({"lead_id": joined.key, "occurred_at": str(when)})
    if when is not None and (written := table.columns[when].format.format) is not None:
        section.add("occurred_format", written)
    return table_of(_event_roles(joined), table_of({"kind": str(kind)}, section))


def _kinds(draft: Draft) -> Table | None:
    """What each kind of event says; the commonest first, and those left out as remarks."""
    joined = draft.events
    if joined is None:
        return None
    kind = stage_column(joined.table, joined.key)
    texts = joined.table.cells(kind).value_counts().index.tolist() if kind else []
    section = table_of({text: meaning(text) for text in texts if text not in draft.telling})
    for text, reason in draft.telling.items():
        section.add(remark(f"Left out: {reason}"))
        section.add(remark(f"{tomlkit.item(text).as_string()} = {tomlkit.item(meaning(text)).as_string()}"))
    return section


def _event_roles(joined: Joined) -> dict[str, str]:
    """Optional columns of an event log, by the words people use for them."""
    words = {
        "event_id": r"event id|activity id|id",
        "ingested_at": r"ingested at|received at|loaded at|available at",
        "value": r"value|amount|montant",
    }
    return {
        role: column.name
        for role, pattern in words.items()
        for column in [
            next((c for c in joined.table.columns.values() if re.fullmatch(pattern, plain(c.name))), None)
        ]
        if column is not None and column.name != joined.key
    }


def _outcomes(draft: Draft) -> Table | None:
    ended, section = draft.outcome, tomlkit.table()
    if ended.joined is None and ended.main is None:
        doubt = draft.doubts.get("outcome")
        return None if doubt is None else section.add(remark(f'column = "…"  # check: {doubt}'))
    if ended.joined is not None:
        table_of({"lead_id": ended.joined.key, "stage": str(ended.stage)}, section)
    else:
        section.add("column", _checked(str(ended.main), draft, "outcome"))
    if ended.date is not None:
        section.add("occurred_at", ended.date)
        if ended.date_format is not None:
            section.add("occurred_format", ended.date_format)
    won = list(ended.won_values)
    section.add("won", because(won, "any value") if won == ["*"] else _checked(won, draft, "won"))
    section.add("lost", list(ended.lost_values))
    if ended.undated_losses:
        section.add(remark(f"lost, without a date: {', '.join(ended.undated_losses)[:_WIDTH]}"))
    if opened := [value for value in ended.other_values if value not in ended.undated_losses]:
        section.add(remark(f"neither, as yet: {', '.join(opened)[:_WIDTH]}"))
    created = draft.leads.role("created_at")
    if created is None or created.format.type != "date":
        section.add("at_once", because(True, "nothing is dated: the outcome is that of the row"))
    if (amount := _amount(ended.joined)) is not None:
        section.add("amount", amount)
    told = [*ended.won_values, *ended.lost_values]
    stages = {value: step for value in ended.other_values if value not in told and (step := _step(value))}
    if stages:
        section.add("stages", inline_of(stages))
    return section


def _amount(joined: Joined | None) -> str | None:
    """The column of a table of outcomes that says what a customer brought."""
    columns = [] if joined is None else joined.table.columns.values()
    called = re.compile(r"(?:deal |won )?(?:amount|value|revenue)|montant|valeur|betrag|umsatz")
    found = (c.name for c in columns if c.format.type == "number" and called.fullmatch(plain(c.name)))
    return next(found, None)


_STEPS = {
    "mql": r"mql|marketing qualified(?: lead)?|lead qualifie marketing|lead marketing qualifie",
    "sal": r"sal|sales accepted(?: lead)?|accepted by sales|lead accepte",
    "sql": r"sql|sales qualified(?: lead)?|lead qualifie commercial|lead commercial qualifie",
    "opportunity": r"opportunity(?: created)?|opportunite|verkaufschance",
}


def _step(value: str) -> str | None:
    """The step of a funnel that a stage's name says plainly."""
    text = plain(value)
    return next((step for step, words in _STEPS.items() if re.fullmatch(words, text)), None)


_CHANGES = {"field": r"field|field event|property|champ.*", "value": r"(?:new )?value|(?:nouvelle )?valeur"}


def _history(draft: Draft) -> Table | None:
    """`[field_history]`, by the preset of the table, else by the words that people use for its columns."""
    if draft.history is None:
        return None
    table, key = draft.history.table, draft.history.key
    if (found := table.changes) is None:
        words = _CHANGES.items()
        named = {
            role: next((n for n in table.columns if re.fullmatch(w, plain(n))), role) for role, w in words
        }
        return table_of({"lead_id": key, **named, "changed_at": date_column(table) or "changed_at"})
    said = {"unchanged": found.preset.unchanged} if found.preset.unchanged != "unknown" else {}
    section = table_of(dict(found.columns) | ({} if found.preset.select else {"lead_id": key}) | said)
    fields = {one.name: one.column.name for one in draft.fields if one.column.known == "current"}
    told = None if found.preset.select else set(table.cells(found.columns["field"]).dropna())
    names = {n: f for n, f in found.names(draft.crm, fields).items() if told is None or n in told}
    return table_of({"names": inline_of(names)} if names else {}, section)


def _snapshots(draft: Draft) -> Table | None:
    """Without events a lead looks the same at every age, so that one look is enough."""
    if draft.events is not None or draft.history is not None:
        return None
    return table_of({"at_days": [0]})


def _split(draft: Draft) -> Table | None:
    if draft.rows is not None:
        doubt = draft.doubts.get("creation")
        why = draft.rows.why if doubt is None else f"check: {doubt}"
        return table_of({"by": because("time" if draft.rows.is_time else "lot", why)})
    if draft.train_from is None:
        return None
    section = tomlkit.table()
    section.add(remark("No win was recorded before this day: older leads only look lost."))
    return table_of({"train_from": draft.train_from.isoformat()}, section)


def _features(draft: Draft) -> Table | None:
    """What recipes do not get unasked: recurring titles as levels, seasons where years have shown them."""
    section, added = tomlkit.table(), tomlkit.array()
    for name in draft.recurring_titles:  # "teacher" has no keyword, and may say more than "manager"
        added.append(inline_of({"type": "field_value", "field": name, "dtype": "category"}))
    if added:
        section.add("add", because(added, "each title as a level, beside its keywords"))
    if draft.years >= _SEASONS_FROM:
        section.add("season", because(True, f"leads of {draft.years:.1f} years tell one month from another"))
    return section if len(section) else None
