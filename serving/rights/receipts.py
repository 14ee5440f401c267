"""A person deleted, and the receipt of it: what went, what it does not reach, and whether they came back.

A receipt holds the SHA-256 of each id in place of it, by which a lead is found that was sent again, or that a
ledger restored from an older copy still has. Who knows or guesses an id can tell that it was deleted.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, insert, select

from features.clock import from_us, now_us
from serving.ledger import Ledger, forget
from serving.ledger.gone import DELETION, digest_of_id
from serving.ledger.intake import insert_new
from serving.ledger.schema import DECISIONS, JOBS, LEADS
from serving.ledger.sent import DecisionSent, Kept, kept


class DeletionReceipt(BaseModel):
    """What a deletion did. `deleted` is rows by table, `beside` what it does not reach."""

    model_config = ConfigDict(extra="forbid")

    receipt: str
    at: datetime
    ledger: str
    leads: list[str]
    """SHA-256 of each id of the person, in hex."""
    deleted: dict[str, int]
    for_good: bool
    """Whatever is sent of them again is refused; the ids stay for that, and nothing else."""
    beside: list[str] = Field(default_factory=list)


def delete_person(
    ledger: Ledger, lead_id: str, beside: Sequence[str], *, for_good: bool = False
) -> DeletionReceipt:
    """Delete all that is kept of a person, under each of their ids, and keep the receipt in the ledger.

    In one transaction. With `for_good` a lead that is sent again under these ids is refused, and a table that
    is imported again leaves it out. A service may run meanwhile.

    Raises:
        LeadscoreError: the ledger cannot be written; nothing was deleted.
    """
    now = now_us()
    made = list[DeletionReceipt]()

    def record(connection: Connection, ids: list[str], gone: dict[str, int]) -> None:
        receipt = DeletionReceipt(
            receipt=secrets.token_hex(8), at=from_us(now), ledger=ledger.name,
            leads=sorted(digest_of_id(one) for one in ids), deleted=gone, for_good=for_good,
            beside=list(beside),
        )  # fmt: skip
        if for_good:
            _refuse_again(connection, ids, now)
        keep_run(connection, DELETION, receipt.model_dump_json(), now)
        made.append(receipt)

    forget(ledger, lead_id, record)
    return made[-1]


def receipts_of(ledger: Ledger) -> list[DeletionReceipt]:
    """The receipts that the ledger keeps, the oldest first.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    return [DeletionReceipt.model_validate_json(text) for text in kept_runs(ledger, DELETION)]


def back_again(ledger: Ledger, receipts: Iterable[DeletionReceipt]) -> dict[str, int]:
    """Receipt → how many of its ids the ledger knows, of those of whom it knows any.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    with ledger.reading() as connection:
        known = {digest_of_id(one) for one in connection.execute(select(LEADS.c.lead_id)).scalars()}
    counts = {one.receipt: len(known.intersection(one.leads)) for one in receipts}
    return {receipt: count for receipt, count in counts.items() if count}


def keep_run(connection: Connection, kind: str, content: str, at_us: int) -> None:
    """Keep that something of `kind` was carried out, among the jobs that have ended."""
    row: dict[str, Any] = {"kind": kind, "content": content, "state": "done", "made_us": at_us, "tries": 1,
                           "finished_us": at_us}  # fmt: skip
    connection.execute(insert(JOBS).values(row))


def kept_runs(ledger: Ledger, kind: str) -> list[str]:
    """The contents of what was carried out of `kind`, the oldest first.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    query = select(JOBS.c.content).where(JOBS.c.kind == kind).order_by(JOBS.c.seq)
    with ledger.reading() as connection:
        return list(connection.execute(query).scalars())


def _refuse_again(connection: Connection, ids: Sequence[str], now: int) -> None:
    for one in ids:
        row = kept(DecisionSent("leadscore", one, "erasure", now, reason="asked to be deleted for good"), now)
        assert isinstance(row, Kept)
        connection.execute(insert_new(connection, DECISIONS).values(row.row))
