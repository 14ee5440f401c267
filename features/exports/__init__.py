"""A lead export as it stands in its file: read without loss, written back as it came."""

from features.exports.laying import spool
from features.exports.out_file import check_written, files_read, refuse_filled
from features.exports.reader import Dialect, RawTable, read_raw
from features.exports.spool import Spool
from features.exports.writer import Handback, check_back, check_out, write_export

__all__ = [
    "Dialect",
    "Handback",
    "RawTable",
    "Spool",
    "check_back",
    "check_out",
    "check_written",
    "files_read",
    "read_raw",
    "refuse_filled",
    "spool",
    "write_export",
]
