"""A company's tables in one engine, canonical, with what was found wrong on the way."""

from features.tables.blocks import FileRows
from features.tables.columns import moments_column
from features.tables.company import Place, Tables, read_tables, tables_from_frames
from features.tables.duck import bound, fetch_frame, register_frame
from features.tables.events import LINE
from features.tables.history_end import HistoryEnd
from features.tables.leads import lead_ids

__all__ = [
    "LINE",
    "FileRows",
    "HistoryEnd",
    "Place",
    "Tables",
    "bound",
    "fetch_frame",
    "lead_ids",
    "moments_column",
    "read_tables",
    "register_frame",
    "tables_from_frames",
]
