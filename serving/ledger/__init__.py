"""What happened and what was answered, kept: acknowledged after it is on the disk, read as of any moment."""

from serving.ledger.decisions import standing
from serving.ledger.importing import import_tables
from serving.ledger.intake import Receipt
from serving.ledger.keys import ApiKeys
from serving.ledger.person import compact, everything_of, forget, rows_of, shrink
from serving.ledger.reading import lead_of, scores_of
from serving.ledger.sent import EventSent, LeadSent, OutcomeSent, ScoreGiven
from serving.ledger.store import Ledger
from serving.ledger.tables import LedgerTables
from serving.ledger.writer import Writer

__all__ = [
    "ApiKeys",
    "EventSent",
    "LeadSent",
    "Ledger",
    "LedgerTables",
    "OutcomeSent",
    "Receipt",
    "ScoreGiven",
    "Writer",
    "compact",
    "everything_of",
    "forget",
    "import_tables",
    "lead_of",
    "rows_of",
    "scores_of",
    "shrink",
    "standing",
]
