"""What a person dropped and has not sent off yet: its files, and how its columns were matched."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from features.errors import LeadscoreError
from serving.jobs import Jobs

_FOLDER = "uploads"
_KEPT_SECONDS = 24 * 3600.0
_ID = re.compile(r"[0-9a-f]{24}")
_ABOUT = "about.json"


class Dropped(BaseModel):
    """Whose it is, and the name of each file by what it is: leads, events."""

    by: str
    files: dict[str, str]


@dataclass(frozen=True)
class Upload:
    """Files that were dropped, in a folder of their own."""

    id: str
    folder: Path
    about: Dropped

    def path(self, role: str) -> Path | None:
        """The file that plays `role`, None where none does."""
        name = self.about.files.get(role)
        return None if name is None else self.folder / role / name


def drafts_folder(jobs: Jobs) -> Path:
    """Where drafts are."""
    return jobs.folder / _FOLDER


def keep_draft(jobs: Jobs, files: Mapping[str, Path], by: str) -> Upload:
    """The draft of these files: the same ones of the same person are the same draft."""
    parent = drafts_folder(jobs)
    _sweep(parent)
    whole = hashlib.sha256(repr((by, sorted((role, path.name) for role, path in files.items()))).encode())
    for _, path in sorted(files.items()):
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    draft_id = whole.hexdigest()[:24]
    target = parent / draft_id
    if not target.is_dir():
        half = next(iter(files.values())).parents[1] / "whole"
        half.mkdir(mode=0o700)
        for role, path in files.items():
            (half / role).mkdir(mode=0o700)
            path.rename(half / role / path.name)
        about = Dropped(by=by, files={role: path.name for role, path in files.items()})
        (half / _ABOUT).write_text(about.model_dump_json(), encoding="utf-8")
        with suppress(OSError):  # a second request with the same files was faster
            half.rename(target)
    target.touch()
    return find_draft(jobs, draft_id, by)


def find_draft(jobs: Jobs, draft_id: str, by: str) -> Upload:
    """The draft of this id.

    Raises:
        LeadscoreError: there is none of this person.
    """
    folder = drafts_folder(jobs) / draft_id
    if _ID.fullmatch(draft_id) and (folder / _ABOUT).is_file():
        about = Dropped.model_validate_json((folder / _ABOUT).read_text(encoding="utf-8"))
        if about.by == by:
            return Upload(draft_id, folder, about)
    raise LeadscoreError("this upload is gone: it was not sent off for a day.", "Drop the file again.")


def _sweep(parent: Path) -> None:
    """Throw old drafts away, and halves that nobody sends any more."""
    for path in parent.iterdir() if parent.is_dir() else ():
        with suppress(FileNotFoundError):  # another upload has just ended it
            if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
