"""What mutmut planted and what became of it, read from the files that it leaves: one `Mutant` each."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from time import sleep

from tests.mutants.lists import Equivalent
from tests.mutants.plain import PREFIX

SURVIVED = (0, 5, 33)
"""mutmut's exit codes of a mutant that all tests passed, or that no test reached."""

LATE = (36, 24, -24, 152, 255)
"""mutmut's exit codes of a mutant that was still running after the limit, an endless loop as a rule."""

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
_PROSE = re.compile(r"\w\W* \W*\w")
"""At least two words: a text for people, which the tests of the documentation hold, not these."""


@dataclass(frozen=True)
class Mutant:
    """One planted fault: inside `function` the text `before` became `after`.

    `verdict` is mutmut's exit code, None when it has not been tried. `words` says that only a text for
    people differs; such mutants are not counted.
    """

    name: str
    function: str
    before: str
    after: str
    verdict: int | None
    words: bool

    @property
    def survived(self) -> bool:
        """Whether no test noticed."""
        return self.verdict in SURVIVED

    @property
    def late(self) -> bool:
        """Whether only the limit of time noticed."""
        return self.verdict in LATE

    def listed(self, equivalents: list[Equivalent]) -> bool:
        """Whether one of `equivalents` speaks of it."""
        return any(
            (one.function, one.before) == (self.function, self.before) and self.after in one.after
            for one in equivalents
        )


def verdicts(results: Path) -> dict[str, int | None]:
    """Mutant → mutmut's exit code, of a file that mutmut may be rewriting at this moment."""
    for _ in range(50):
        if text := whole(results):
            codes: dict[str, int | None] = json.loads(text)["exit_code_by_key"]
            return codes
        sleep(0.05)
    raise RuntimeError(f"{results} is cut off; delete the folder of the piece and begin again.")


def whole(results: Path) -> str | None:
    """The text of a file of results, None where there is none or where it is cut off."""
    with suppress(FileNotFoundError, json.JSONDecodeError):
        text = results.read_text()
        json.loads(text)
        return text
    return None


def found(folder: Path, module: str) -> Iterator[Mutant]:
    """The mutants of `module` in mutmut's `folder`."""
    source = (folder / module).read_text()
    planted = {node.name: node for node in ast.walk(ast.parse(source)) if isinstance(node, _FUNCTIONS)}
    lines = source.splitlines()
    for name, verdict in verdicts(folder / f"{module}.meta").items():
        mangled = name.rpartition(".")[2]
        stem = mangled.rpartition("__mutmut_")[0]
        old, new = planted[f"{stem}__mutmut_orig"], planted[mangled]
        before, after = _change(_lines(lines, old), _lines(lines, new))
        function = stem[2:].replace("ǁ", ".").replace(PREFIX, "")  # x_total, xǁBasketǁtotal
        yield Mutant(name, function, before, after, verdict, _told(old) == _told(new))


def _lines(lines: list[str], node: _FUNCTIONS) -> list[str]:
    """The lines of a function, without its name and indentation."""
    body = lines[node.lineno - 1 : node.end_lineno]
    return [line.strip().replace(node.name, "") for line in body]


def _change(old: list[str], new: list[str]) -> tuple[str, str]:
    """The lines that went and the lines that came, each as one text."""
    steps = [step for step in SequenceMatcher(None, old, new, False).get_opcodes() if step[0] != "equal"]
    first, last = steps[0], steps[-1]
    return " ".join(old[first[1] : last[2]]), " ".join(new[first[3] : last[4]])


def _told(function: _FUNCTIONS) -> str:
    """A function without its name and without its texts for people."""
    body = ast.dump(_Silent().visit(ast.parse(ast.unparse(function))))
    return body.replace(function.name, "")


class _Silent(ast.NodeTransformer):
    """Takes out every text of two words or more."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str) and _PROSE.search(node.value):
            return ast.Constant("…")
        return node
