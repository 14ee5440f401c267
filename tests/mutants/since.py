"""Which functions of a piece have changed since a commit: the others are as they were when tried."""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass

from tests.mutants.lists import ROOT, Piece


@dataclass(frozen=True)
class Place:
    """A function of a module, as `Class.name` or `name`."""

    module: str
    function: str

    @property
    def pattern(self) -> str:
        """The names that mutmut gives to its mutants, written out or not."""
        *outer, name = self.function.split(".")
        parts = self.module.removesuffix(".py").replace("/", ".")
        return f"{parts}.x{'ǁ' + outer[0] + 'ǁ' if outer else '_'}*{name}__mutmut_*"


def changed(piece: Piece, commit: str) -> set[Place]:
    """The functions of the piece whose text is not that of `commit`, new ones among them.

    Raises:
        subprocess.CalledProcessError: there is no such commit.
    """
    subprocess.run(["git", "cat-file", "-e", f"{commit}^{{commit}}"], cwd=ROOT, check=True)
    places: set[Place] = set()
    for module in piece.modules:
        before = _functions(_at(commit, module))
        now = _functions((ROOT / module).read_text())
        places |= {Place(module, name) for name, text in now.items() if before.get(name) != text}
    return places


def _at(commit: str, module: str) -> str:
    """The module's text at the commit, none where it was not there."""
    told = subprocess.run(["git", "show", f"{commit}:{module}"], cwd=ROOT, capture_output=True, text=True)
    return told.stdout if told.returncode == 0 else ""


def _functions(source: str) -> dict[str, str]:
    """Name → text without comments and layout, of the functions of the module and of its classes."""
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found |= {
            prefix + one.name: ast.unparse(one)
            for one in inner
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    return found
