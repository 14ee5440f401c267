"""The most memory that a process has held."""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path
from typing import Literal


def peak_memory_mb(process: int | Literal["self"] = "self") -> float:
    """The most memory (MB) that this process, or that of an id, has held so far; 0 of one that has ended.

    By /proc where there is one: what `resource` tells of a process begins at what its parent held.
    """
    status = Path(f"/proc/{process}/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8") if status.exists() else "")
    if found or process != "self":
        return int(found[1]) / 1024 if found else 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts in bytes, others in kilobytes
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
