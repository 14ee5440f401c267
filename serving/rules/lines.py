"""Where a section and a key stand in rules.toml: a parsed file no longer knows its lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

_HEADER = re.compile(r"\s*\[{1,2}\s*([\w.\"' -]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"\s*([\w-]+)\s*=")
_LONG = re.compile(r"\"\"\"|'''")


@dataclass(frozen=True)
class Lines:
    """The lines of a file called `name`."""

    name: str
    text: str

    def place(self, where: Sequence[str | int]) -> str:
        """'rules.toml, line 12' for ('fit', 0, 'bands', 2); the name alone where no line is known.

        >>> Lines("rules.toml", "[scale]\\n[[fit]]\\nname = 'x'").place(("fit", 0, "name"))
        'rules.toml, line 3'
        """
        line = self.line(where)
        return self.name if line is None else f"{self.name}, line {line}"

    def line(self, where: Sequence[str | int]) -> int | None:
        """The line, from 1, of the innermost part of `where` that stands on a line of its own."""
        found = None
        for end in range(1, len(where) + 1):
            found = self._known.get(_key(where[:end]), found)
        return found

    @cached_property
    def _known(self) -> dict[str, int]:
        known: dict[str, int] = {}
        counts: dict[str, int] = {}
        section, inside = "", False
        for number, line in enumerate(self.text.splitlines(), 1):
            began_inside = inside
            inside ^= len(_LONG.findall(line)) % 2 == 1
            if began_inside:
                continue
            if (header := _HEADER.match(line)) and not header[1][0].isdigit():
                section = ".".join(part.strip(" \"'") for part in header[1].split("."))
                if line.lstrip().startswith("[["):
                    counts[section] = counts.get(section, -1) + 1
                    section = f"{section}/{counts[section]}"
                known.setdefault(section.replace(".", "/"), number)
            elif key := _KEY.match(line):
                known.setdefault(f"{section.replace('.', '/')}/{key[1]}".lstrip("/"), number)
        return known


def _key(where: Sequence[str | int]) -> str:
    return "/".join(map(str, where))
