"""Retention carried out and written down: what was kept for how long and why, and what was deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from features.clock import from_us
from serving.ledger import Ledger, compact
from serving.rights.policy import Purpose
from serving.rights.receipts import keep_run, kept_runs

_KIND = "retention"


class RetentionRun(BaseModel):
    """One run: the days of each table, the purposes that ask for them, and the rows that went, by table."""

    model_config = ConfigDict(extra="forbid")

    at: datetime
    keep: dict[str, float]
    purposes: dict[str, list[str]] = Field(default_factory=dict)
    """Table → the purposes for which its rows are kept."""
    deleted: dict[str, int]


def keep_for(
    ledger: Ledger, keep_days: Mapping[str, float], now_us: int, purposes: Sequence[Purpose] = ()
) -> RetentionRun:
    """Delete what is older than `keep_days` allows, and write the run down in the ledger.

    Raises:
        LeadscoreError: as `compact`; nothing was deleted.
    """
    gone = compact(ledger, keep_days, now_us)
    asked = {table: [one.name for one in purposes if table in one.keep] for table in keep_days}
    run = RetentionRun(
        at=from_us(now_us), keep=dict(keep_days), deleted=gone,
        purposes={table: names for table, names in asked.items() if names},
    )  # fmt: skip
    with ledger.transaction() as connection:
        keep_run(connection, _KIND, run.model_dump_json(), now_us)
    return run


def runs_of(ledger: Ledger) -> list[RetentionRun]:
    """The runs that the ledger keeps, the oldest first.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    return [RetentionRun.model_validate_json(text) for text in kept_runs(ledger, _KIND)]
