"""What is sent to the ledger: leads, events, outcomes, decisions, scores; and which row each becomes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self, TypeAlias

from sqlalchemy import Table

from features.clock import RANGE_WORDS, in_range
from features.errors import FieldProblem
from serving.ledger.schema import DECISIONS, EVENTS, FIELD_HISTORY, OUTCOMES, SCORES
from serving.score import Score

Cell: TypeAlias = str | float | bool | None
Origin = Literal["change", "export", "history"]
MOST_ID = 500
"""Characters of an id."""
_IDS = ("lead_id", "event_id", "kind", "stage", "source")
_NO_TEXT = ("holds a null byte or half of a character", "Send text in valid UTF-8 without them.")


@dataclass(frozen=True)
class LeadSent:
    """Cells of a lead, by the recipe's field names or columns, that hold since `valid_from_us`.

    The source's own time, not that of arrival: a change that comes late takes its place among the others. An
    empty cell (None) says that the field is empty from then on; a field that is not named stays as it is.
    """

    source: str
    lead_id: str
    cells: Mapping[str, Cell] = field(repr=False)
    valid_from_us: int
    origin: Origin = "change"

    table = FIELD_HISTORY

    @property
    def key(self) -> object:
        """The same cells of the same moment are one row however often they are sent."""
        return [self.source, self.lead_id, self.origin, self.valid_from_us, dict(self.cells)]

    @property
    def columns(self) -> dict[str, Any]:
        """The row that it becomes."""
        return {"lead_id": self.lead_id, "origin": self.origin, "valid_from_us": self.valid_from_us,
                "cells": _json(dict(self.cells))}  # fmt: skip


@dataclass(frozen=True)
class EventSent:
    """Something that a lead did. (`source`, `event_id`) names it; without an id all that is said of it does.

    `ingested_us` is what the source says, not when it arrived here: sent again it would be another content.
    `repetition` tells apart events of a table without ids that are alike: two page views may coincide.
    """

    source: str
    lead_id: str
    kind: str
    occurred_us: int
    event_id: str | None = None
    ingested_us: int | None = None
    value: str | None = field(default=None, repr=False)
    repetition: int = 0

    table = EVENTS

    @property
    def key(self) -> object:
        """The id within its source, else the whole content."""
        if self.event_id is not None:
            return [self.source, self.event_id]
        return [self.source, None, self.columns, self.repetition]

    @property
    def columns(self) -> dict[str, Any]:
        """The row that it becomes."""
        return {"event_id": self.event_id, "lead_id": self.lead_id, "kind": self.kind,
                "occurred_us": self.occurred_us, "ingested_us": self.ingested_us,
                "value": self.value}  # fmt: skip


@dataclass(frozen=True)
class OutcomeSent:
    """A stage that a lead reached; `occurred_us` is None where nobody knows when."""

    source: str
    lead_id: str
    stage: str
    occurred_us: int | None
    amount: str | None = field(default=None, repr=False)

    table = OUTCOMES

    @property
    def key(self) -> object:
        """All that is said of it: another amount is another row."""
        return [self.source, self.lead_id, self.stage, self.occurred_us, self.amount]

    @property
    def columns(self) -> dict[str, Any]:
        """The row that it becomes."""
        return {"lead_id": self.lead_id, "stage": self.stage, "occurred_us": self.occurred_us,
                "amount": self.amount}  # fmt: skip


@dataclass(frozen=True)
class ScoreGiven:
    """An answer: the whole `Score` as JSON, and the features that it was computed from, as JSON.

    `shadow`: by a challenger, told to nobody.
    """

    lead_id: str
    as_of_us: int
    rung: str
    version: str
    recipe_hash: str
    answer: str = field(repr=False)
    features: str | None = field(default=None, repr=False)
    shadow: bool = False
    source: str = "leadscore"

    table = SCORES

    @classmethod
    def of(
        cls, score: Score, lead_id: str, as_of_us: int, version: str, recipe_hash: str,
        row: Mapping[str, float | str | None] | None = None, *, shadow: bool = False,
    ) -> Self:  # fmt: skip
        """The row of `score`, computed from the features `row` (None: they are not kept).

        `version` is that of who would have answered, where nobody did.
        """
        by, features = score.scored_by, None
        if row is not None:
            known = {name: None if value != value else value for name, value in row.items()}  # NaN is no JSON
            features = json.dumps(known, allow_nan=False)
        return cls(
            lead_id, as_of_us, by.rung if by else "none", by.version if by else version, recipe_hash,
            score.model_dump_json(), features, shadow,
        )  # fmt: skip

    @property
    def key(self) -> object:
        """An answer of one version about one moment; another answer to the same is another row."""
        return [self.lead_id, self.as_of_us, self.version, self.shadow, self.answer]

    @property
    def columns(self) -> dict[str, Any]:
        """The row that it becomes."""
        return {"lead_id": self.lead_id, "as_of_us": self.as_of_us, "rung": self.rung,
                "version": self.version, "recipe_hash": self.recipe_hash, "shadow": self.shadow,
                "answer": self.answer, "features": self.features}  # fmt: skip


@dataclass(frozen=True)
class DecisionSent:
    """What was decided of a lead, at `decided_us` by the source's own time; `by` whom, in the source's words.

    'deletion', 'restore', 'merge' (`content`: into which lead), 'unmerge' and 'erasure' say whether it is a
    lead of its own (see `gone`); other kinds are kept as they are.
    """

    source: str
    lead_id: str
    kind: str
    decided_us: int
    by: str = field(default="", repr=False)
    reason: str = field(default="", repr=False)
    content: str | None = None
    expires_us: int | None = None

    table = DECISIONS

    @property
    def key(self) -> object:
        """All that is said of it."""
        return [self.source, self.columns]

    @property
    def columns(self) -> dict[str, Any]:
        """The row that it becomes."""
        return {"lead_id": self.lead_id, "kind": self.kind, "by": self.by, "reason": self.reason,
                "content": self.content, "decided_us": self.decided_us,
                "expires_us": self.expires_us}  # fmt: skip


Sent: TypeAlias = LeadSent | EventSent | OutcomeSent | ScoreGiven | DecisionSent


@dataclass(frozen=True)
class Kept:
    """A row of intake: where it goes, its natural key and the digest of all that was sent."""

    table: Table
    natural_key: str
    digest: str
    row: dict[str, Any] = field(repr=False)


def kept(item: Sent, now_us: int) -> Kept | FieldProblem:
    """The row of `item`, or what is wrong with it; nothing of its values is said."""
    try:
        columns = item.columns
        if (problem := _problem(item, columns)) is not None:
            return problem
        key, digest = digest_of(item.key), digest_of([item.source, columns])
    except (ValueError, TypeError):
        return FieldProblem(
            "cells", "holds a number that is not finite, or no plain value", "Leave it empty."
        )
    row = columns | {"natural_key": key, "digest": digest, "source": item.source, "recorded_us": now_us}
    return Kept(item.table, key, digest, row)


def digest_of(content: object) -> str:
    """Hex SHA-256 of JSON-able content, whatever the order of its keys.

    Raises:
        ValueError: it holds a number that is not finite.
    """
    return hashlib.sha256(_json(content).encode("utf-8", "surrogatepass")).hexdigest()


def _problem(item: Sent, columns: dict[str, Any]) -> FieldProblem | None:
    texts: dict[str, Any] = columns | {"source": item.source}
    for name, value in texts.items():
        if name in _IDS and value is not None:
            if not value.strip():
                return FieldProblem(name, "is empty", f"Give each row its {name}.")
            if len(value) > MOST_ID:
                return FieldProblem(name, f"is longer than {MOST_ID} characters", "Send the id alone.")
        if isinstance(value, str) and not storable(value):
            return FieldProblem(name, *_NO_TEXT)
        if name.endswith("_us") and value is not None and not in_range(value):
            return FieldProblem(name.removesuffix("_us"), f"is no date {RANGE_WORDS}", "Correct the date.")
    cells = item.cells.items() if isinstance(item, LeadSent) else ()
    if any(isinstance(text, str) and not storable(text) for cell in cells for text in cell):
        return FieldProblem("cells", *_NO_TEXT)
    return None


def storable(text: str) -> bool:
    """Whether every database keeps it: PostgreSQL takes no null byte, none takes half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
