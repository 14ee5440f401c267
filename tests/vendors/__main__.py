"""Trials until so many faults have fallen; prints what happened, a line a vendor.

`python -m tests.vendors [FAULTS]` (default 1,000).
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from serving.vendors import VENDORS
from tests.vendors.trial import Counts, Trial

_NAMES = ("runs", "sent", "skipped", "refused", "retried", "stopped")


def main(most: int) -> None:
    counts = {vendor: Counts() for vendor in VENDORS}
    seed = 0
    with TemporaryDirectory() as folder:
        while sum(one.faults.total() for one in counts.values()) < most:
            for vendor in VENDORS:
                counts[vendor].add(Trial(vendor, seed, Path(folder)).run())
            seed += 1
    total = Counts()
    for vendor, one in counts.items():
        total.add(one)
        print(line(vendor, one))
    print(line(f"all, {seed} trials each", total))


def line(title: str, counts: Counts) -> str:
    told = ", ".join(f"{getattr(counts, name):,} {name}" for name in _NAMES)
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts.faults.most_common())
    return f"{title}: {counts.faults.total():,} faults ({kinds}); {told}"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
