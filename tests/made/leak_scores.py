"""What `discover` says of the columns of made worlds, against when they were known."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from features.discovery import discover
from tests.made.leak_worlds import WORLDS, LeakWorld, make_leak_world


@dataclass
class LeakScore:
    """Over some worlds: kind → how often it was left out, marked, there; innocents left out of each world."""

    left_out: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    there: Counter[str] = field(default_factory=Counter)
    dropped: list[list[str]] = field(default_factory=list)
    doubted: list[list[str]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    innocent: int = 0

    def add(self, world: LeakWorld) -> None:
        """Judges one world."""
        found = discover([world.file], folder=world.file.parent)
        out = {suspect.column for suspect in found.suspects}
        marked = {suspect.column for suspect in found.marked}
        unused = {one.column for one in found.findings if one.remark.startswith("not used")}
        for kind, name in world.leaks.items():
            self.there[kind] += 1
            self.left_out[kind] += name in out
            self.marked[kind] += name in marked
            if name not in out | marked:
                self.missed.append(name)
        self.innocent += len(world.innocents)
        self.dropped.append([name for name in world.innocents.values() if name in out | unused])
        self.doubted.append([name for name in world.innocents.values() if name in marked])

    @property
    def recall(self) -> float:
        """The share of the leaks that were left out or marked."""
        return (self.left_out.total() + self.marked.total()) / self.there.total()


@lru_cache(maxsize=4)
def leak_scores(*, held: bool, speaking: bool = True) -> LeakScore:
    """All worlds of names that were seen, or of those held back; or of names that say nothing."""
    score = LeakScore()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(WORLDS):
            score.add(make_leak_world(number, Path(folder), held=held, speaking=speaking))
    return score
