"""A job's folder: what was handed over is there whole, or there is no folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from features.errors import LeadscoreError
from serving.jobs.job import EXIT, INPUTS, LOG, PRINTED, PROGRESS, RESULTS

_ID = re.compile(r"[0-9a-f]{24}")
_HALF = ".half-"
_FRESH_SECONDS = 3600.0
"""A half folder that is younger may be one that is just handed over."""
_MOST_NAME = 120
"""Bytes; most disks take 255, and a role or an ending may still come to it."""
_LARGE_BYTES = 10_000_000
_ELSEWHERE = "Make room on the disk, or set LEADSCORE_JOBS to another folder; then try again."


def id_of(kind: str, files: Mapping[str, Path], options: Mapping[str, str], by: str) -> str:
    """What tells a job from others: kind, options, whose it is, each file's role, name and bytes.

    Raises:
        LeadscoreError: a file cannot be read.
    """
    asked = [kind, by, sorted(options.items()), sorted(plain_names(files).items())]
    whole = hashlib.sha256(json.dumps(asked).encode())
    for _, path in sorted(files.items()):
        try:
            with path.open("rb") as file:
                whole.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            raise LeadscoreError(
                f"{path.name}: cannot be read ({error.strerror}).", "Hand it over again."
            ) from None
    return whole.hexdigest()[:24]


def plain_name(name: str) -> str:
    """`name` without what a path or a sheet is told by, its end where it is longer than a disk takes."""
    plain = re.sub(r"[\x00-\x1f\x7f/\\#:]", "_", name).lstrip(".")
    return plain.encode("utf-8", "replace")[-_MOST_NAME:].decode("utf-8", "ignore").lstrip(".") or "file"


def plain_names(files: Mapping[str, Path]) -> dict[str, str]:
    """Role → the name under which a file is kept: its own without what a path or a sheet is told by."""
    found: dict[str, str] = {}
    for role, path in files.items():
        name = plain_name(path.name)
        found[role] = name if name not in found.values() else f"{role}-{name}"
    return found


def make_folder(folder: Path) -> None:
    """Make the folder of all jobs where it is not there; its owner alone may read it.

    Raises:
        LeadscoreError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LeadscoreError(f"{folder}: cannot be made ({error.strerror}).", _ELSEWHERE) from None


def hand_over(folder: Path, files: Mapping[str, Path]) -> bool:
    """Make the folder of a job with its files in it; a large one is linked where it can be.

    Whether it was made: one that is there already stays.

    Raises:
        LeadscoreError: the disk is full or refuses; nothing of it stays.
    """
    if folder.is_dir():
        return False
    make_folder(folder.parent)
    half = folder.with_name(f"{_HALF}{secrets.token_hex(8)}")
    try:
        half.mkdir(mode=0o700)
        (half / INPUTS).mkdir()
        (half / RESULTS).mkdir()
        for role, name in plain_names(files).items():
            _linked(files[role], half / INPUTS / name)
        half.rename(folder)
        return True
    except OSError as error:
        if folder.is_dir():  # another request was faster
            return False
        words = f"{folder.parent}: the files cannot be kept ({error.strerror})."
        raise LeadscoreError(words, _ELSEWHERE) from None
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _linked(source: Path, target: Path) -> None:
    """A large file is linked where it can be; a small one, such as a recipe, may be written anew."""
    if source.stat().st_size >= _LARGE_BYTES:
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)


def begin_anew(folder: Path) -> None:
    """Take away what an earlier try said of itself; its results stay, so that it may go on where it was."""
    for name in (EXIT, LOG, PRINTED, PROGRESS):
        (folder / name).unlink(missing_ok=True)


def sweep(parent: Path, kept: set[str], kept_seconds: float) -> int:
    """Remove the folders of jobs that are not among `kept` and untouched for `kept_seconds`; how many went.

    Another ledger may know them: that of a service that shares the folder, or the one before this.
    """
    gone = 0
    for path in parent.iterdir() if parent.is_dir() else ():
        half = path.name.startswith(_HALF)
        if path.name in kept or not (half or _ID.fullmatch(path.name)):
            continue
        with suppress(FileNotFoundError):  # whoever handed it over has just ended that
            if path.stat().st_mtime < time.time() - (_FRESH_SECONDS if half else kept_seconds):
                shutil.rmtree(path, ignore_errors=True)
                gone += 1
    return gone
