"""Leads scored: an export, those that are open, over HTTP; and a check that both readings agree."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from leadscore.handed_back import NAMED_COLUMNS, chosen_options, on_spark
from leadscore.ledger_files import neighbours_here, or_from_ledger, standing_here
from leadscore.options import (
    DATA,
    FILE,
    FORCE,
    JSON,
    LANGUAGE,
    OUT,
    RECIPE,
    REFUSED,
    SOME_FAILED,
    OutFile,
    moment_of,
    place_of,
)


@click.command(name="check-skew")
@click.argument("log", type=FILE)
@click.option(
    "--recipe", "recipe_path", type=FILE, required=True, help="The recipe that the requests were read with."
)
@JSON
@click.pass_context
def check_skew(ctx: click.Context, /, log: Path, recipe_path: Path, as_json: bool) -> None:
    """Replay logged requests through the training side's reading (exit code 1: a feature differs).

    \b
    Example:  leadscore check-skew requests.jsonl --recipe acme/recipe.toml

    'leadscore serve' writes the log when LEADSCORE_REQUEST_LOG names a file. It holds the leads' data.
    Its older pieces (requests.jsonl.1 and so on) are read too, the oldest first.
    """
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, print_table, say, spinner

    recipe = load_recipe(recipe_path)
    with spinner("replaying requests"):
        from serving.skew import check as skew

        rows = skew.check_skew(log, recipe)
    differing = [row for row in rows if row.mismatches]
    if as_json:
        print_json({"features": [asdict(row) for row in rows]})
    else:
        cells = [(row.feature, row.rows, row.mismatches, row.worst, row.place) for row in rows]
        print_table(["feature", "rows", "mismatches", "worst", "line"], cells)
    say(f"{len(rows)} features, {len(differing)} with mismatches.")
    ctx.exit(REFUSED if differing else 0)


@click.command(name="open-leads")
@RECIPE
@DATA
@click.option("-o", "--out", type=OUT, required=True, help="CSV file of the open leads.")
@click.option("--events", type=OUT, help="CSV file of their events.")
@click.option("--as-of", help="Moment at which they are open, ISO 8601; default: the end of the history.")
@FORCE
@JSON
def open_leads(
    recipe: Path,
    folder: Path | str | None,
    out: Path,
    events: Path | None,
    as_of: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Write the leads of a recipe's own tables that are still open: an export, ready to score.

    \b
    Example:  leadscore open-leads acme/recipe.toml -o open.csv --events open_events.csv
    """
    from features.clock import from_us
    from features.exports import check_written
    from features.recipe import load_recipe
    from features.snapshots import write_open_leads
    from features.tables import read_tables
    from leadscore.terminal import print_json, say, spinner

    loaded = load_recipe(recipe)
    place, read = place_of(recipe, loaded, folder)
    moment = moment_of(as_of, loaded.recipe.zone)
    check_written([("-o", out), ("--events", events)], read, force=force)
    with spinner("reading tables") as step:
        tables = read_tables(loaded, place, progress=step)
        written = write_open_leads(loaded, tables, out, events, as_of_us=moment)
    when = from_us(written.as_of_us).isoformat()
    if as_json:
        print_json({"leads": written.leads, "events": written.events, "as_of": when})
    words = ["leadscore score", str(out), *(["--events", str(events)] if events else []), "-o scored.csv"]
    command = " ".join([*words, f"--recipe {recipe} --as-of {when}"])
    say(f"{written.leads:,} leads are open. Score them: {command}")


