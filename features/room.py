"""Where the memory or the disk ends: what an engine says of it, as an error that names the files."""

from __future__ import annotations

import errno
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from features.errors import LeadscoreError

_MEMORY = "Free memory, or use a machine with more; less to read takes less too."


@contextmanager
def within_room(*files: Path | str) -> Iterator[None]:
    """Name `files` where the memory or the disk ends while they are worked on.

    Raises:
        LeadscoreError: in place of what the engine, or Python, said.
    """
    try:
        yield
    except Exception as error:
        if (told := room_ended(error, *files)) is None:
            raise
        raise told from None


def room_ended(error: Exception, *files: Path | str) -> LeadscoreError | None:
    """What is to be said of `error` where it tells that the memory or the disk ended; None of any other.

    DuckDB puts what its memory cannot hold into the temporary folder: a full or closed one ends it too.
    """
    duckdb = sys.modules.get("duckdb")  # nothing but what is imported has raised
    place = f"{', '.join(map(str, files))}: " if files else ""
    words = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, MemoryError) or (duckdb and isinstance(error, duckdb.OutOfMemoryException)):
        return LeadscoreError(f"{place}the memory does not suffice ({words}).", f"{_MEMORY} {_spilt()}")
    if duckdb and isinstance(error, duckdb.IOException):
        return LeadscoreError(f"{place}the disk cannot be used ({words}).", f"Make room on it. {_spilt()}")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        place = place or (f"{error.filename}: " if error.filename else "")
        return LeadscoreError(f"{place}there is no room on the disk ({words}).", "Make room on the disk.")
    return None


def _spilt() -> str:
    """Where what the memory does not hold waits."""
    try:
        folder = f"'{tempfile.gettempdir()}'"
    except OSError:
        folder = "the temporary folder, and none can be written"
    return f"What memory cannot hold waits in {folder}: let TMPDIR name one with room that may be written."
