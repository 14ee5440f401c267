"""One writer at a time on a SQLite ledger: a lock that the operating system drops with its process."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from features.errors import LeadscoreError


class WriterLock:
    """The lock of the ledger `path`, held from now on.

    The lock file stays when it is released: who deleted it would let two writers lock two files.

    Raises:
        LeadscoreError: another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._file, 20).decode(errors="replace").strip()
            os.close(self._file)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise LeadscoreError(
                f"{path}: {who} writes to this ledger; a SQLite ledger has one writer.",
                "Stop the other one (often 'leadscore serve'), or keep the ledger in PostgreSQL.",
            ) from None
        os.truncate(self._file, 0)
        os.pwrite(self._file, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Let another one write."""
        os.close(self._file)
