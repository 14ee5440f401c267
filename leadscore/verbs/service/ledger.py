"""The ledger: made, looked at, filled from files."""

from __future__ import annotations

from pathlib import Path

import click

from leadscore.ledger_files import keep_scores
from leadscore.options import FILE, FOLDER, JSON, RECIPE, SOME_FAILED
from leadscore.verbs.service.keeping import (
    ledger_compact,
    ledger_delete_person,
    ledger_export,
    ledger_receipts,
)

_WHERE = "The ledger is ./ledger.sqlite, or where LEADSCORE_LEDGER says: a file, or postgresql://USER@HOST/DATABASE."


@click.group(epilog=_WHERE)
def ledger() -> None:
    """Keep what happened to leads and what was answered, in one place that training reads too.

    \b
    Example:  leadscore ledger init && leadscore ledger import acme/recipe.toml
    """


@ledger.command("init")
def ledger_init() -> None:
    """Make the ledger, or bring one of an older leadscore forward.

    \b
    Example:  leadscore ledger init
    """
    from leadscore.terminal import say
    from serving.ledger import Ledger

    kept = Ledger.made()
    say(f"{kept.name} is ready (schema {kept.revision()}).")


@ledger.command("status")
@JSON
def ledger_status(as_json: bool) -> None:
    """Say where the ledger is and how much it holds.

    \b
    Example:  leadscore ledger status
    """
    from leadscore.terminal import print_json, print_table, say
    from serving.ledger import Ledger

    kept = Ledger.opened()
    counts = kept.counts()
    if as_json:
        print_json({"ledger": kept.name, "schema": kept.revision(), "rows": counts})
    else:
        print_table(["table", "rows"], counts.items())
    say(f"{kept.name} holds {counts['leads']:,} leads (schema {kept.revision()}).")


@ledger.command("import")
@RECIPE
@click.option("--data", "folder", type=FOLDER, help="Folder of the tables; default: the recipe's.")
@click.option(
    "--source",
    default="import",
    show_default=True,
    help="Who is said to have sent it; ids of events are its.",
)
@JSON
@click.pass_context
def ledger_import(ctx: click.Context, recipe: Path, folder: Path | None, source: str, as_json: bool) -> None:
    """Store a recipe's tables; again adds only what is new or changed (exit code 3: rows were left out).

    \b
    Example:  leadscore ledger import acme/recipe.toml

    Of the leads the columns that the recipe names are kept, no others.
    """
    from dataclasses import asdict

    from features.recipe import load_recipe
    from leadscore.terminal import bar, print_json, print_table, say
    from serving.ledger import Ledger, Writer, import_tables

    loaded, kept = load_recipe(recipe), Ledger.opened()
    with Writer(kept) as writer, bar("importing") as tick:
        done = import_tables(writer, loaded, folder or recipe.parent, source=source, progress=tick)
    rows = [asdict(table) for table in done]
    if as_json:
        print_json({"ledger": kept.name, "tables": rows})
    else:
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    left = sum(table.conflicts + table.lack + table.refused for table in done)
    new, known = (sum(getattr(table, name) for table in done) for name in ("new", "known"))
    changed = sum(table.changed for table in done)
    say(f"{new:,} rows are new, {changed:,} changed, {known:,} known, {left:,} left out ({kept.name}).")
    ctx.exit(SOME_FAILED if left else 0)


@ledger.command("score", deprecated="Use 'leadscore score --data ledger'.")
@click.option("--recipe", "path", type=FILE, help="Default: the champion's own.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option("--as-of", help="Moment of the scores, ISO 8601; default: now.")
@JSON
def ledger_score(path: Path | None, model: str | None, as_of: str | None, as_json: bool) -> None:
    """As 'leadscore score --data ledger' without a file.

    \b
    Example:  leadscore ledger score --recipe acme/recipe.toml
    """
    keep_scores(path, model, as_of, as_json)


for verb in (ledger_export, ledger_delete_person, ledger_receipts, ledger_compact):
    ledger.add_command(verb)
