"""Intake off the request path: what waits is committed together, and acknowledged after the commit."""

from __future__ import annotations

import fcntl
import hashlib
import os
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from features.clock import now_us
from features.errors import LeadscoreError
from serving.ledger.cursors import CursorMove
from serving.ledger.intake import Receipt, Submission, store
from serving.ledger.sent import MOST_ID, Sent, storable
from serving.ledger.store import Ledger

_MOST_WAITING = 10_000
"""Submissions that wait before a further one is refused: memory is bounded, and its sender told to wait."""
ADDRESS = "LEADSCORE_ADDRESS"
"""Where the service of this process answers, as `leadscore serve` tells its workers."""
_MOST_TOGETHER = 20_000
"""Items of one commit."""


@dataclass(frozen=True)
class _Waiting:
    submission: Submission
    answer: Future[Receipt]


class Writer:
    """The one that writes to `ledger`, from a thread of its own. Use it in a `with` block, or close it.

    On SQLite there is one writer a file; on PostgreSQL there may be as many as there are replicas.

    Raises:
        LeadscoreError: another process writes to this SQLite file.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._lock = WriterLock(ledger.path) if ledger.path is not None else None
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(_MOST_WAITING)
        self._closed, self._closing = False, threading.Lock()
        self._thread = threading.Thread(target=self._run, name="leadscore-ledger", daemon=True)
        self._thread.start()

    def submit(
        self,
        items: Sequence[Sent],
        *,
        caller: str = "",
        key: str | None = None,
        body: bytes = b"",
        moves: CursorMove | None = None,
    ) -> Future[Receipt]:
        """Store `items` as one; the future is done once they are on the disk.

        From a coroutine: `await asyncio.wrap_future(writer.submit(…))`. Items that are there already are
        'known', a natural key with other content is a 'conflict', a row that cannot be kept is 'refused';
        the others are stored all the same. `key` is the request's Idempotency-Key and `body` what it was
        sent with: the same again is answered by the same receipt, another body by `key_conflict`, and
        nothing of it is stored. `moves` is the cursor of the source that they were pulled from: it moves
        with them, or nothing is stored and the receipt says `cursor_conflict`.

        Raises (from the future too, then nothing of `items` is stored):
            LeadscoreError: the database fails, the writer is closed or too far behind, or `key` cannot be
                kept.
        """
        if not (storable(caller) and storable(key or "") and len(key or "") <= MOST_ID):
            raise LeadscoreError(
                f"the Idempotency-Key is no text of at most {MOST_ID} characters.", "Send a UUID."
            )
        digest = hashlib.sha256(body).hexdigest()
        waiting = _Waiting(Submission(tuple(items), caller, key, digest, now_us(), moves), Future())
        with self._closing:
            if self._closed:
                raise LeadscoreError("the ledger's writer is closed.", "Send it again when it is back.")
            try:
                self._waiting.put_nowait(waiting)
            except queue.Full:
                words = "the ledger is behind with its work."
                raise LeadscoreError(words, "Send it again in a second.") from None
        return waiting.answer

    def close(self) -> None:
        """Commit what waits, then let another one write."""
        with self._closing:
            if self._closed:
                return
            self._closed = True  # nothing comes after the end that is put now
        self._waiting.put(None)
        self._thread.join()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ended = self._gathered(first)
            self._commit(batch)
            if ended:
                break

    def _gathered(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """All that waits by now, up to a commit's size; whether the end is among it."""
        batch, items = [first], len(first.submission.items)
        while items < _MOST_TOGETHER:
            try:
                following = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
            if following is None:
                return batch, True
            batch.append(following)
            items += len(following.submission.items)
        return batch, False

    def _commit(self, batch: list[_Waiting]) -> None:
        """One transaction for all; where it fails, each by itself, so that none spoils the others."""
        live = [one for one in batch if one.answer.set_running_or_notify_cancel()]
        try:
            receipts = self._stored([one.submission for one in live])
        except Exception as error:
            if len(live) > 1 and not isinstance(error, LeadscoreError):
                for one in live:
                    self._alone(one)
                return
            for one in live:
                one.answer.set_exception(_told(error))
            return
        for one, receipt in zip(live, receipts, strict=True):
            one.answer.set_result(receipt)

    def _alone(self, one: _Waiting) -> None:
        try:
            one.answer.set_result(self._stored([one.submission])[0])
        except Exception as error:
            one.answer.set_exception(_told(error))

    def _stored(self, submissions: list[Submission]) -> list[Receipt]:
        """One transaction; where others write too, a second one if the first had to give way to them."""
        try:
            return self._transaction(submissions)
        except LeadscoreError:
            if self.ledger.path is not None:
                raise
            return self._transaction(submissions)

    def _transaction(self, submissions: list[Submission]) -> list[Receipt]:
        with self.ledger.transaction() as connection:
            return store(connection, submissions)


def _told(error: Exception) -> LeadscoreError:
    """An error without what was sent."""
    if isinstance(error, LeadscoreError):
        return error
    return LeadscoreError(
        f"the ledger could not store this ({type(error).__name__}).", "Please report it as a bug."
    )


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
            holder, _ = _holder(self._file)
            os.close(self._file)
            who = f"process {holder}" if holder.isdigit() else "another process"
            raise LeadscoreError(
                f"{path}: {who} writes to this ledger; a SQLite ledger has one writer.",
                "Stop the other one (often 'leadscore serve'), or keep the ledger in PostgreSQL.",
            ) from None
        os.truncate(self._file, 0)
        said = f"{os.getpid()}\n{os.environ.get(ADDRESS, '')}\n"
        os.pwrite(self._file, said.encode(), 0)

    def release(self) -> None:
        """Let another one write."""
        os.truncate(self._file, 0)
        os.close(self._file)


def writer_address(path: Path) -> str | None:
    """Where the service answers that writes to the ledger `path`, or did until it was killed; None: none."""
    try:
        file = os.open(path.with_name(path.name + ".lock"), os.O_RDONLY)
    except OSError:
        return None
    try:
        return _holder(file)[1] or None
    finally:
        os.close(file)


def _holder(file: int) -> tuple[str, str]:
    """Process and address that a lock file tells, '' where it tells none."""
    process, _, rest = os.pread(file, 500, 0).decode(errors="replace").partition("\n")
    return process.strip(), rest.partition("\n")[0].strip()
