"""Where an export is worked on: blocks that were scored stay until all are, so that a killed run goes on."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ValidationError

from features.errors import LeadscoreError
from serving.returned import BatchSummary

_SUMMARY = b"leadscore_summary"
_STATE = "run.json"


class _State(BaseModel):
    """What a folder was begun for: `key` of all that the answers depend on, and their moment."""

    key: str
    as_of_us: int


@dataclass(frozen=True)
class Work:
    """A folder for one export on its way; `as_of_us` is the moment of its scores, `resumed` its blocks."""

    folder: Path
    as_of_us: int
    resumed: int = 0
    kept: bool = field(default=True)

    def part(self, block: int) -> Path:
        """The file of a block's columns."""
        return self.folder / f"block-{block:06d}.parquet"

    def done(self, block: int) -> bool:
        """Whether a block was scored."""
        return self.part(block).exists()

    def keep(self, block: int, table: Any, summary: BatchSummary) -> None:
        """Keep the columns and the summary of a block: both are there, or neither is."""
        import pyarrow.parquet as pq

        part = self.part(block)
        half = part.with_suffix(".half")
        pq.write_table(table.replace_schema_metadata({_SUMMARY: summary.model_dump_json()}), half)
        half.replace(part)

    def table(self, block: int, columns: list[str] | None = None) -> Any:
        """The columns of a block, or some of them."""
        import pyarrow.parquet as pq

        return pq.read_table(self.part(block), columns=columns).replace_schema_metadata(None)

    def summary(self, block: int) -> BatchSummary:
        """What became of a block."""
        import pyarrow.parquet as pq

        return BatchSummary.model_validate_json(pq.read_schema(self.part(block)).metadata[_SUMMARY])


@contextmanager
def opened_work(out: Path | None, facts: list[str], as_of_us: int | None, clock_us: int) -> Iterator[Work]:
    """The folder of the export that becomes `out`, which stands beside it; a temporary one without `out`.

    What an earlier run for the same `facts` and moment (None: any) left there is used; anything else there is
    thrown away. After the block the folder goes, unless it failed with some blocks scored.

    Raises:
        LeadscoreError: another run is at work there.
    """
    if out is None:
        with tempfile.TemporaryDirectory(prefix="leadscore-") as folder:
            yield Work(Path(folder), clock_us if as_of_us is None else as_of_us, kept=False)
        return
    folder_path = out.with_name(f"{out.name}.partial")
    folder_path.mkdir(mode=0o700, exist_ok=True)
    with _alone(folder_path):
        work = _begun(folder_path, facts, as_of_us, clock_us)
        try:
            yield work
        except BaseException as error:
            if not work.done(0):
                shutil.rmtree(folder_path, ignore_errors=True)
            if _is_no_room(error):
                raise _no_room(folder_path, error) from None
            raise
        shutil.rmtree(folder_path)


def _is_no_room(error: BaseException) -> bool:
    """Whether the disk is full, or a quota of it; the engine has a limit of its own for its spill."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return "max_temp_directory_size" in str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return full or isinstance(error, duckdb.IOException)


def _no_room(folder: Path, error: BaseException) -> LeadscoreError:
    """What the engine says when it cannot write, without its stack."""
    return LeadscoreError(
        f"{folder}: cannot be written to: {str(error).splitlines()[0]}",
        "Make room on the disk, and give the same command again: it goes on where it stopped.",
    )


def facts_of(*sources: Path | str | None) -> list[str]:
    """Where each file is, how large and how old: what tells that it is still the same."""
    found = []
    for source in sources:
        path = None if source is None else Path(str(source).partition("#")[0])
        if path is not None and path.exists():
            stat = path.stat()
            found.append(f"{path.absolute()} {stat.st_size} {stat.st_mtime_ns}")
        else:
            found.append(str(source))
    return found


def _begun(folder: Path, facts: list[str], as_of_us: int | None, clock_us: int) -> Work:
    key = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    with suppress(OSError, ValidationError):
        state = _State.model_validate_json((folder / _STATE).read_text())
        if state.key == key and as_of_us in (None, state.as_of_us):
            blocks = len(list(folder.glob("block-*.parquet")))
            return Work(folder, state.as_of_us, blocks)
    for path in folder.iterdir():
        if path.name != "lock":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    moment = clock_us if as_of_us is None else as_of_us
    half = folder / "run.half"
    half.write_text(_State(key=key, as_of_us=moment).model_dump_json())
    half.replace(folder / _STATE)
    return Work(folder, moment)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else works in `folder` meanwhile."""
    if os.name != "posix":  # no such lock there
        yield
        return
    import fcntl

    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LeadscoreError(
                f"{folder}: another run is at work on this export.",
                "Wait for it, or name another file with -o.",
            ) from None
        yield
