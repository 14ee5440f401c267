"""One try at a job: a process group that outlives a service which is killed, and is found again."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from serving.jobs.job import EXIT, LOCK, LOG, PID, PRINTED, PROGRESS, Job

_PROGRESS = "LEADSCORE_PROGRESS"
_SCRIPT = (
    f'echo $$ >{PID}; "$@" >{PRINTED} 2>{LOG}; code=$?; echo $code >{EXIT}.half && mv {EXIT}.half {EXIT}; '
    "exit $code"
)
"""The shell says in a file how the command ended, also when nobody is there who waits for it."""
_WHERE = "host"
"""The machine whose numbers of processes are meant."""
_PATIENCE_SECONDS = 5.0
_LAST_BYTES = 20_000
_ROOM_BYTES = 1_000_000
_SOME_FAILED, _REFUSED, _WRONG_INPUT = 3, 1, 2


@dataclass
class Attempt:
    """The process that does a job. The lock on its folder is held by it, not by us: it says that it lives."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, job: Job, words: Sequence[str], environment: Mapping[str, str]) -> Attempt:
        """The one that is at work already, or has ended unnoticed, else a new one.

        Raises:
            OSError: it cannot be started.
        """
        lock = os.open(job.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if (job.folder / EXIT).exists() or not _locked(lock):
                return cls(job.folder)
            for name in (LOG, PRINTED, PROGRESS, PID):
                (job.folder / name).unlink(missing_ok=True)
            (job.folder / _WHERE).write_text(here())
            command = ["sh", "-c", _SCRIPT, "sh", sys.executable, "-P", "-m", "leadscore", *words]
            process = subprocess.Popen(
                command, cwd=job.folder, env={**os.environ, **environment, **_ours()},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=(lock,), start_new_session=True, umask=0o077,
            )  # fmt: skip
            return cls(job.folder, process)
        finally:
            os.close(lock)  # without unlocking: what was inherited keeps it

    @property
    def alive(self) -> bool:
        """Whether it is still at work."""
        if self.process is not None:
            return self.process.poll() is None
        return self.held

    def exit_code(self) -> int | None:
        """How the command ended; None where it was ended so that nobody could say."""
        with suppress(OSError, ValueError):
            return int((self.folder / EXIT).read_text())
        return None

    @property
    def held(self) -> bool:
        """Whether the command, or anything that it has started, is still there."""
        try:
            with (self.folder / LOCK).open("r+b") as file:
                return not _locked(file.fileno())
        except FileNotFoundError:
            return False

    def kill(self) -> None:
        """End it and all that it has started: asked first, made to 5 s later; nothing on another machine."""
        for asked in (signal.SIGTERM, signal.SIGKILL):
            if not self._signalled(asked):
                break
            until = time.monotonic() + _PATIENCE_SECONDS
            while self.held and time.monotonic() < until:
                time.sleep(0.05)
            if not self.held:
                break
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_PATIENCE_SECONDS)
        (self.folder / EXIT).unlink(missing_ok=True)  # what was ended by us has not ended by itself

    def _signalled(self, asked: signal.Signals) -> bool:
        """Whether it is ours to end, on this machine, and was told."""
        try:
            if self.process is None and (self.folder / _WHERE).read_text() != here():
                return False
            number = int((self.folder / PID).read_text()) if self.process is None else self.process.pid
            os.killpg(number, asked)
        except (OSError, ValueError):
            return False
        return True

    def progress(self) -> tuple[str, int | None, int | None]:
        """What it does now, how much is done, of how much."""
        line = _end_of(self.folder / PROGRESS).rpartition("\n")[0].rpartition("\n")[2]
        try:
            said = json.loads(line)
            return str(said["step"]), said.get("done"), said.get("total")
        except (ValueError, KeyError):
            return "", None, None

    def ended(self, *, may_refuse: bool = False) -> tuple[bool, str]:
        """Whether the command did what it was asked to, and what it said last; no lead's values.

        `may_refuse`: it is one that judges, and to refuse is its answer too.
        Of a failure that nobody foresaw only the kind is told, and its traceback is cut down to places.
        """
        code, text = self.exit_code(), _end_of(self.folder / LOG)
        said = text.replace(f"{self.folder}/out/", "").replace(f"{self.folder}/in/", "")
        if code in (0, _SOME_FAILED, *([_REFUSED] if may_refuse else [])) and "Traceback" not in text:
            return True, said.strip().rpartition("\n")[2]
        if shutil.disk_usage(self.folder).free < _ROOM_BYTES:  # then what it said may not have been written
            return False, "the disk is full. Make room on it, then begin this again."
        if code == _WRONG_INPUT and "Error: " in said:
            return False, said.rpartition("Error: ")[2].strip()
        if "Traceback" in text:
            kind = _without_values(self.folder / LOG)
            return False, f"the command failed ({kind}). Please report it as a bug."
        by = "" if code is None or code < 128 else f" (signal {code - 128})"
        return False, f"the system ended the command{by}; it may have needed more memory or room on the disk."


def _ours() -> dict[str, str]:
    """Where to tell how far it is, and the code that serves, whatever else is installed."""
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {_PROGRESS: PROGRESS, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def here() -> str:
    """This machine since it was started, and the space of its numbers of processes: a container's own."""
    found = [socket.gethostname()]
    with suppress(OSError):
        found += [
            Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            os.readlink("/proc/self/ns/pid"),
        ]
    return " ".join(found)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LAST_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _without_values(path: Path) -> str:
    """Cut a log's traceback down to its places; the kind of the error."""
    before, mark, after = path.read_text(encoding="utf-8", errors="replace").partition("Traceback")
    places = re.findall(r'^ *File "[^"]+", line \d+, in .+$', after, re.MULTILINE)
    kinds = re.findall(r"^([A-Za-z_][\w.]*)(?::|$)", after.partition("\n")[2], re.MULTILINE)
    kind = kinds[-1] if kinds else "of an unknown kind"
    path.write_text("\n".join([before + mark, *places, kind]) + "\n", encoding="utf-8")
    return kind
