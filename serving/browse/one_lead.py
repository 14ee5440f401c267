"""One row of a scored export as a lead again: read as a request is, so that the same code answers for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from features.cells import field_parsers, is_missing
from features.clock import now_us
from features.lead import Lead
from features.recipe import Recipe
from serving.answer import Explanation, Ladder, explain
from serving.api.envelope import heard, read_item
from serving.api.explaining import with_change
from serving.asked import Heard
from serving.browse.rows import ScoredRows
from serving.browse.won_before import WonLead
from serving.score import Score

SAME_CHANCE = 5e-4
"""Probabilities as far apart are one: files keep four digits."""
_ALIKE = 5
_CANDIDATES = 20_000


@dataclass(frozen=True)
class OpenedLead:
    """A row, the request that it comes to, and what came of reading it."""

    row: Mapping[str, Any]
    item: dict[str, Any]
    lead: Lead | Score
    said: Heard


def opened_lead(
    ladder: Ladder, rows: ScoredRows, place: int, columns: Mapping[str, str], said: Heard
) -> OpenedLead | None:
    """The lead in the row `place`; None where there is no such row. `said`: who objects to being profiled."""
    row = rows.row(place)
    return None if row is None else _opened(ladder, rows, row, columns, said)


def _opened(
    ladder: Ladder, rows: ScoredRows, row: Mapping[str, Any], columns: Mapping[str, str], said: Heard
) -> OpenedLead:
    """The lead in `row`."""
    recipe = ladder.recipe
    lead_id = str(row.get(columns.get("id", "")) or f"row {row['row'] + 1}").strip()
    item: dict[str, Any] = {"lead_id": lead_id, "fields": _fields(recipe, row, columns)}
    if not is_missing(row.get("ls_as_of")):
        item["as_of"] = str(row["ls_as_of"])
    if recipe.outcomes.column is None and not is_missing(row.get(columns.get("stage", ""))):
        item["stage"] = str(row[columns["stage"]])
    happened = rows.happened(recipe, lead_id)
    if happened is not None:
        item["events"] = [{key: _plain(cell) for key, cell in event.items()} for event in happened]
    return OpenedLead(row, item, heard(read_item(ladder.reader, item, now_us()), said), said)


def told_anew(
    ladder: Ladder, rows: ScoredRows, found: Sequence[Mapping[str, Any]], columns: Mapping[str, str],
    said: Heard,
) -> dict[int, str]:  # fmt: skip
    """Row → its reasons for, told by `ladder`, of those of `found` that it scores as the file does.

    Another model, or events that came later, would give reasons for another score: such rows are left out.
    """
    given = [row for row in found if row["ls_reasons_for"] and row["ls_probability"] is not None]
    opened = [(row, _opened(ladder, rows, row, columns, said).lead) for row in given]
    leads = [(row, lead) for row, lead in opened if isinstance(lead, Lead)]
    scores = ladder.score([lead for _, lead in leads])
    return {
        int(row["row"]): "; ".join(reason.text for reason in score.reasons_for)
        for (row, _), score in zip(leads, scores, strict=True)
        if score.probability is not None and abs(score.probability - row["ls_probability"]) <= SAME_CHANCE
    }


def _fields(recipe: Recipe, row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The cells of a row under the names that a request gives them."""
    roles = {
        "created_at": recipe.lead.created_at, "opted_out": recipe.lead.opted_out,
        "account": recipe.lead.account_id, "outcome": recipe.outcomes.column,
    }  # fmt: skip
    found = {str(key): _plain(row.get(columns.get(role, ""))) for role, key in roles.items() if key}
    if recipe.outcomes.column and recipe.outcomes.occurred_at in row:
        found[str(recipe.outcomes.occurred_at)] = _plain(row[str(recipe.outcomes.occurred_at)])
    return found | {name: _plain(row.get(columns[name])) for name in recipe.lead.fields}


def _plain(cell: Any) -> Any:
    """A cell as JSON would have it."""
    if cell is None or cell != cell:
        return None
    return cell if isinstance(cell, str | int | float | bool) else str(cell)


def explained_lead(ladder: Ladder, opened: OpenedLead) -> Explanation | None:
    """The score with its arithmetic, None where the row cannot be read."""
    return explain(ladder, opened.lead) if isinstance(opened.lead, Lead) else None


def what_if(
    ladder: Ladder, opened: OpenedLead, fields: Mapping[str, Any], more: list[Any]
) -> tuple[Score, Score] | None:
    """The score as it is and as it would be, by the code of /v1/what-if; None where nothing is changed."""
    if not isinstance(opened.lead, Lead) or not (fields or more):
        return None
    after = heard(with_change(ladder.reader, opened.lead, opened.item, fields, more), opened.said)
    first = ladder.score([opened.lead])[0]
    return first, after if isinstance(after, Score) else ladder.score([after])[0]


@dataclass(frozen=True)
class AlikeLead:
    """A customer who was like a lead: how much, the row of the file or None, and the id."""

    share: float
    row: Mapping[str, Any] | None
    lead_id: str


def alike(
    recipe: Recipe, rows: ScoredRows, opened: OpenedLead, columns: Mapping[str, str],
    known: Iterable[WonLead] = (),
) -> list[AlikeLead]:  # fmt: skip
    """The customers of the file, and those `known` beside it, that are most like this lead.

    Gower's similarity (1971) over the fields that the model reads: texts and categories are alike where they
    are equal, numbers by how near they are on the range of the converted ones; what this lead lacks is left
    out, what the other lacks counts 0.
    """
    fields = {
        name: field
        for name, field in recipe.lead.fields.items()
        if field.use and field.type not in ("email", "phone", "date")
    }
    parse = {one.name: one.parse for one in field_parsers(recipe) if one.name in fields}
    of_file = [(row, {name: row.get(columns[name]) for name in fields}) for row in rows.won(_CANDIDATES)]
    ids = {str(row.get(rows.id)) for row, _ in of_file} | {str(opened.item["lead_id"])}
    beside = [(None, one.cells, one.lead_id) for one in known if one.lead_id not in ids]
    won = [(row, cells, str(row.get(rows.id) or "")) for row, cells in of_file] + beside
    own = {name: _value(parse[name], opened.row.get(columns[name])) for name in fields}
    own = {name: value for name, value in own.items() if value is not None}
    theirs = [{name: _value(parse[name], cells.get(name)) for name in own} for _, cells, _ in won]
    numbers = [name for name in own if fields[name].type == "number"]
    spans = {name: _span([own[name], *(values[name] for values in theirs)]) for name in numbers}
    found = []
    for (row, _, lead_id), values in zip(won, theirs, strict=True):
        both = [(name, values[name]) for name in own if values[name] is not None]
        shares = [
            1 - abs(value - own[name]) / spans[name] if name in spans else float(value == own[name])
            for name, value in both
        ]
        if shares and (row is None or row["row"] != opened.row["row"]):
            found.append(AlikeLead(sum(shares) / len(own), row, lead_id))
    return sorted(found, key=lambda one: -one.share)[:_ALIKE]


def _value(parse: Callable[[object], Any], cell: Any) -> Any:
    """A cell as the model reads it; None where it is missing or cannot be read."""
    try:
        return parse(cell)
    except ValueError:
        return None


def _span(values: list[Any]) -> float:
    known = [float(value) for value in values if value is not None]
    return max(max(known) - min(known), 1e-12)
