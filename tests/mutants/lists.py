"""The two lists: pieces of modules with their tests, and mutants that change nothing anybody could see."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@dataclass(frozen=True)
class Piece:
    """Modules that are mutated together, and the test files that must notice."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Equivalent:
    """Mutants of one line that change nothing: `before` becomes one of `after` inside `function`.

    Known by their text, not by line numbers nor by paths, so that the entry survives a move of the code.
    """

    piece: str
    function: str
    before: str
    after: tuple[str, ...]
    reason: str


def pieces() -> dict[str, Piece]:
    """Name → piece, in the order of the file."""
    listed = tomllib.loads((HERE / "pieces.toml").read_text())
    return {name: Piece(name, tuple(one["modules"]), tuple(one["tests"])) for name, one in listed.items()}


def equivalents() -> list[Equivalent]:
    """Every entry of the list of equivalent mutants."""
    listed = tomllib.loads((HERE / "equivalent.toml").read_text())
    return [
        Equivalent(piece, one["function"], one["before"], tuple(one["after"]), one["reason"])
        for piece, entries in listed.items()
        for one in entries
    ]
