"""Which leads are looked at when, what became of them, and the matrix of it."""

from features.snapshots.leads import lead_frame
from features.snapshots.matrix import write_matrix
from features.snapshots.open import open_leads, write_open_leads
from features.snapshots.outcomes import outcome_frame
from features.snapshots.snapshots import at_once, label_wait_us, snapshots
from features.snapshots.stages import begun_at, stages_at, stood

__all__ = [
    "at_once",
    "begun_at",
    "label_wait_us",
    "lead_frame",
    "open_leads",
    "outcome_frame",
    "snapshots",
    "stages_at",
    "stood",
    "write_matrix",
    "write_open_leads",
]
