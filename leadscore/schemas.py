"""The published form of what verbs print with --json: JSON schemas, made from the types themselves."""

from __future__ import annotations

from typing import Any

from leadscore.schema_types import COUNTS, TEXTS, Made, closed, extended, many, returned
from leadscore.schemas_of_work import WORK

Shape = dict[str, Any]


def _imported() -> Any:
    from serving.ledger import import_tables

    return closed("Imported", ledger=str, tables=returned(import_tables))


def _exported() -> Any:
    from serving.ledger import everything_of

    whole = closed("Exported", ledger=str, folder=str, rows=COUNTS)
    return whole | closed("PersonExported", tables=returned(everything_of))


def _receipt() -> Any:
    from serving.rights import DeletionReceipt

    return DeletionReceipt


def _receipts() -> Any:
    from serving.rights import DeletionReceipt, RetentionRun

    listed = extended("ListedReceipt", DeletionReceipt, again=(bool, ...))
    return closed("Receipts", receipts=many(listed), retention=list[RetentionRun])


def _key(name: str, /, **more: Any) -> Any:
    ends = {"made": str | None, "ends": str | None, "revoked": str | None}
    return closed(name, id=str, name=str, scopes=str, **ends, **more)


def _job() -> Any:
    texts = dict.fromkeys(("id", "kind", "state", "made", "folder"), str)
    return closed("ListedJob", **texts, by=str | None, step=str | None, done=int | None, total=int | None,
                  message=str | None)  # fmt: skip


def _senders() -> Any:
    row = dict.fromkeys(("vendor", "what", "path", "proof"), str)
    return many(closed("Sending", secrets=int, **row))


def _tried() -> Any:
    row = closed("RowTried", what=str, lead_id=str, at=str, says=str)
    return closed("BodyTried", rows=many(row), problems=TEXTS, counts=COUNTS)


def _pulled() -> Any:
    from serving.pull import Pulled

    return Pulled


def _pushed() -> Any:
    due = closed("Due", lead_id=str, before=dict[str, Any], after=dict[str, Any])
    account = closed("AccountDue", account=str, before=dict[str, Any], after=dict[str, Any])
    tally = closed("Pushed", sent=int, retried=int, requests=int, left=int, refused=COUNTS, passed=COUNTS,
                   stopped=str | None)  # fmt: skip
    return tally | closed("WouldPush", target=str, due=many(due) | many(account), passed=COUNTS)


def _conversions() -> Any:
    return closed("Conversions", counts=COUNTS, left_out=COUNTS, values=dict[str, float], files=TEXTS,
                  written=bool)  # fmt: skip


SCHEMAS: dict[str, Made] = WORK | {
    "connect": lambda: closed("Connected", mapping=str, account=str, lacking=TEXTS),
    "conversions": _conversions,
    "inbound list": _senders,
    "inbound try": _tried,
    "ledger status": lambda: closed("LedgerStatus", ledger=str, schema=str, rows=COUNTS),
    "ledger export": _exported,
    "ledger import": _imported,
    "ledger score": lambda: closed("LedgerScored", scored=int, closed=int, opted_out=int, failed=COUNTS),
    "ledger compact": lambda: closed("Compacted", ledger=str, deleted=COUNTS, shrunk=bool),
    "ledger delete-person": _receipt,
    "ledger receipts": _receipts,
    "keys new": lambda: _key("NewKey", key=str),
    "keys list": lambda: closed("Keys", keys=many(_key("ListedKey", live=bool))),
    "keys revoke": lambda: _key("RevokedKey"),
    "jobs list": lambda: closed("ListedJobs", jobs=many(_job())),
    "jobs cancel": lambda: closed("CancelledJob", id=str, state=str),
    "pull hubspot": _pulled,
    "pull linkedin": _pulled,
    "pull meta": _pulled,
    "push": _pushed,
}
"""Verb → the type of what it prints; each verb with --json is here."""


def schema_of(verb: str) -> Shape:
    """The JSON schema (draft 2020-12) of what `leadscore VERB --json` prints.

    Raises:
        KeyError: none is published.
    """
    from pydantic import TypeAdapter

    made = TypeAdapter(SCHEMAS[verb]()).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made
