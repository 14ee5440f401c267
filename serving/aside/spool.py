"""What senders sent while the ledger was down: on this machine's disk before it is acknowledged, in order.

A sender that is refused for long gives up: Pipedrive stops after ten refusals, HubSpot after a day. So what
is proven is kept in a file of its own, and delivered in the order of arrival once the ledger is back. As long
as something waits, all that comes after it waits behind it.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from features.errors import LeadscoreError
from serving.ledger.writer import WriterLock

VARIABLE, SIZE_VARIABLE = "LEADSCORE_SPOOL", "LEADSCORE_SPOOL_MB"
_DEFAULT_MB = 100.0
_AGAIN_SECONDS = 2.0
_LATER = "Send the same again later."
_OLDEST = "SELECT seq, source, received_us, content FROM waiting WHERE problem IS NULL ORDER BY seq LIMIT 1"
_MAKE = """CREATE TABLE IF NOT EXISTS waiting (seq INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL,
           received_us INTEGER NOT NULL, content BLOB NOT NULL, problem TEXT)"""


@dataclass(frozen=True)
class Spooled:
    """What `source` sent: proven when it came, and not read yet."""

    seq: int
    source: str
    received_us: int
    content: bytes = field(repr=False)


Deliver: TypeAlias = Callable[[Spooled], None]
"""Commits one to the ledger; raises a LeadscoreError while the ledger is down."""


class InboundSpool:
    """The spool in the file `path`, of at most `most_bytes` of bodies; one process has it.

    A row goes when the ledger has committed it: after a crash in between it is delivered once more, and is
    known. What cannot be delivered for another reason than the ledger is set aside in the file, and told, so
    that it holds nothing up.

    Raises:
        LeadscoreError: the file cannot be written, is no spool, or another process has it.
    """

    def __init__(self, path: Path, most_bytes: int = int(_DEFAULT_MB * 1e6)) -> None:
        self.path, self.most_bytes = path, most_bytes
        self._turn = threading.Lock()
        try:
            path.touch(mode=0o600)
            self._lock = _held(path)
            self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
                self._file.execute(f"PRAGMA {pragma}")
            self._file.execute(_MAKE)
            self.waiting, self.bytes = self._counted("problem IS NULL")
            self.set_aside, _ = self._counted("problem IS NOT NULL")
        except (OSError, sqlite3.Error) as error:
            words = f"{path}: cannot be a spool ({type(error).__name__})."
            raise LeadscoreError(words, f"Set {VARIABLE} to a file that may be written.") from None

    @classmethod
    def from_environment(cls) -> InboundSpool | None:
        """The spool that LEADSCORE_SPOOL names, of LEADSCORE_SPOOL_MB (100); None where none is named.

        Raises:
            LeadscoreError: as `InboundSpool`, or the size is no number above 0.
        """
        if not (named := os.environ.get(VARIABLE)):
            return None
        try:
            size = float(os.environ.get(SIZE_VARIABLE) or _DEFAULT_MB)
        except ValueError:
            size = 0.0
        if not 0 < size < 1e6:
            raise LeadscoreError(
                f"{SIZE_VARIABLE}: is not a number above 0.", "Say the megabytes, such as 100."
            )
        return cls(Path(named), int(size * 1e6))

    def put(self, source: str, received_us: int, content: bytes) -> None:
        """Keep it; it is on the disk when this returns.

        Raises:
            LeadscoreError: the spool is full, or the disk fails; nothing of it is kept.
        """
        with self._turn:
            if self.bytes + len(content) > self.most_bytes:
                raise LeadscoreError("the ledger is down, and the spool is full.", _LATER)
            row = (source, received_us, content)
            try:
                self._file.execute("INSERT INTO waiting (source, received_us, content) VALUES (?, ?, ?)", row)
            except sqlite3.Error:
                raise LeadscoreError("the ledger and the spool fail.", _LATER) from None
            self.waiting, self.bytes = self.waiting + 1, self.bytes + len(content)

    def start(self, deliver: Deliver) -> None:
        """Deliver what waits from now on, whenever the ledger takes it, in a thread of its own."""
        threading.Thread(target=self._go_on, args=(deliver,), name="leadscore-spool", daemon=True).start()

    def drain(self, deliver: Deliver) -> int:
        """Deliver what waits, in order; how many were.

        Raises:
            LeadscoreError: the ledger is down; what was not delivered goes on waiting.
        """
        done = 0
        while (first := self._first()) is not None:
            try:
                deliver(first)
            except (LeadscoreError, TimeoutError):
                raise
            except Exception as error:  # a fault of this one: the others must not wait for it
                kind = type(error).__name__
                print(f"leadscore: number {first.seq} of the spool is set aside ({kind})", flush=True)
                self._gone(first, "UPDATE waiting SET problem = ? WHERE seq = ?", (kind, first.seq))
                self.set_aside += 1
                continue
            self._gone(first, "DELETE FROM waiting WHERE seq = ?", (first.seq,))
            done += 1
        if done:
            with self._turn:  # else what was delivered would stay readable beside the file
                self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return done

    def close(self) -> None:
        """Give the file back; what waits is there at the next start."""
        with self._turn:
            self._file.close()
            self._lock.release()

    def _first(self) -> Spooled | None:
        with self._turn:
            found = self._file.execute(_OLDEST).fetchone()
        return Spooled(*found) if found else None

    def _gone(self, one: Spooled, statement: str, values: tuple[object, ...]) -> None:
        with self._turn:
            self._file.execute(statement, values)
            self.waiting, self.bytes = self.waiting - 1, self.bytes - len(one.content)

    def _counted(self, which: str) -> tuple[int, int]:
        query = f"SELECT COUNT(*), COALESCE(SUM(LENGTH(content)), 0) FROM waiting WHERE {which}"
        with closing(self._file.execute(query)) as found:
            number, size = found.fetchone()
        return int(number), int(size)

    def _go_on(self, deliver: Deliver) -> None:
        pause = threading.Event()
        while not pause.wait(_AGAIN_SECONDS):
            try:
                if done := self.drain(deliver):
                    print(f"leadscore: {done} bodies of the spool are in the ledger", flush=True)
            except (LeadscoreError, TimeoutError):  # still down: told by whoever needs it
                continue
            except sqlite3.ProgrammingError:  # closed
                return
            except Exception as error:  # a lock or a full disk passes: what waits must not wait for ever
                print(f"leadscore: the spool waits ({type(error).__name__})", flush=True)


def _held(path: Path) -> WriterLock:
    try:
        return WriterLock(path)
    except LeadscoreError:
        words = f"{path}: another process has this spool."
        raise LeadscoreError(words, "Stop it, or give each replica a file of its own.") from None
