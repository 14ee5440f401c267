"""Runs mutmut on a piece for a while, and keeps its results when it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from tests.mutants.found import whole
from tests.mutants.lists import Piece
from tests.mutants.workspace import folder_of, results_of

_LOOK_S = 1.0


def mutmut(piece: Piece, seconds: float, names: list[str]) -> Iterator[None]:
    """Tries what has not been tried, or mutants of these names, yielding at each look, for `seconds` at most.

    Raises:
        RuntimeError: mutmut failed; the tests of a piece must pass before a fault is planted.
    """
    folder, ends = folder_of(piece), monotonic() + seconds
    kept: dict[Path, str] = {}
    with (folder / "log.txt").open("w") as log:
        running = _started(folder, log.fileno(), names)
        try:
            while (code := running.poll()) is None and monotonic() < ends:
                sleep(_LOOK_S)
                kept |= {results: text for results in results_of(piece) if (text := whole(results))}
                yield
        finally:
            _stop(running)
            for results, text in kept.items():  # stopped while it wrote, it leaves half a file
                if whole(results) is None:
                    results.write_text(text)
    if code:
        raise RuntimeError(f"mutmut ended with {code}; what it said stands in {log.name}")


def _started(folder: Path, log: int, names: list[str]) -> subprocess.Popen[bytes]:
    tool = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1", *names]
    env = os.environ | {"HYPOTHESIS_PROFILE": "mutants", "PYTHONPATH": str(folder / "mutants")}
    return subprocess.Popen(tool, cwd=folder, env=env, stdout=log, stderr=log, start_new_session=True)


def _stop(running: subprocess.Popen[bytes]) -> None:
    """Ends mutmut and the processes that it started."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
