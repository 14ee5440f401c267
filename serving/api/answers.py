"""What each endpoint answers, as types: API documents are made from them, a test holds answers to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.language import Language
from serving.api.envelope import LeadRequest
from serving.score import Problem, Score


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ItemAnswer(_Said):
    """What became of one item: `known` was there, `conflict` has another's key, `refused` says why."""

    lead_id: str | None
    status: Literal["stored", "known", "conflict", "refused"]
    problems: list[Problem] = Field(default_factory=list)
    note: str | None = None


class IntakeAnswer(_Said):
    """What became of the items, in their order; all that is stored is on the disk."""

    items: list[ItemAnswer]
    stored: int
    known: int
    conflict: int
    refused: int
    replayed: bool
    """The Idempotency-Key came before with this body, and this is that answer."""


class PartAnswer(_Said):
    """A feature's value, and what it adds to the margin in log-odds."""

    feature: str
    text: str
    value: float | str | None
    contribution: float


class ExplainAnswer(_Said):
    """The score with every reason; contributions and `bias` add up to `margin`, null where none answered."""

    score: Score
    margin: float | None
    bias: float | None
    parts: list[PartAnswer]


class Change(_Said):
    """Fields that the lead would have, and events that would have happened beside its own."""

    fields: dict[str, Any] = Field(default_factory=dict)
    events: list[dict[str, Any]] = Field(default_factory=list)


class WhatIfRequest(_Said):
    """A lead, whole or by name, and what would be different of it."""

    lead: LeadRequest
    change: Change


class ScoreDifference(_Said):
    """The second less the first, and [from, to] of words that changed; null where nothing can be said."""

    probability: float | None
    score: int | None
    status: list[str | None] | None
    grade: list[str | None] | None
    maturity: list[str | None] | None


class WhatIfAnswer(_Said):
    """The lead as it is, as it would be, and the difference."""

    before: Score
    after: Score
    difference: ScoreDifference


class KeptAnswer(_Said):
    """A score that was given, when, by whom, and the features that it was computed from."""

    as_of: datetime
    recorded_at: datetime
    rung: str
    version: str
    recipe_hash: str
    shadow: bool
    score: Score
    features: dict[str, float | str | None] | None


class HistoryAnswer(_Said):
    """The scores of a lead, the newest moment first."""

    lead_id: str
    scores: list[KeptAnswer]


class EverythingAnswer(_Said):
    """Every row that is kept of a lead, by table."""

    lead_id: str
    tables: dict[str, list[dict[str, Any]]]


class PersonAnswer(_Said):
    """What is held and computed of a lead in words for the person (Markdown), and the answer it tells of."""

    lead_id: str
    language: Language
    text: str
    score: Score


class RungSegment(_Said):
    """Whose own scorer answers for a segment (null: for all others)."""

    segment: str | None
    rung: str


class RungAnswer(_Said):
    """A rung of the ladder, and who of it answers for which segment."""

    rung: str
    version: str
    needs_events: bool
    segments: list[RungSegment]


class ChallengerAnswer(_Said):
    """Who scores in shadow beside it, and why not the one that the registry names."""

    version: str | None
    pending: str | None


class ModelAnswer(_Said):
    """Who answers, since when, how well on the test, with which fields and event kinds."""

    ready: bool
    rung: str
    version: str
    name: str
    since: datetime
    warning: str | None
    pending: str | None
    ledger_away: str | None
    source: str
    horizon_days: float
    history_end: datetime | None
    metrics: dict[str, float | None]
    rungs: list[RungAnswer]
    fields: dict[str, str]
    event_kinds: list[str] | None
    ledger: bool
    challenger: ChallengerAnswer | None
