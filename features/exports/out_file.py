"""Files that a verb writes: never one that it reads, and none that is there already unless it is told so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from features.errors import LeadscoreError
from features.exports.container import table_address
from features.recipe import Recipe


def refuse_input(out: Path | str, read: Iterable[Path | str]) -> None:
    """Refuse to write over a file that is read, however it is spelt: by a link, another path, as a sheet.

    Raises:
        LeadscoreError: `out` is one of the files `read`.
    """
    target = Path(out)
    for source in read:
        path = table_address(source)[0]
        if _same(target, path):
            raise LeadscoreError(
                f"{out}: is {path}, which is read here; writing would destroy it.",
                "Name another file with -o.",
            )


def refuse_existing(out: Path | str, *, force: bool, option: str = "-o") -> None:
    """Refuse to replace what is there, unless told so.

    Raises:
        LeadscoreError: `out` exists, and not `force`.
    """
    if not force and Path(out).exists():
        raise LeadscoreError(
            f"{out}: exists already.", f"Name another with {option}, or replace it with --force."
        )


def refuse_filled(folder: Path, *, force: bool) -> None:
    """Refuse to write into a folder that holds files, unless told so; hidden ones do not count.

    Raises:
        LeadscoreError: it holds some, and not `force`.
    """
    if not force and folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
        raise LeadscoreError(
            f"{folder}: holds files already.", "Name another folder with -o, or write into it with --force."
        )


def check_written(
    written: Iterable[tuple[str, Path | None]], read: Iterable[Path | str], *, force: bool
) -> None:
    """Refuse, before anything is read, what a verb shall not write: (option, file), None where not asked.

    Raises:
        LeadscoreError: as `refuse_input` and `refuse_existing`; or two options name one file.
    """
    inputs, seen = list(read), dict[Path, str]()
    for option, path in written:
        if path is None:
            continue
        refuse_input(path, inputs)
        refuse_existing(path, force=force, option=option)
        other = seen.setdefault(path.resolve(), option)
        if other != option:
            raise LeadscoreError(f"{other} and {option} both name {path}.", "Name two files.")


def files_read(recipe: Recipe, folder: object) -> list[Path]:
    """The files of the recipe's tables in `folder`; those that a SELECT names are not known here.

    Tables that are kept otherwise than in a folder have none.
    """
    if not isinstance(folder, Path | str):
        return []
    tables = recipe.tables
    sources = (tables.leads, tables.events, tables.outcomes, tables.field_history)
    names = [source.file for source in sources if source is not None and source.file is not None]
    return [table_address(Path(folder) / name)[0] for name in names if "://" not in name]


def _same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()
