"""The result of a job in Parquet, made once, so that each page of it is read from the disk alone."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pydantic import BaseModel

from features.exports import spool
from serving.jobs import Job
from serving.jobs.words import scored_name

_ABOUT = "about.json"


class LaidDown(BaseModel):
    """A table in Parquet: its file, the names of its columns and what they are called in the file."""

    path: str
    names: list[str]
    stored: list[str]
    rows: int

    def column(self, name: str) -> str:
        """The column `name` in SQL."""
        return '"' + self.stored[self.names.index(name)].replace('"', '""') + '"'


class LaidTables(BaseModel):
    leads: LaidDown
    events: LaidDown | None


def laid_down(job: Job) -> LaidTables:
    """The result of a job in Parquet, kept in its folder for as long as the result stays the same."""
    result = job.results / scored_name(job)
    folder = job.folder / f"browse-{result.stat().st_mtime_ns}"
    if not (folder / _ABOUT).is_file():
        half = Path(tempfile.mkdtemp(dir=job.folder, prefix=".browse-"))
        try:
            _lay(half, result, job.input("events"))
            half.rename(folder)
        except OSError:
            if not (folder / _ABOUT).is_file():  # else another request was faster
                raise
        finally:
            shutil.rmtree(half, ignore_errors=True)
    read = {role: _read(folder, role) for role in ("leads", "events")}
    assert read["leads"] is not None
    return LaidTables(leads=read["leads"], events=read["events"])


def _lay(folder: Path, leads: Path, events: Path | None) -> None:
    for role, path in (("leads", leads), ("events", events)):
        if path is not None:
            found = spool(path, folder / role)
            held = "" if found.own else str(found.path.relative_to(folder))
            about = LaidDown(path=held or str(found.path), names=list(found.names), rows=found.rows,
                             stored=[found.stored(name) for name in found.names])  # fmt: skip
            (folder / f"{role}.json").write_text(about.model_dump_json())
    (folder / _ABOUT).write_text("{}")


def _read(folder: Path, role: str) -> LaidDown | None:
    try:
        about = LaidDown.model_validate_json((folder / f"{role}.json").read_text())
    except FileNotFoundError:
        return None
    return (
        about
        if Path(about.path).is_absolute()
        else about.model_copy(update={"path": str(folder / about.path)})
    )
