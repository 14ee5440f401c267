"""What a body would become, shown before anything is stored: columns and kinds, never a value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from features.clock import from_us, now_us
from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.crm.addresses import Addresses
from serving.crm.mapping import load_mapping, vendor_mapping
from serving.crm.rows import RowReader
from serving.ledger.sent import DecisionSent, EventSent, LeadSent, OutcomeSent, Sent
from serving.ledger.store import Ledger


@dataclass(frozen=True)
class TriedRow:
    """One row that would be stored: what it is, of which lead, since or at which moment, and what it says."""

    what: str
    lead_id: str
    at: str
    says: str


@dataclass(frozen=True)
class TriedBody:
    """The rows of a body, what is wrong with it, and how many of its items are what."""

    rows: list[TriedRow]
    problems: list[str]
    counts: dict[str, int]


def tried(vendor: str, recipe: Recipe, body: Path, mapping: Path | None = None) -> TriedBody:
    """What the JSON in `body` would become; leads are known by their addresses where a ledger is at hand.

    Raises:
        LeadscoreError: the vendor is not known, or the body or the mapping cannot be read.
    """
    used = load_mapping(mapping) if mapping is not None else vendor_mapping(vendor)
    try:
        content = json.loads(body.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise LeadscoreError(f"{body}: is no file of JSON.", "Save what the vendor sends as it is.") from None
    try:
        ledger = Ledger.opened()
    except LeadscoreError:
        ledger = None
    read = RowReader(vendor, used, recipe, Addresses(ledger, recipe)).read(content, now_us())
    problems = [f"{one.field}: {one.problem}. {one.remedy}" for one in read.problems]
    return TriedBody([_row(row) for row in read.rows], problems, dict(read.counts))


def _row(row: Sent) -> TriedRow:
    match row:
        case LeadSent():
            says = ", ".join(
                name if cell is not None else f"{name} (empty)" for name, cell in row.cells.items()
            )
            return TriedRow("fields", row.lead_id, _time(row.valid_from_us), says)
        case EventSent():
            return TriedRow("event", row.lead_id, _time(row.occurred_us), row.kind)
        case OutcomeSent():
            return TriedRow("outcome", row.lead_id, _time(row.occurred_us or 0), row.stage)
        case DecisionSent():
            into = f" {row.content}" if row.content else ""
            return TriedRow("decision", row.lead_id, _time(row.decided_us), row.kind + into)
        case _:
            raise AssertionError(type(row))


def _time(us: int) -> str:
    return from_us(us).isoformat(sep=" ", timespec="seconds")
