"""A lead export as it stands in its file: read without loss, written back as it came."""

from features.exports.out_file import check_written, files_read, refuse_filled
from features.exports.reader import Dialect, RawTable, read_raw
from features.exports.writer import Export, check_names, check_out, read_export, write_export

__all__ = [
    "Dialect",
    "Export",
    "RawTable",
    "check_names",
    "check_out",
    "check_written",
    "files_read",
    "read_export",
    "read_raw",
    "refuse_filled",
    "write_export",
]
