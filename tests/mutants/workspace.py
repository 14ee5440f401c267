"""A folder of its own for each piece: the project by links, mutmut's settings for its modules and tests."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

from tests.mutants.found import LATE, SURVIVED, Mutant, found, verdicts
from tests.mutants.lists import ROOT, Piece
from tests.mutants.plain import written_out

SOURCES = ("features", "serving", "training")
_LINKED = ("tests", "data", "leadscore", "README.md", "requirements.lock")

# A server imports the tests once and forks for each mutant, so that a mutant costs its tests and no import;
# the selection stands in a file because mutmut forgets every result when this option changes. The limit is
# generous, a minute and more: a machine that is busy with other things must not count as a test that notices.
# Without unraisableexception pytest does not collect garbage five times at the end: that takes seconds where
# the tests have imported MLflow.
_SETTINGS = """
[tool.mutmut]
source_paths = {sources}
only_mutate = {modules}
also_copy = ["data", "leadscore", "README.md", "selection.txt"]
pytest_add_cli_args = ["-p", "no:xdist", "-p", "no:unraisableexception"]
pytest_add_cli_args_test_selection = ["@selection.txt"]
process_isolation = "forkserver"
timeout_multiplier = 30.0
timeout_constant = 2.0
use_git_change_detection = false
on_dependency_change = "ignore"
"""


def folder_of(piece: Piece) -> Path:
    """Where the piece is tried, and its results are kept."""
    return ROOT / "build" / "mutants" / piece.name


def results_of(piece: Piece) -> list[Path]:
    """Where mutmut keeps what it found in each module."""
    return [folder_of(piece) / "mutants" / f"{module}.meta" for module in piece.modules]


def prepare(piece: Piece) -> None:
    """Makes the piece's folder, or brings it up to date."""
    folder = folder_of(piece)
    (folder / "mutants").mkdir(parents=True, exist_ok=True)  # what is imported must exist when Python starts
    for name in _LINKED:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(ROOT / name)
    for source in SOURCES:
        _mirror(piece, source, folder)
    settings = _SETTINGS.format(sources=json.dumps(SOURCES), modules=json.dumps(piece.modules))
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text() + settings)
    (folder / "selection.txt").write_text("\n".join(piece.tests) + "\n")
    shutil.rmtree(folder / "mutants" / "tests", ignore_errors=True)  # else tests that were taken out stay
    _retry_after_change(piece, folder)


def _mirror(piece: Piece, source: str, folder: Path) -> None:
    """Links every file of the package `source`, and writes the piece's own modules out for mutmut."""
    if (folder / source).is_symlink():
        (folder / source).unlink()
    there = {path.relative_to(ROOT) for path in (ROOT / source).rglob("*") if path.is_file()}
    for path in [path.relative_to(folder) for path in (folder / source).rglob("*") if not path.is_dir()]:
        if path not in there:
            (folder / path).unlink()
            (folder / "mutants" / path).unlink(missing_ok=True)
    for path in there:
        if path.suffix == ".pyc":
            continue
        if str(path) in piece.modules:
            _write(folder / path, written_out((ROOT / path).read_text()))
        elif not (folder / path).is_symlink():
            (folder / path).unlink(missing_ok=True)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).symlink_to(ROOT / path)


def _write(path: Path, text: str) -> None:
    """Writes a file anew only if it changes: by its age mutmut sees whether to plant again."""
    if path.is_symlink() or not path.exists() or path.read_text() != text:
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _retry_after_change(piece: Piece, folder: Path) -> None:
    """Forgets what survived other files than now, and everything when a test that found it is gone."""
    now = {name: sha256((ROOT / name).read_bytes()).hexdigest() for name in (*piece.tests, *piece.modules)}
    seen = folder / "seen.json"
    before = json.loads(seen.read_text()) if seen.exists() else {}
    if before == now:
        return
    seen.write_text(json.dumps(now))
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)  # which test calls what
    for results in results_of(piece):
        if results.exists():
            again = {name: code for name, code in verdicts(results).items() if code not in (*SURVIVED, *LATE)}
            codes = dict.fromkeys(verdicts(results)) | (again if before.keys() <= now.keys() else {})
            results.write_text(json.dumps(json.loads(results.read_text()) | {"exit_code_by_key": codes}))


def planted(piece: Piece) -> list[Mutant]:
    """Every mutant of the piece that mutmut has made, in the order of the code."""
    folder = folder_of(piece) / "mutants"
    made = [module for module in piece.modules if (folder / f"{module}.meta").exists()]
    return [one for module in made for one in found(folder, module)]


def untried(piece: Piece) -> list[str] | None:
    """The names of the mutants that wait, None before they are made."""
    results = results_of(piece)
    if not all(one.exists() for one in results):
        return None
    return [name for one in results for name, code in verdicts(one).items() if code is None]
