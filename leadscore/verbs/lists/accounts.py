"""The open leads of each account together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from leadscore.ledger_files import standing_here
from leadscore.options import DATA, FORCE, JSON, MADE, RECIPE, moment_of, place_of

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.accounts import Accounts

_MOST = 20


@click.command()
@RECIPE
@DATA
@click.option("--as-of", help="Moment of the scores, ISO 8601; default: now.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option("--csv", "csv_file", type=MADE, help="Write every account to this file.")
@FORCE
@JSON
def accounts(
    recipe: Path, folder: Path | str | None, as_of: str | None, model: str | None, csv_file: Path | None,
    force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Which accounts are likely to convert, who of them is there, and whom one would expect and has not met.

    \b
    Example:  leadscore accounts acme/recipe.toml --data ledger --csv accounts.csv

    All open leads of an account are scored as of one moment (docs/accounts.md).
    """
    from features.clock import now_us
    from features.exports import check_written
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, print_table, say
    from serving.accounts import ACCOUNT_COLUMNS, shown_accounts, write_accounts

    loaded = load_recipe(recipe)
    check_written([("--csv", csv_file)], place_of(recipe, loaded, folder)[1], force=force)
    found = rolled_up(recipe, folder, moment_of(as_of, loaded.recipe.zone) or now_us(), model)
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8", newline="") as out:
            say(f"{write_accounts(found, out):,} rows are in {csv_file}.")
    if as_json:
        print_json(found.as_dict())
    else:
        print_table(
            ACCOUNT_COLUMNS, shown_accounts(found.rows[:_MOST]), least=("roles", "best lead", "active")
        )
    for note in found.notes:
        say(f"- {note}.")
    for row in found.rows[:_MOST]:
        for note in row.notes:
            say(f"- {row.account}: {note}.")
    shown = f", the first {_MOST} shown" if len(found.rows) > _MOST and not as_json else ""
    say(f"{len(found.rows):,} accounts have {sum(row.leads for row in found.rows):,} open leads{shown}.")


def rolled_up(recipe: Path, folder: Path | str | None, as_of_us: int, model: str | None) -> Accounts:
    """The accounts of the tables at `folder`, scored by `model` (None: the champion).

    Raises:
        LeadscoreError: the recipe names no account, or a table cannot be read.
    """
    import serving
    from features import read_tables
    from features.recipe import load_recipe
    from leadscore.terminal import bar, say, spinner
    from serving.accounts import accounts_moved, roll_up
    from serving.ledger import LedgerTables

    loaded = load_recipe(recipe)
    place, _ = place_of(recipe, loaded, folder)
    with spinner("reading tables") as step:
        opened = serving.open_ladder(loaded, model, folder=recipe.parent)
        own = opened.ladder.recipe
        tables = read_tables(own, place, progress=step, opted_out=standing_here().opted_out)
        moved = accounts_moved(place.ledger, own, as_of_us) if isinstance(place, LedgerTables) else {}
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    with bar("scoring leads") as tick:
        return roll_up(own, opened.ladder, tables, as_of_us, moved=moved, progress=tick)
