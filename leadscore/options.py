"""What several verbs ask for, and the exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from features.recipe import Recipe

REFUSED, WRONG_INPUT, SOME_FAILED = 1, 2, 3
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
NAME = click.argument("name", metavar="NAME|RECIPE")
RECIPE = click.argument("recipe", type=FILE)
LEDGER = "ledger"


class DataPlace(click.Path):
    """A folder of tables, or the word that stands for the ledger; a folder of that name is './ledger'."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        return LEDGER if value == LEDGER else super().convert(value, param, ctx)


DATA = click.option(
    "--data",
    "folder",
    type=DataPlace(file_okay=False, path_type=Path),
    help="Folder of the tables, or 'ledger'; default: the recipe's folder.",
)
ENGINE = click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    help="What computes the features: duckdb, spark, postgresql://…",
)
LANGUAGE = click.option(
    "--language",
    type=click.Choice(["en", "fr"]),
    help="Language of reasons; default: the recipe's, else English.",
)
PAGE_LANGUAGE = click.option(
    "--language", type=click.Choice(["en", "fr"]), help="Language of the page; default: the recipe's."
)
FORCE = click.option("--force", is_flag=True, help="Replace a file that is there already.")
MILESTONE = click.option("--milestone", help="The model of this [[milestone]] of the recipe.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, for scripts.")


class OutFile(click.Path):
    """A file to write: what cannot be written is told before the work is done, not after it.

    With `makes` its folder is made where it is not there.
    """

    def __init__(self, makes: bool = False, **options: Any) -> None:
        super().__init__(dir_okay=False, writable=True, **options)
        self.makes = makes

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        found = super().convert(value, param, ctx)
        folder = Path(str(found)).absolute().parent
        while self.makes and not folder.exists():
            folder = folder.parent
        if str(found) != "-" and not folder.is_dir():
            self.fail(f"there is no folder '{folder}'.", param, ctx)
        return found


OUT = OutFile(path_type=Path)
MADE = OutFile(makes=True, path_type=Path)


def disk_words(error: OSError) -> str:
    """What the operating system refused, with the file, and what to do."""
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror or error}.\n\nCheck that the path is right, and may be read and written."


def place_of(recipe: Path, loaded: Recipe, folder: Path | str | None) -> tuple[Any, list[Path]]:
    """Where `--data` says that the tables are, and the files that are read there, which nothing may replace.

    Raises:
        LeadscoreError: there is no ledger, or one that cannot be read.
    """
    from features.exports import files_read

    if folder != LEDGER:
        place = folder or recipe.parent
        return place, [recipe, *files_read(loaded, Path(place))]
    from serving.ledger import Ledger, LedgerTables

    kept = LedgerTables(Ledger.opened(), recipe.parent)
    return kept, [recipe, *([kept.ledger.path] if kept.ledger.path else [])]


def moment_of(as_of: str | None, zone: str) -> int | None:
    """The microseconds that `--as-of` names, None where it names none; a wall clock is that of `zone`."""
    from features.cells import parse_date

    try:
        return parse_date(as_of, zone) if as_of else None
    except ValueError:
        raise click.BadParameter(
            "is not a date or date-time in ISO 8601, such as 2025-01-31T09:30:00+01:00.", param_hint="--as-of"
        ) from None


def asked_of(recipe: Any, milestone: str | None) -> Any:
    """The recipe, or that of its `milestone`."""
    return recipe.of_milestone(milestone) if milestone else recipe
