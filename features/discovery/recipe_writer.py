"""Writes a recipe that a person can read and finish: every guess has its reason beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from features.discovery.draft import Draft, DraftField
from features.discovery.event_meaning import meaning
from features.discovery.relations import file_name
from features.profiles import ColumnProfile, Joined, TableProfile, date_column, plain, presets, stage_column

_WIDTH = 100


def write_recipe(draft: Draft) -> str:
    """The recipe as TOML text; `features.recipe.file.parse_recipe` accepts it."""
    parts = [
        _about(draft), _tables(draft), _lead(draft), _fields(draft), _events(draft), _outcomes(draft),
        _history(draft), _snapshots(draft), _split(draft),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(draft: Draft) -> str:
    origin = presets()[draft.crm].name if draft.crm else "a list"
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", draft.name).strip("-._") or "leads"
    dated = draft.leads.role("created_at") is not None
    rows = f"{draft.leads.rows:,} rows"
    horizon = f"horizon_days = {draft.horizon}  # {draft.horizon_reason}"
    return "\n".join(
        [
            f"# Written by 'leadscore init' from {draft.leads.raw.name}: {rows} of {origin}.",
            "# Read it through: what is wrong here is wrong in the model.",
            "[recipe]",
            f"name = {_quoted(name)}",
            'zone = "UTC"  # of dates without an offset, such as "Europe/Paris"',
            *([horizon] if dated else []),
        ]
    )


def _tables(draft: Draft) -> str:
    lines = ["[tables]", f"leads = {_source('leads', draft.leads, draft)}"]
    beside = {"events": draft.events, "outcomes": draft.outcome.joined, "field_history": draft.history}
    lines += [f"{kind} = {_source(kind, joined.table, draft)}" for kind, joined in beside.items() if joined]
    return "\n".join(lines)


def _source(kind: str, table: TableProfile, draft: Draft) -> str:
    """A file by its name, or a SELECT."""
    if kind in draft.relations:
        return f'{{ sql = """\n{draft.relations[kind]}\n""" }}'
    return _quoted(file_name(table.path, draft.folder))


def _lead(draft: Draft) -> str:
    leads, lines = draft.leads, ["[lead]"]
    if (column := leads.role("id")) is not None:
        lines.append(f"id = {_quoted(column.name)}")
    else:
        lines.append('# id = "…"  # no column tells the leads apart: the row number names them')
    created = leads.role("created_at")
    if leads.counter is not None:
        lines.append(f"order = {_quoted(leads.counter)}")
    elif created is None:
        lines.append('# created_at = "…"  # no date: the order of rows stands for time')
    elif created.format.type != "date":
        lines.append(f"order = {_quoted(created.name)}")
    else:
        lines.append(f"created_at = {_quoted(created.name)}")
        if created.format.format is not None:
            lines.append(f"created_format = {_quoted(created.format.format)}")
    roles = ("account_id", "cost", "opted_out")
    lines += [f"{c.role} = {_quoted(c.name)}" for c in leads.columns.values() if c.role in roles]
    return "\n".join(lines)


def _fields(draft: Draft) -> str:
    """Used fields first; those left out keep their definition, their reason, and `use = false`."""
    used = [_field(field) for field in draft.fields if field.left_out is None]
    lines = ["[lead.fields]", *used]
    left_out = [field for field in draft.fields if field.left_out is not None]
    if left_out:
        lines.append("# Left out, each for the reason above it; 'use = true' puts one back.")
    for found in left_out:
        lines.extend([f"# {found.left_out}", _field(found)])
    return "\n".join(lines)


def _field(found: DraftField) -> str:
    column, parts = found.column, []
    kind = "category" if column.format.type == "id" else column.format.type
    parts.append(f"type = {_quoted(str(kind))}")
    if column.name != found.name:
        parts.append(f"column = {_quoted(column.name)}")
    if column.format.format is not None:
        parts.append(f"format = {_quoted(column.format.format)}")
    if column.known != "creation":
        parts.append('known = "current"')
    if column.means is not None and _means_fits(column):
        parts.append(f"means = {_quoted(column.means)}")
    if column.format.missing:
        parts.append(f"missing = {_list(column.format.missing)}")
    if found.left_out is not None:
        parts.append("use = false")
    return f"{found.name} = {{ {', '.join(parts)} }}"


def _means_fits(column: ColumnProfile) -> bool:
    """Sizes and years are numbers or classes, a title is words: a name alone may mislead."""
    if column.format.type == "number":
        return column.means in ("size", "revenue", "founded")
    return column.format.type in ("category", "text", "id")


def _events(draft: Draft) -> str:
    joined = draft.events
    if joined is None:
        return ""
    table = joined.table
    kind, when = stage_column(table, joined.key), date_column(table)
    lines = ["[events]", f"lead_id = {_quoted(joined.key)}", f"occurred_at = {_quoted(str(when))}"]
    if when is not None and (written := table.columns[when].format.format) is not None:
        lines.append(f"occurred_format = {_quoted(written)}")
    lines.append(f"kind = {_quoted(str(kind))}")
    lines += [f"{role} = {_quoted(name)}" for role, name in _event_roles(joined).items()]
    kinds = table.cells(str(kind)).value_counts().index.tolist() if kind else []
    meanings = [f"{_key(text)} = {_quoted(meaning(text))}" for text in kinds]
    return "\n".join(
        [
            *lines,
            "",
            "# interest, intent, negative, contact (we did it) or neutral",
            "[events.kinds]",
            *meanings,
        ]
    )


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


def _outcomes(draft: Draft) -> str:
    ended, lines = draft.outcome, ["[outcomes]"]
    if ended.joined is None and ended.main is None:
        return ""
    if ended.joined is not None:
        lines += [f"lead_id = {_quoted(ended.joined.key)}", f"stage = {_quoted(str(ended.stage))}"]
    else:
        lines.append(f"column = {_quoted(str(ended.main))}")
    if ended.date is not None:
        lines.append(f"occurred_at = {_quoted(ended.date)}")
        if ended.date_format is not None:
            lines.append(f"occurred_format = {_quoted(ended.date_format)}")
    won = "  # any value" if ended.won_values == ("*",) else ""
    lines += [f"won = {_list(ended.won_values)}{won}", f"lost = {_list(ended.lost_values)}"]
    if ended.undated_losses:
        lines.append(f"# lost, but nobody knows when: {', '.join(ended.undated_losses)[:_WIDTH]}")
    if opened := [value for value in ended.other_values if value not in ended.undated_losses]:
        lines.append(f"# neither, as yet: {', '.join(opened)[:_WIDTH]}")
    created = draft.leads.role("created_at")
    if created is None or created.format.type != "date":
        lines.append("at_once = true  # nothing is dated: the outcome is that of the row")
    return "\n".join(lines)


def _history(draft: Draft) -> str:
    """The columns of a table of changes, by the words that CRMs use for them."""
    if draft.history is None:
        return ""
    table, lines = draft.history.table, ["[field_history]", f"lead_id = {_quoted(draft.history.key)}"]
    words = {
        "field": r"field|field event|property|champ.*",
        "value": r"new value|value|valeur|nouvelle valeur",
    }
    for role, pattern in words.items():
        name = next((name for name in table.columns if re.fullmatch(pattern, plain(name))), role)
        lines.append(f"{role} = {_quoted(name)}")
    lines.append(f"changed_at = {_quoted(date_column(table) or 'changed_at')}")
    return "\n".join(lines)


def _snapshots(draft: Draft) -> str:
    """Without events a lead looks the same at every age, so that one look is enough."""
    if draft.events is not None or draft.history is not None:
        return ""
    return "[snapshots]\nat_days = [0]"


def _split(draft: Draft) -> str:
    if draft.train_from is None:
        return ""
    reason = "# No win was recorded before this day: older leads only look lost."
    return f"[split]\n{reason}\ntrain_from = {_quoted(draft.train_from.isoformat())}"


def _quoted(text: str) -> str:
    """A TOML basic string; its escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _quoted(text)


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(_quoted(text) for text in texts)}]"
