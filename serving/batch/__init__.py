"""A whole export scored: every row back, in its order."""

from serving.batch.absent_columns import known_name, near_name
from serving.batch.export import score_export
from serving.batch.frame import score_frame
from serving.batch.known import KnownScored, known_leads, score_known, scored_by_name
from serving.batch.named_columns import nameable
from serving.batch.rows import ExportRows
from serving.batch.spark import score_on_spark
from serving.batch.whole import read_tables_of_export

__all__ = [
    "ExportRows",
    "KnownScored",
    "known_leads",
    "known_name",
    "nameable",
    "near_name",
    "read_tables_of_export",
    "score_export",
    "score_frame",
    "score_known",
    "score_on_spark",
    "scored_by_name",
]
