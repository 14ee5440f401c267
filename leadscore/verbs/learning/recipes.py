"""From exports to a recipe, and what a recipe makes of a company."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.options import DATA, ENGINE, FILE, FORCE, JSON, OUT, PAGE_LANGUAGE, RECIPE, place_of

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from features.discovery import Discovery


@click.command()
@click.argument("exports", type=FILE, nargs=-1, required=True)
@click.option(
    "-o", "--out", type=OUT, default=Path("recipe.toml"), show_default=True, help="Recipe to write."
)
@click.option("--outcome", help="COLUMN=VALUE that means won; several values: COLUMN=A|B; or 'none'.")
@click.option(
    "--time",
    help="The column that dates a lead's creation; 'rows' or 'none': whether the order of rows is time.",
)
@click.option("--id", help="The column that names a lead.")
@click.option(
    "--exclude", multiple=True, metavar="COLUMN", help="A column that no model may see; repeatable."
)
@click.option(
    "--keep",
    multiple=True,
    metavar="COLUMN",
    help="A column that is used though it would be left out; repeatable.",
)
@click.option("--name", help="The model's name; default: from the file.")
@click.option("--open", "all_open", is_flag=True, help="No lead has ended: a recipe for the scorecard alone.")
@click.option("--strict", is_flag=True, help="Stop at the first odd row, instead of reporting it.")
@click.option("--explain", metavar="COLUMN", help="Print all that was measured on a column; write no recipe.")
@click.option("--yes", is_flag=True, help="Take the best guesses; ask nothing, also at a terminal.")
@click.option("--force", is_flag=True, help="Replace a recipe that exists.")
@JSON
def init(
    exports: tuple[Path, ...],
    out: Path,
    explain: str | None,
    yes: bool,
    force: bool,
    as_json: bool,
    **answers: Any,
) -> None:
    """Find out what exports hold, and write the recipe that fits; a person can finish it.

    \b
    Example:  leadscore init leads.csv events.csv -o recipe.toml --outcome status=Won

    Where a guess that decides the recipe is not sure, a terminal asks; a script finds '# check' beside the
    line, which 'leadscore train' repeats.
    """
    from features.exports import check_written
    from leadscore.asking import may_ask, settled
    from leadscore.terminal import print_json, say, spinner

    if explain is None:
        check_written([("-o", out)], exports, force=force)

    def find(**said: Any) -> Discovery:
        with spinner("reading exports"):
            from features.discovery import discover

            return discover(exports, folder=out.absolute().parent, unsure=explain is None, **said)

    if explain is not None:
        _print_explained(find(**answers), explain, as_json)
        return
    found = settled(find, answers) if may_ask(yes=yes, as_json=as_json) else find(**answers)
    out.write_text(found.recipe_toml, encoding="utf-8")
    if as_json:
        print_json(found.as_dict() | {"out": str(out)})
    else:
        _print_found(found)
    _say_found(found)
    then = f"score {exports[0]} --recipe {out} -o scored.csv" if answers["all_open"] else f"train {out}"
    say(f"{out} is written. Look through it, then: leadscore {then}")


def _print_explained(found: Discovery, column: str, as_json: bool) -> None:
    """All that was measured on a column."""
    from features.discovery import EXPLAINED_COLUMNS
    from leadscore.terminal import print_json, print_table, say

    rows = found.explain(column)
    if as_json:
        print_json([dict(zip(EXPLAINED_COLUMNS, row, strict=True)) for row in rows])
    else:
        print_table(EXPLAINED_COLUMNS, rows)
    say("No recipe was written.")


def _print_found(found: Discovery) -> None:
    """Every column, then every guess that decides the recipe."""
    from features.discovery import FINDING_COLUMNS, GUESS_COLUMNS, LEAST, fold_empty
    from leadscore.terminal import print_table, say

    listed, folded = fold_empty(found.findings)
    print_table(FINDING_COLUMNS, [finding.row() for finding in listed], least=LEAST)
    if folded:
        say(f"- {folded}")
    print_table(GUESS_COLUMNS, [guess.row() for guess in found.guesses], title="\nWhat decides")


def _say_found(found: Discovery) -> None:
    """What was odd in the files, what is left out or marked, what was assumed."""
    from leadscore.terminal import say

    for table, kind, rows, treatment in found.quality:
        say(f"- {table}: {kind}: {rows} ({treatment})")
    for suspect in found.suspects:
        say(f"- left out: {suspect.column}: {suspect.kind}: {suspect.reason}")
    for suspect in found.marked:
        say(f"- kept, marked: {suspect.column}: {suspect.kind}: {suspect.reason}")
    for remark in found.remarks:
        say(f"- {remark}")


@click.command()
@RECIPE
@DATA
@click.option("-o", "--out", type=OUT, help="Also write one HTML page with plots.")
@PAGE_LANGUAGE
@FORCE
@JSON
def inspect(
    recipe: Path, folder: Path | str | None, out: Path | None, language: Any, force: bool, as_json: bool
) -> None:
    """Look at every field and feature: fill, conversion, importance, stability, suspicion of a leak.

    \b
    Example:  leadscore inspect acme/recipe.toml -o inspection.html
    """
    from features.exports import check_written
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, print_table, say, spinner

    loaded = load_recipe(recipe).told_in(language)
    place, read = place_of(recipe, loaded, folder)
    check_written([("-o", out)], read, force=force)
    with spinner("reading tables") as step:
        from training.inspection import HEAD, LEAST, RUN_HEAD, inspect_page
        from training.inspection import inspect as look

        found = look(loaded, place, progress=step)
    if as_json:
        print_json(found.as_dict())
    else:
        print_table(HEAD, found.rows(), least=LEAST)
        if found.runs.rows():
            print_table(RUN_HEAD, found.runs.rows(), title="\nWith and without what may be known only later")
    for suspect in found.suspects:
        say(f"- {suspect.column}: {suspect.kind}: {suspect.reason}")
    if out is not None:
        out.write_text(inspect_page(found, loaded.recipe.language), encoding="utf-8")
        say(f"The page is {out}.")
    say(f"{len(found.columns)} columns looked at, {len(found.suspects)} under suspicion.")


@click.command()
@RECIPE
@DATA
@click.option("-o", "--out", type=OUT, required=True, help="Parquet file to write.")
@FORCE
@ENGINE
@JSON
def snapshots(
    recipe: Path, folder: Path | str | None, out: Path, force: bool, engine: str, as_json: bool
) -> None:
    """Write the training matrix: ids, as_of, label, label_known_at and every feature.

    \b
    Example:  leadscore snapshots acme/recipe.toml -o matrix.parquet
    """
    from features.exports import check_written
    from features.recipe import load_recipe
    from features.snapshots import write_matrix
    from leadscore.terminal import bar, print_json, print_table, say

    loaded = load_recipe(recipe)
    place, read = place_of(recipe, loaded, folder)
    check_written([("-o", out)], read, force=force)
    with bar("computing features") as tick:
        account = write_matrix(loaded, place, out, engine=engine, progress=tick)
    if as_json:
        print_json({"out": str(out), "rows": dict(account.rows())})
    else:
        print_table(["rows", "count"], account.rows())
    if account.end is not None:
        say(f"The history ends on {account.end}.")
    for warning in account.warnings:
        say(f"Warning: {warning}.")
    say(f"{out} holds one row a snapshot.")


@click.command()
@RECIPE
@JSON
def features(recipe: Path, as_json: bool) -> None:
    """List every feature that a recipe makes: what it is, in words, and what missing means.

    \b
    Example:  leadscore features acme/recipe.toml
    """
    from features.catalogue import default_features, window_of
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, print_table, say

    loaded = load_recipe(recipe)
    made = default_features(loaded)
    rows = [(f.name, f.group, f.dtype, window_of(f), f.missing, f.describe()) for f in made]
    columns = ["name", "group", "type", "window", "missing", "definition"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows, least=("missing", "type", "window", "group"))
    say(f"{len(rows)} features.")
    if loaded.events is not None and loaded.timed and loaded.features.activity:
        say("Training also tries how active a lead is now, and keeps it where newer leads gain by it.")
