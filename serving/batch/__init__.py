"""A whole export scored: every row back, in its order."""

from serving.batch.export import read_tables_of_export, score_export
from serving.batch.frame import score_frame
from serving.batch.known import KnownScored, known_leads, score_known, scored_by_name
from serving.batch.rows import ExportRows

__all__ = [
    "ExportRows",
    "KnownScored",
    "known_leads",
    "read_tables_of_export",
    "score_export",
    "score_frame",
    "score_known",
    "scored_by_name",
]
