"""The ledger: made, looked at, filled from files."""

from __future__ import annotations

from pathlib import Path

import click

from leadscore.options import FILE, FOLDER, JSON, RECIPE, SOME_FAILED, moment_of
from leadscore.verbs.keeping import ledger_compact, ledger_delete_person, ledger_export, ledger_receipts

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


@ledger.command("score")
@click.option("--recipe", "path", type=FILE, help="Default: the champion's own.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option("--as-of", help="Moment of the scores, ISO 8601; default: now.")
@JSON
@click.pass_context
def ledger_score(
    ctx: click.Context, path: Path | None, model: str | None, as_of: str | None, as_json: bool
) -> None:
    """Score every open lead that the ledger knows, and keep the scores there (exit code 3: some failed).

    \b
    Example:  leadscore ledger score --recipe acme/recipe.toml

    'leadscore push' brings the newest of them to a CRM. A lead grows older every day: score it every day.
    """
    import serving
    from features.clock import now_us
    from features.recipe import load_recipe
    from leadscore.terminal import bar, print_json, print_table, say
    from serving.batch import score_known
    from serving.ledger import Ledger, Writer

    recipe = load_recipe(path) if path else None
    opened = serving.open_ladder(recipe, model, folder=path.parent if path else None)
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    moment = moment_of(as_of, opened.ladder.recipe.recipe.zone)
    kept = Ledger.opened()
    with Writer(kept) as writer, bar("scoring leads") as tick:
        done = score_known(opened, writer, now_us() if moment is None else moment, progress=tick)
    if as_json:
        counts = {"scored": done.scored, "closed": done.closed, "opted_out": done.opted_out}
        print_json(counts | {"failed": dict(done.failed)})
    elif done.failed:
        print_table(["leads", "not scored because"], [[n, why] for why, n in done.failed.most_common()])
    failed = done.failed.total()
    out = f"{done.opted_out:,} object to it, " if done.opted_out else ""
    say(
        f"{done.scored:,} leads are scored, {done.closed:,} closed, {out}{failed:,} not scored ({kept.name})."
    )
    ctx.exit(SOME_FAILED if failed else 0)


for verb in (ledger_export, ledger_delete_person, ledger_receipts, ledger_compact):
    ledger.add_command(verb)
