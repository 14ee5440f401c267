"""The answers of lead forms whose webhook tells an id alone: fetched one by one, behind a cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from features.clock import now_us
from features.errors import FieldProblem, LeadscoreError
from serving.crm.rows import RowReader
from serving.ledger.cursors import CursorMove, cursor_of
from serving.ledger.schema import EVENTS
from serving.ledger.writer import Writer
from serving.pull.journal import Pulled


@dataclass(frozen=True)
class AnswersSource:
    """A vendor's forms: `fetch` gives the answers under an id that its webhook told, None: they are gone."""

    vendor: str
    fetch: Callable[[str], dict[str, Any] | None] = field(repr=False)

    @property
    def source(self) -> str:
        """The name of its cursor."""
        return f"{self.vendor}-answers"


def pull_answers(
    source: AnswersSource,
    reader: RowReader,
    writer: Writer,
    *,
    told: Callable[[Pulled], None] | None = None,
) -> Pulled:
    """Fetch and store the answers to every form that was told and not fetched yet, in the order of arrival.

    Answers that are gone (they are kept 90 days) are counted and passed over.

    Raises:
        LeadscoreError: as `pull_journal`; the next pull goes on with the answer that failed.
    """
    stands, done = cursor_of(writer.ledger, source.source), Pulled()
    for seq, form in _waiting(writer, source.vendor, int(stands or 0)):
        found, problems = source.fetch(form), list[FieldProblem]()
        if found is None:
            gone = FieldProblem(f"form {seq}", "is not kept by the vendor any more", "Ask the lead again.")
            problems.append(gone)
        read = reader.read({"leads": [found] if found is not None else []}, now_us())
        receipt = writer.submit(read.rows, moves=CursorMove(source.source, stands, str(seq))).result()
        if receipt.cursor_conflict:
            raise LeadscoreError(f"{source.source}: another process pulls it.", "Let one of them pull.")
        problems += [FieldProblem(f"form {seq} {p.field}", p.problem, p.remedy) for p in read.problems]
        done.add(receipt, 1, problems)
        stands = done.position = str(seq)
        if told is not None:
            told(done)
    return done


def _waiting(writer: Writer, vendor: str, after: int) -> list[tuple[int, str]]:
    table = EVENTS
    query = select(table.c.seq, table.c.event_id).where(
        table.c.source == vendor, table.c.kind == "form_submit", table.c.seq > after
    )
    with writer.ledger.reading() as connection:
        rows = connection.execute(query.order_by(table.c.seq)).all()
    return [(seq, event_id) for seq, event_id in rows if event_id is not None]
