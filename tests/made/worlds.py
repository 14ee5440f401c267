"""Exports of companies whose truth is known: narrow and wide, few and many levels, sorted by anything.

Each row's log-odds of converting are made from its columns by a known rule, so that the best possible log
loss is known too. Names whose CRC three divides are held back: no figure of theirs was looked at while
anything was decided. Each is read once, at the end, and counted as a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zlib import crc32

Shape = Literal["line", "bends", "rules", "xor", "xor of levels", "levels", "mix", "noise"]
Drift = Literal["none", "halves", "triples", "wanders", "turns", "mix moves", "calendar"]
Order = Literal["lot", "time", "number", "level"]


@dataclass(frozen=True)
class World:
    """An export to be made; every default is the dull one.

    `numbers` speak, `noise` do not; `levels` holds the number of levels of each category. `order` is how the
    file is sorted; with `looks` leads have dates of creation and of winning, so that a lead is looked at
    often. `accounts` is the number of leads of each account, which share a luck that no column shows.
    """

    name: str
    rows: int
    shape: Shape = "line"
    numbers: int = 6
    noise: int = 4
    levels: tuple[int, ...] = (5,)
    rate: float = 0.15
    drift: Drift = "none"
    order: Order = "lot"
    looks: bool = False
    accounts: int = 1
    missing: float = 0.1
    long: bool = False

    @property
    def held(self) -> bool:
        """Whether it is held back from every decision."""
        return crc32(self.name.encode()) % 3 == 0


WORLDS = (
    World("narrow line", 3000, numbers=3, noise=1, levels=()),
    World("narrow bends", 3000, "bends", numbers=4, noise=1, levels=(4,)),
    World("narrow steps", 2500, "rules", numbers=3, noise=1, levels=(5,)),
    World("four columns", 4000, "bends", numbers=3, noise=1, levels=(), rate=0.25),
    World("small mix", 800, "mix", rate=0.2),
    World("narrow rules", 6000, "rules", numbers=5, noise=2, levels=(6,)),
    World("thirteen columns", 6000, "mix", numbers=6, noise=4, levels=(3, 8, 20)),
    World("wide line", 3000, numbers=20, noise=60, levels=(5, 5)),
    World("wide bends", 6000, "bends", numbers=10, noise=50, levels=(12,)),
    World("wide noise around one", 1500, numbers=1, noise=80, levels=()),
    World("tiny line", 300, numbers=3, noise=3, levels=(3,), rate=0.3),
    World("tiny mix", 450, "mix", numbers=4, noise=4, levels=(6,), rate=0.25),
    World("tiny noise", 400, "noise", rate=0.3),
    World("few won", 2000, "mix", rate=0.04),
    World("half won", 2000, "mix", rate=0.5),
    World("three hundred levels", 10_000, "levels", numbers=2, levels=(300,)),
    World("thousand levels", 10_000, "levels", numbers=2, levels=(1000, 6)),
    World("many small categories", 4000, "levels", numbers=1, noise=1, levels=(9, 12, 15, 20, 30, 40)),
    World("level each row", 3000, "mix", levels=(2500, 4)),
    World("exclusive or", 6000, "xor", numbers=3, noise=10),
    World("exclusive or, narrow", 2000, "xor", numbers=3, noise=2, levels=()),
    World("exclusive or of levels", 6000, "xor of levels", numbers=2, noise=6, levels=(8, 6, 4)),
    World("exclusive or, wide", 8000, "xor", numbers=3, noise=40),
    World("rules of levels", 6000, "rules", numbers=3, noise=6, levels=(10, 10)),
    World("sorted by region", 5000, "mix", levels=(12, 5), order="level"),
    World("sorted by a number", 4000, "mix", order="number"),
    World("sorted by size", 5000, "mix", order="number"),
    World("sorted by region, bends", 3000, "bends", levels=(8,), order="level"),
    World("base rate halves", 6000, "mix", drift="halves", order="time"),
    World("base rate triples", 6000, "mix", rate=0.08, drift="triples", order="time"),
    World("level wanders", 8000, "mix", drift="wanders", order="time"),
    World("line wanders", 4000, drift="wanders", order="time"),
    World("a weight turns", 6000, drift="turns", order="time"),
    World("slow turn", 6000, "mix", drift="turns", order="time"),
    World("mix moves", 5000, "bends", drift="mix moves", order="time"),
    World("a calendar climbs", 6000, "mix", drift="calendar", order="time"),
    World("dated looks", 2500, "mix", looks=True, order="time"),
    World("dated looks, levels", 3000, "levels", levels=(60, 8), looks=True, order="time"),
    World("dated, base rate halves", 3000, "mix", looks=True, drift="halves", order="time"),
    World("accounts", 5000, "mix", accounts=8),
    World("accounts in time", 5000, "bends", accounts=20, order="time"),
    World("noise only", 3000, "noise"),
    World("noise, wide", 2000, "noise", noise=60),
    World("noise in time", 3000, "noise", drift="wanders", order="time"),
    World("large mix", 30_000, "mix", levels=(5, 40), long=True),
    World("large bends, wide", 30_000, "bends", numbers=10, noise=30, levels=(20,), long=True),
    World("large rules", 20_000, "rules", numbers=8, noise=10, levels=(12, 12), long=True),
    World("300,000 rows, mix", 300_000, "mix", noise=8, levels=(6, 40), long=True),
    World("300,000 rows, levels", 300_000, "levels", numbers=3, levels=(1000, 40, 6), long=True),
)
