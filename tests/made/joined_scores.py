"""What `discover` says of the tables beside the leads in made folders, against what is true of them."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from features.discovery import discover
from features.recipe.file import parse_recipe
from tests.made.joined_worlds import JOINED_WORLDS, JoinedWorld, make_joined_world

EVENTS = "an event that follows an agreement"


@dataclass
class JoinedScore:
    """Over some folders: kind → how often it was left out, marked, there; and what became of innocents."""

    left_out: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)
    there: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    dropped: list[list[str]] = field(default_factory=list)
    doubted: Counter[str] = field(default_factory=Counter)
    innocent: Counter[str] = field(default_factory=Counter)

    def add(self, world: JoinedWorld) -> None:
        """Judges one folder; a column with another part to play, such as a date of change, is not used."""
        found = discover(world.files, folder=world.files[0].parent)
        events = parse_recipe(found.recipe_toml).events
        kinds = set(events.kinds) if events else set()
        out = {suspect.column for suspect in found.suspects}
        marked = {suspect.column for suspect in found.marked}
        out |= {one.column for one in found.findings if one.remark.startswith("not used")}
        for kind, name in world.leaks.items():
            self._count(kind, name, name in out, name in marked)
        for name in world.kind_leaks:
            self._count(EVENTS, name, name not in kinds, marked=False)
        gone = [name for name in world.innocents.values() if name in out]
        self.dropped.append(gone + [name for name in world.kind_innocents if name not in kinds])
        self.innocent.update(world.innocents.keys())
        self.doubted.update(kind for kind, name in world.innocents.items() if name in marked)

    def _count(self, kind: str, name: str, out: bool, marked: bool) -> None:
        self.there[kind] += 1
        self.left_out[kind] += out
        self.marked[kind] += marked
        if not out and not marked:
            self.missed.append(name)


@lru_cache(maxsize=2)
def joined_scores(*, held: bool) -> JoinedScore:
    """All folders of names that were seen, or of those held back."""
    score = JoinedScore()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(JOINED_WORLDS):
            score.add(make_joined_world(number, Path(folder), held=held))
    return score
