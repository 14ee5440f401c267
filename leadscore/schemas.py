"""The published form of what verbs print with --json: JSON schemas, made from the types themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_type_hints

Shape = dict[str, Any]
_COUNTS, _TEXTS = dict[str, int], list[str]


def _closed(name: str, /, **keys: Any) -> Any:
    """A type with exactly these keys, all of them there."""
    from pydantic import ConfigDict, Field, create_model

    fields: Any = {f"{key}_": (kind, Field(alias=key)) for key, kind in keys.items()}  # 'schema' is taken
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def _extended(name: str, /, base: Any, **keys: Any) -> Any:
    """The model `base` with further keys."""
    from pydantic import create_model

    fields: Any = {key: (kind, ...) for key, kind in keys.items()}
    return create_model(name, __base__=base, **fields)


def _returned(function: Callable[..., Any]) -> Any:
    """What `function` says that it returns."""
    return get_type_hints(function)["return"]


def _accounts() -> Any:
    from serving.accounts import AccountRow, Dependence

    return _closed("Accounts", rows=list[AccountRow], dependence=Dependence, horizon_days=float, without=int,
                   notes=_TEXTS)  # fmt: skip


def _decision() -> Any:
    import training

    return _returned(training.promote)


def _status() -> Any:
    import training

    return _returned(training.status)


def _explained() -> Any:
    from serving.score import Score

    return _closed("ToldToPerson", lead_id=str, language=str, text=str, score=Score)


def _imported() -> Any:
    from serving.ledger import import_tables

    return _closed("Imported", ledger=str, tables=_returned(import_tables))


def _receipt() -> Any:
    from serving.rights import DeletionReceipt

    return DeletionReceipt


def _receipts() -> Any:
    from serving.rights import DeletionReceipt, RetentionRun

    listed = _extended("ListedReceipt", DeletionReceipt, again=bool)
    return _closed("Receipts", receipts=list[listed], retention=list[RetentionRun])  # type: ignore[valid-type]


def _funnel() -> Any:
    from serving.funnel import Funnel, move

    return _extended("FunnelMoved", Funnel, moves=list[_returned(move)])  # type: ignore[misc]


def _trained() -> Any:
    import training

    return get_type_hints(training.TrainingRun)["summary"]


def _watched() -> Any:
    from training.watch import watch

    return _returned(watch)


def _key(name: str, /, **more: Any) -> Any:
    ends = {"made": str | None, "ends": str | None, "revoked": str | None}
    return _closed(name, id=str, name=str, scopes=str, **ends, **more)


def _job() -> Any:
    texts = dict.fromkeys(("id", "kind", "state", "made", "folder"), str)
    return _closed("ListedJob", **texts, by=str | None, step=str | None, done=int | None, total=int | None,
                   message=str | None)  # fmt: skip


SCHEMAS: dict[str, Callable[[], Any]] = {
    "accounts": _accounts,
    "explain-person": _explained,
    "funnel": _funnel,
    "train": _trained,
    "watch": _watched,
    "promote": _decision,
    "rollback": _decision,
    "status": _status,
    "open-leads": lambda: _closed("OpenLeads", leads=int, events=int | None, as_of=str),
    "ledger status": lambda: _closed("LedgerStatus", ledger=str, schema=str, rows=_COUNTS),
    "ledger import": _imported,
    "ledger score": lambda: _closed("LedgerScored", scored=int, closed=int, opted_out=int, failed=_COUNTS),
    "ledger compact": lambda: _closed("Compacted", ledger=str, deleted=_COUNTS, shrunk=bool),
    "ledger delete-person": _receipt,
    "ledger receipts": _receipts,
    "keys new": lambda: _key("NewKey", key=str),
    "keys list": lambda: _closed("Keys", keys=list[_key("ListedKey", live=bool)]),  # type: ignore[misc]
    "keys revoke": lambda: _key("RevokedKey"),
    "jobs list": lambda: _closed("ListedJobs", jobs=list[_job()]),  # type: ignore[misc]
    "jobs cancel": lambda: _closed("CancelledJob", id=str, state=str),
}
"""Verb → the type of what it prints. Those of other verbs are not promised yet."""


def schema_of(verb: str) -> Shape:
    """The JSON schema (draft 2020-12) of what `leadscore VERB --json` prints.

    Raises:
        KeyError: none is published.
    """
    from pydantic import TypeAdapter

    made = TypeAdapter(SCHEMAS[verb]()).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made
