"""A journal into the ledger: an entry's rows and the cursor past it are one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from features.clock import now_us
from features.errors import FieldProblem, LeadscoreError
from features.recipe import Recipe
from serving.crm.addresses import Addresses
from serving.crm.mapping import vendor_mapping
from serving.crm.rows import RowReader
from serving.crm.senders import senders_from
from serving.ledger.cursors import CursorMove, cursor_of
from serving.ledger.intake import Receipt
from serving.ledger.store import Ledger
from serving.ledger.writer import Writer
from serving.pull.hubspot import JournalEntry

_MOST_PROBLEMS = 1_000


@dataclass
class Pulled:
    """What came of a pull: entries, their items, and what became of the rows; `problems` by place."""

    entries: int = 0
    items: int = 0
    stored: int = 0
    known: int = 0
    left_out: int = 0
    position: str | None = None
    problems: list[FieldProblem] = field(default_factory=list)

    def add(self, receipt: Receipt, items: int, problems: list[FieldProblem]) -> None:
        """Count one entry that was committed."""
        refused = [problem for problem in receipt.problems if problem is not None]
        self.entries += 1
        self.items += items
        self.stored += receipt.count("stored")
        self.known += receipt.count("known")
        self.left_out += len(problems) + len(refused)
        self.problems = [*self.problems, *problems, *refused][:_MOST_PROBLEMS]


class Journal(Protocol):
    """Entries in order; `source` names the cursor."""

    @property
    def source(self) -> str:
        """The name of its cursor."""

    def after(self, offset: str | None) -> JournalEntry | None:
        """The entry after `offset`; the earliest without one; None where there is none yet."""


def row_reader(vendor: str, recipe: Recipe, ledger: Ledger, accounts: Sequence[str] = ()) -> RowReader:
    """Reads what is fetched from `vendor` by its mapping, or by the one that the file of senders names.

    Raises:
        LeadscoreError: the mapping or the file of senders cannot be read.
    """
    sender = senders_from().get(vendor)
    mapping = sender.mapping if sender is not None else vendor_mapping(vendor)
    return RowReader(vendor, mapping, recipe, Addresses(ledger, recipe), accounts)


def pull_journal(
    journal: Journal,
    reader: RowReader,
    writer: Writer,
    *,
    restart: bool = False,
    told: Callable[[Pulled], None] | None = None,
) -> Pulled:
    """Store every entry that is there by now, each exactly once, in order, whatever stops it in between.

    `restart` begins at the earliest entry again; what is known stays one row. `told` hears of each entry
    after its commit.

    Raises:
        LeadscoreError: the journal or the ledger fails, or another one pulls the same. What was committed
            until then stays, and the next pull goes on behind it.
    """
    stands = cursor_of(writer.ledger, journal.source)
    after, done = (None if restart else stands), Pulled(position=stands)
    while (entry := journal.after(after)) is not None:
        read = reader.read(entry.events, now_us())
        move = CursorMove(journal.source, stands, entry.offset)
        receipt = writer.submit(read.rows, moves=move).result()
        if receipt.cursor_conflict:
            raise LeadscoreError(
                f"{journal.source}: another process pulls it at the same time.", "Let one of them pull."
            )
        place = f"entry {entry.offset}"
        problems = [FieldProblem(f"{place} {p.field}", p.problem, p.remedy) for p in read.problems]
        done.add(receipt, read.counts["items"], problems)
        stands = after = done.position = entry.offset
        if told is not None:
            told(done)
    return done
