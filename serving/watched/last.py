"""Work that was done and what came of it, in the ledger's table of jobs: the last watch, the last refit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import insert, select

from serving.ledger import Ledger
from serving.ledger.schema import JOBS

Work = Literal["watch", "retrain"]
_DONE = "done"


@dataclass(frozen=True)
class Noted:
    """What came of a piece of work that was finished at `at_us`."""

    at_us: int
    content: Mapping[str, Any]


def note(ledger: Ledger, work: Work, content: Mapping[str, Any], at_us: int) -> None:
    """Keep what came of `work`; it needs no `Writer` and may be done while a service runs.

    Raises:
        LeadscoreError: the ledger cannot be written.
    """
    row = {"kind": work, "content": json.dumps(dict(content), allow_nan=False), "state": _DONE, "tries": 1}
    with ledger.transaction() as connection:
        connection.execute(insert(JOBS), row | {"made_us": at_us, "finished_us": at_us})


def last_noted(ledger: Ledger, work: Work, name: str) -> Noted | None:
    """The newest result of `work` on the model `name`, None where there is none."""
    query = select(JOBS.c.finished_us, JOBS.c.content).where(JOBS.c.kind == work, JOBS.c.state == _DONE)
    with ledger.reading() as connection:
        for at_us, text in connection.execute(query.order_by(JOBS.c.seq.desc())):
            content = json.loads(text)
            if content.get("name") == name:
                return Noted(at_us, content)
    return None