@click.command()
@click.argument("export", type=FILE, required=False)
@or_from_ledger
@click.option(
    "-o",
    "--out",
    type=OutFile(allow_dash=True),
    help="File to write (.csv, .xlsx, .parquet), or - for CSV on stdout.",
)
@click.option(
    "--events", type=FILE, help="The leads' events; without them they count as not given, not as none."
)
@click.option("--as-of", help="Moment of the scores, ISO 8601; default: now.")
@click.option("--recipe", "recipe_path", type=FILE, help="Default: the champion's own, else ./recipe.toml.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option(
    "--reasons", type=click.IntRange(0, 10), default=3, show_default=True, help="Reasons for and against."
)
@LANGUAGE
@NAMED_COLUMNS
@click.option("--dry-run", is_flag=True, help="Check and count everything, write nothing.")
@chosen_options
@FORCE
@JSON
@click.pass_context
def score(ctx: click.Context, /, export: Path, out: str, force: bool, as_json: bool, **options: Any) -> None:
    """Score a lead export: every row back, in order, with its score, reasons and next action.

    \b
    Example:  leadscore score leads.csv -o scored.csv --events events.csv
    To import again:  leadscore score leads.csv -o hot.csv --for hubspot --only hot --sort rank
    Every night before a push:  leadscore score --data ledger

    A sheet of a workbook is named by crm.xlsx#Leads. An interrupted run goes on where it stopped when the
    same command is given again. Exit code 3: some rows could not be scored; their `error` column says why.
    """
    from features.exports import check_written
    from leadscore.handed_back import choice_of, companions, tell
    from leadscore.terminal import print_json

    if as_json and out == "-":
        raise click.UsageError("--json and '-o -' both want stdout; write the scores to a file.")
    choice = choice_of(options)
    beside = companions(options, choice, out)
    if not options["dry_run"]:
        given = (export, options["events"], options["recipe_path"], choice.changed_since)
        read = [path for path in given if path is not None and str(path) != "-"]
        written = [("-o", Path(out))] if out != "-" else []
        check_written([*written, *beside], read, force=force)
    report = options.pop("report")
    engine = options.pop("engine")
    other = not choice.whole or choice.crm or options["columns"]
    if engine == "spark" and (options["dry_run"] or other or out == "-"):
        raise click.UsageError(
            "--engine spark writes all rows to a folder: leave --dry-run, --for, --sort and the like out."
        )
    summary = scored_export(export, out, choice=choice, engine=engine, **options)
    if as_json:
        print_json(summary.as_dict())
    tell(summary, choice, beside, report, quiet=as_json or out == "-", dry_run=bool(options["dry_run"]))
    ctx.exit(SOME_FAILED if summary.errors else 0)


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Only the loopback interface, unless you say so."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="TCP port to listen on."
)
@click.option("--recipe", "recipe_path", type=FILE, help="Which company, where no champion says it.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
def serve(host: str, port: int, recipe_path: Path | None, model: str | None) -> None:
    """Answer CRMs over HTTP: POST /v1/score with one lead or a list.

    \b
    Example:  leadscore serve --port 3000
    """
    from leadscore.terminal import say

    say("Loading what answers …")  # the import alone takes seconds
    from serving.edge import run

    run(host=host, port=port, recipe=recipe_path, model=model)


def scored_export(
    export: Path,
    out: str,
    *,
    events: Path | None,
    as_of: str | None,
    recipe_path: Path | None,
    model: str | None,
    reasons: int,
    language: Any,
    dry_run: bool,
    choice: Any,
    engine: str,
    columns: dict[str, str],
) -> Any:
    """The summary of an export, scored by what the options name."""
    from features.recipe import load_recipe
    from leadscore.terminal import bar, say, spinner

    here = Path("recipe.toml")
    path = recipe_path or (here if here.exists() and not model else None)
    recipe = load_recipe(path) if path else None
    with spinner("loading the model"):
        import serving

        opened = None if recipe or model else champion_alone()
    if opened is None:
        if recipe is None and model is None:
            recipe = inferred_recipe(export, events)
        opened = serving.open_ladder(recipe, model, folder=path.parent if path else None)
    recipe = opened.ladder.recipe
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    moment = moment_of(as_of, recipe.recipe.zone)
    said = standing_here()
    if engine == "spark":
        with spinner("scoring leads on Spark"):
            how = {"events": events, "as_of_us": moment, "reasons": reasons, "standing": said}
            return on_spark(opened, export, out, language=language, **how)
    with bar("scoring leads") as tick:
        return serving.score_export(
            recipe,
            opened.ladder,
            export,
            out,
            events=events,
            as_of_us=moment,
            reasons=reasons,
            dry_run=dry_run,
            selection=choice,
            progress=tick,
            columns=columns,
            standing=said,
            neighbours=neighbours_here(),
        )


def champion_alone() -> Any:
    """The champion by its own recipe, None where there is none or it cannot be opened, which is said."""
    import serving
    from leadscore.terminal import say
    from serving.artefact import DamagedError
    from serving.registry import StoreError

    try:
        return serving.open_ladder() if serving.find_champion() else None
    except (StoreError, DamagedError) as error:
        say(f"Warning: the champion cannot be asked: {error.problem}")
        return None


def inferred_recipe(export: Path, events: Path | None) -> Any:
    """A recipe that fits an export when there is neither champion nor recipe; it is printed on stderr."""
    from features.recipe import parse_recipe
    from leadscore.terminal import say, spinner

    with spinner("looking at the export"):
        from features.discovery import discover

        found = discover([path for path in (export, events) if path is not None], all_open=True)
    say(f"Neither a champion nor a recipe is here; this one was inferred:\n\n{found.recipe_toml}")
    return parse_recipe(found.recipe_toml, "the inferred recipe")
