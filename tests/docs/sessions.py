"""Terminal sessions in the documentation: run them again, compare, or write what they print now.

A ```console block holds `$ command` lines, each followed by what it prints on stdout. All blocks of a file
run in order in one fresh folder, `.venv/bin` first on the path.
`python -m tests.docs.sessions` rewrites them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
"""Every page that people read."""
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:e-?\d+)?")
TIMES = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?|\b[0-9a-f]{32}\b"
)


@dataclass(frozen=True)
class Step:
    """One command of a session and what the document says it prints."""

    command: str
    printed: str


def steps(block: str) -> list[Step]:
    """The commands of a console block, in order."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    split = [part.partition("\n") for part in parts]
    return [Step(command, printed) for command, _, printed in split]


def run(command: str, folder: Path) -> str:
    """What `command` prints on stdout in `folder`, line ends trimmed."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "110",
        "NO_COLOR": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if done.returncode not in (0, 1, 3):
        raise AssertionError(f"$ {command}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return "".join(line.rstrip() + "\n" for line in done.stdout.replace(str(folder), "…").splitlines())


def play(document: Path) -> Iterator[tuple[Step, str]]:
    """Every step of a document with what it prints now."""
    with TemporaryDirectory() as folder:
        for block in BLOCK.findall(document.read_text()):
            for step in steps(block):
                yield step, run(step.command, Path(folder))


def alike(said: str, printed: str, tolerance: float = 0.03) -> bool:
    """Equal but for clock times and the numbers' last digits, which another processor may round otherwise."""
    said, printed = TIMES.sub("<when>", said), TIMES.sub("<when>", printed)
    words = [" ".join(NUMBER.sub("#", text).split()) for text in (said, printed)]
    if words[0] != words[1]:
        return False
    pairs = zip(NUMBER.findall(said), NUMBER.findall(printed), strict=True)
    return all(near(float(a.replace(",", "")), float(b.replace(",", "")), tolerance) for a, b in pairs)


def near(a: float, b: float, tolerance: float) -> bool:
    """Within `tolerance` of each other, relative above 1 and absolute below."""
    return abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


def rewrite(document: Path) -> None:
    """Replace what each command of `document` is said to print by what it prints now."""
    played = iter(list(play(document)))

    def renew(match: re.Match[str]) -> str:
        shown = [next(played) for _ in steps(match.group(1))]
        return "```console\n" + "".join(f"$ {step.command}\n{printed}" for step, printed in shown) + "```"

    document.write_text(BLOCK.sub(renew, document.read_text()))


if __name__ == "__main__":
    for page in [ROOT / name for name in sys.argv[1:]] or DOCUMENTS:
        rewrite(page)
