"""The command: each verb imports the layers that it needs, does one thing, and ends with what happened.

Exit codes: 0 done; 1 the honest answer is no (a refused model, mismatches found); 2 wrong input or
options; 3 done, but some leads could not be scored (each says why in its `error` column).
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

REFUSED, WRONG_INPUT, SOME_FAILED = 1, 2, 3
FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
NAME = click.argument("name", metavar="NAME|RECIPE")
RECIPE = click.argument("recipe", type=FILE)
DATA = click.option("--data", "folder", type=FOLDER, help="Folder of the tables; default: the recipe's.")
ENGINE = click.option(
    "--engine",
    default="duckdb",
    show_default=True,
    help="What computes the features: duckdb, spark, postgresql://…",
)
FORCE = click.option("--force", is_flag=True, help="Replace a file that is there already.")
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


class Verbs(click.Group):
    """The group of verbs; what its reader can solve is told in a sentence, with exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from features.errors import LeadscoreError  # late: '--help' imports no layer

            if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
                click.echo(f"Error: {disk_words(error)}", err=True)
            elif isinstance(error, LeadscoreError):
                click.echo(f"Error: {error}", err=True)
            else:
                raise
            ctx.exit(WRONG_INPUT)


def disk_words(error: OSError) -> str:
    """What the operating system refused, with the file, and what to do."""
    name = f"{error.filename}: " if error.filename else ""
    return f"{name}{error.strerror or error}.\n\nCheck that the path is right, and may be read and written."


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadscore")
def main() -> None:
    """Score leads: the probability that each converts, why, and what to do next.

    \b
    A first look:     leadscore demo
    Your own export:  leadscore init leads.csv -o recipe.toml && leadscore train recipe.toml
    """
    # Before numpy is imported: two threads on two shared cores take ten times as long as one. And nobody is
    # told what is done here.
    for name, value in {
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "BENTOML_DO_NOT_TRACK": "true",
    }.items():
        os.environ.setdefault(name, value)


@main.command()
@click.option("-o", "--out", type=FOLDER, required=True, help="Folder to write.")
@click.option("--leads", type=click.IntRange(1), default=20_000, show_default=True, help="How many leads.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number, another company.")
@click.option(
    "--export",
    "export_leads",
    type=click.IntRange(0),
    default=0,
    help="Also write export.csv: so many rows of later leads that are still open.",
)
@click.option(
    "--crm",
    type=click.Choice(["hubspot", "salesforce", "spreadsheet"]),
    help="Write it as that exports it instead, without a recipe: something for 'leadscore init'.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds files already.")
@JSON
def simulate(
    out: Path, leads: int, seed: int, export_leads: int, crm: Any, force: bool, as_json: bool
) -> None:
    """Write a believable company: leads, events, outcomes and the recipe that fits.

    \b
    Example:  leadscore simulate -o acme --leads 2000 --seed 1
    """
    import data
    from features.exports.out_file import refuse_filled
    from leadscore.terminal import bar, print_json, say, spinner

    refuse_filled(out, force=force)
    if crm is not None:
        with spinner(f"simulating {leads:,} leads"):
            files = [path.name for path in data.simulate_crm(out, leads, seed, crm, export_leads)]
        if as_json:
            print_json({"files": files})
        say(f"{', '.join(files)} are in {out}.")
        return
    with bar("simulating leads") as tick:
        summary = data.simulate(out, leads, seed, progress=lambda done: tick(done, leads))
    if export_leads:
        with spinner("simulating the export"):
            data.simulate_export(out, export_leads, seed)
    if as_json:
        print_json(asdict(summary))
    distinct, copied = summary.leads - summary.copied_leads, summary.copied_leads
    rows = f"{distinct:,} leads ({copied:,} of them twice)" if copied else f"{distinct:,} leads"
    say(f"{rows}, {summary.events:,} events and {summary.won:,} won are in {out}.")


@main.command()
@click.argument("exports", type=FILE, nargs=-1, required=True)
@click.option(
    "-o", "--out", type=OUT, default=Path("recipe.toml"), show_default=True, help="Recipe to write."
)
@click.option("--outcome", help="COLUMN=VALUE that means won; several values: COLUMN=A|B.")
@click.option("--time", help="The column that dates a lead's creation.")
@click.option("--id", help="The column that names a lead.")
@click.option(
    "--exclude", multiple=True, metavar="COLUMN", help="A column that no model may see; repeatable."
)
@click.option("--name", help="The model's name; default: from the file.")
@click.option("--strict", is_flag=True, help="Stop at the first odd row, instead of reporting it.")
@click.option("--force", is_flag=True, help="Replace a recipe that exists.")
@JSON
def init(exports: tuple[Path, ...], out: Path, force: bool, as_json: bool, **answers: Any) -> None:
    """Find out what exports hold, and write the recipe that fits; a person can finish it.

    \b
    Example:  leadscore init leads.csv events.csv -o recipe.toml --outcome status=Won
    """
    from features.exports.out_file import check_written
    from leadscore.terminal import print_json, print_table, say, spinner

    check_written([("-o", out)], exports, force=force)
    with spinner("reading exports"):
        from features.discovery.discover import discover
        from features.discovery.findings import FINDING_COLUMNS, LEAST, fold_empty

        found = discover(exports, folder=out.absolute().parent, **answers)
    out.write_text(found.recipe_toml, encoding="utf-8")
    if as_json:
        print_json(found.as_dict() | {"out": str(out)})
    else:
        listed, folded = fold_empty(found.findings)
        print_table(FINDING_COLUMNS, [finding.row() for finding in listed], least=LEAST)
        if folded:
            say(f"- {folded}")
    for table, kind, rows, treatment in found.quality:
        say(f"- {table}: {kind}: {rows} ({treatment})")
    for suspect in found.suspects:
        say(f"- left out: {suspect.column}: {suspect.reason}")
    for remark in found.remarks:
        say(f"- {remark}")
    say(f"{out} is written. Look through it, then: leadscore train {out}")


@main.command()
@RECIPE
@DATA
@click.option("-o", "--out", type=OUT, help="Also write one HTML page with plots.")
@FORCE
@JSON
def inspect(recipe: Path, folder: Path | None, out: Path | None, force: bool, as_json: bool) -> None:
    """Look at every field and feature: fill, conversion, importance, stability, suspicion of a leak.

    \b
    Example:  leadscore inspect acme/recipe.toml -o inspection.html
    """
    from features import load_recipe
    from features.exports.out_file import check_written, files_read
    from leadscore.terminal import print_json, print_table, say, spinner

    loaded, folder = load_recipe(recipe), folder or recipe.parent
    check_written([("-o", out)], [recipe, *files_read(loaded, folder)], force=force)
    with spinner("reading tables") as step:
        from training.inspection.found import HEAD, LEAST
        from training.inspection.inspect import inspect as look
        from training.inspection.page import inspect_page

        found = look(loaded, folder, progress=step)
    if as_json:
        print_json(found.as_dict())
    else:
        print_table(HEAD, found.rows(), least=LEAST)
    for suspect in found.suspects:
        say(f"- {suspect.column}: {suspect.reason}")
    if out is not None:
        out.write_text(inspect_page(found), encoding="utf-8")
        say(f"The page is {out}.")
    say(f"{len(found.columns)} columns looked at, {len(found.suspects)} under suspicion.")


@main.command(name="check-skew")
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
    from features import load_recipe
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


@main.command()
@RECIPE
@DATA
@click.option("-o", "--out", type=OUT, required=True, help="Parquet file to write.")
@FORCE
@ENGINE
@JSON
def snapshots(recipe: Path, folder: Path | None, out: Path, force: bool, engine: str, as_json: bool) -> None:
    """Write the training matrix: ids, as_of, label, label_known_at and every feature.

    \b
    Example:  leadscore snapshots acme/recipe.toml -o matrix.parquet
    """
    from features import load_recipe, write_matrix
    from features.exports.out_file import check_written, files_read
    from leadscore.terminal import bar, print_json, print_table, say

    loaded, folder = load_recipe(recipe), folder or recipe.parent
    check_written([("-o", out)], [recipe, *files_read(loaded, folder)], force=force)
    with bar("computing features") as tick:
        account = write_matrix(loaded, folder, out, engine=engine, progress=tick)
    if as_json:
        print_json({"out": str(out), "rows": dict(account.rows())})
    else:
        print_table(["rows", "count"], account.rows())
    if account.end is not None:
        say(f"The history ends on {account.end}.")
    for warning in account.warnings:
        say(f"Warning: {warning}.")
    say(f"{out} holds one row a snapshot.")


@main.command()
@RECIPE
@JSON
def features(recipe: Path, as_json: bool) -> None:
    """List every feature that a recipe makes: what it is, in words, and what missing means.

    \b
    Example:  leadscore features acme/recipe.toml
    """
    from features import default_features, load_recipe, window_of
    from leadscore.terminal import print_json, print_table, say

    made = default_features(load_recipe(recipe))
    rows = [(f.name, f.group, f.dtype, window_of(f), f.missing, f.describe()) for f in made]
    columns = ["name", "group", "type", "window", "missing", "definition"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows, least=("missing", "type", "window", "group"))
    say(f"{len(rows)} features.")


@main.command()
@RECIPE
@DATA
@click.option(
    "--predictions",
    type=MADE,
    help="Write the test rows' probabilities to this Parquet file.",
)
@click.option("--report", type=MADE, help="Write the run's page (HTML) to this file too.")
@FORCE
@click.option(
    "--budget", help="Search the booster's settings for about so long: 90s, 5m, 1h. Default: no search."
)
@click.option(
    "--study",
    type=MADE,
    help="SQLite file in which a search is kept, and gone on with later.",
)
@ENGINE
@JSON
@click.pass_context
def train(
    ctx: click.Context,
    /,
    recipe: Path,
    folder: Path | None,
    budget: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a model, judge it on the newest matured leads, and register it (exit code 1: it is refused).

    \b
    Example:  leadscore train acme/recipe.toml --data acme

    The run is recorded in ./mlflow.db, or where MLFLOW_TRACKING_URI says. Nothing answers CRMs before
    'leadscore promote' lets it.
    """
    from features import load_recipe
    from features.exports.out_file import check_written, files_read
    from leadscore.terminal import print_json, print_table, say, spinner

    loaded, folder = load_recipe(recipe), folder or recipe.parent
    written = [(f"--{name}", options[name]) for name in ("report", "predictions")]
    check_written(written, [recipe, *files_read(loaded, folder)], force=force)
    with spinner("reading tables") as step:
        import data
        import training

        limit = data.known_limit(folder, loaded.recipe.horizon_days)
        seconds = None if budget is None else seconds_in(budget)
        run = training.train(loaded, folder, progress=step, limit=limit, budget_seconds=seconds, **options)
    if as_json:
        print_json(run.summary)
    else:
        print_table(["rows", "count"], run.account)
        print_table(
            training.COMPARISON,
            training.comparison_rows(run),
            title="\nOn the same matured test rows",
            least=training.LEAST,
        )
    if run.summary["history_end"] is not None:
        say(f"- the history ends on {run.summary['history_end']}")
    for reason in run.summary["reasons"] + run.summary["warnings"]:
        say(f"- {reason}")
    if run.verdict == "promote":
        for doubt in run.summary["doubts"]:
            say(f"- Not sure: {doubt}.")
    say(f"Run {run.run_id} in {run.store}.")
    say(f"{run.verdict}: {run.summary['recommendation']}")
    ctx.exit(0 if run.verdict == "promote" else REFUSED)


@main.command()
@NAME
@click.option("--run", "run_id", help="The run whose model is meant; default: the newest.")
@click.option("--force", is_flag=True, help="Override the gate; needs --reason, which is recorded.")
@click.option("--reason", default="", help="Why the gate is overridden.")
@JSON
@click.pass_context
def promote(
    ctx: click.Context, name: str, run_id: str | None, force: bool, reason: str, as_json: bool
) -> None:
    """Let a trained model answer, if its evidence passes the gate (exit code 1: refused).

    \b
    Example:  leadscore promote acme

    A service that runs answers with the former version until it is restarted.
    """
    from leadscore.terminal import print_json, print_table, say, spinner

    with spinner("reading the evidence"):
        import training

        decision = training.promote(model_name(name), run_id, force=force, reason=reason)
    if as_json:
        print_json(decision.model_dump())
    else:
        print_table(
            ["check", "passed", "numbers"],
            [(c["name"], "yes" if c["passed"] else "no", c["words"]) for c in decision.checks],
        )
    for doubt in decision.doubts:
        say(f"- Not sure: {doubt}.")
    outcome = "is champion" if decision.promoted else "was refused"
    say(f"{decision.name} version {decision.version} {outcome} ({decision.store}).")
    if decision.restart:
        say(decision.restart)
    ctx.exit(0 if decision.promoted else REFUSED)


@main.command()
@NAME
@click.option("--reason", default="", help="Why; recorded with the decision.")
@JSON
def rollback(name: str, reason: str, as_json: bool) -> None:
    """Let the previous champion answer again; a second rollback undoes the first.

    \b
    Example:  leadscore rollback acme --reason "scores fell on Monday"

    A service that runs answers with the former version until it is restarted.
    """
    from leadscore.terminal import print_json, say, spinner

    with spinner("reading the evidence"):
        import training

        decision = training.rollback(model_name(name), reason=reason)
    if as_json:
        print_json(decision.model_dump())
    say(f"{decision.name} version {decision.version} is champion again ({decision.store}).")
    say(decision.restart)


@main.command()
@NAME
@JSON
def status(name: str, as_json: bool) -> None:
    """Say what is champion, where, since when, and what would answer a request.

    \b
    Example:  leadscore status acme
    """
    from leadscore.terminal import print_json, print_table, say, spinner

    with spinner("reading the store"):
        import training

        found = training.status(model_name(name))
    if as_json:
        print_json(found)
    else:
        rows = [
            (label, *described(found[label]))
            for label in ("champion", "previous", "challenger")
            if found.get(label)
        ]
        head = ["alias", "version", "since", "run", "auc", "log loss"]
        print_table(head, rows, least=("run", "since"))
    if found.get("note"):
        say(found["note"])
    say(f"{found['answers']} would answer; the store is {found['store']}.")


@main.command(name="open-leads")
@RECIPE
@DATA
@click.option("-o", "--out", type=OUT, required=True, help="CSV file of the open leads.")
@click.option("--events", type=OUT, help="CSV file of their events.")
@click.option("--as-of", help="Moment at which they are open, ISO 8601; default: the end of the history.")
@FORCE
@JSON
def open_leads(
    recipe: Path,
    folder: Path | None,
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
    from features import load_recipe, read_tables, write_open_leads
    from features.clock.instants import from_us
    from features.exports.out_file import check_written, files_read
    from leadscore.terminal import print_json, say, spinner

    loaded, folder = load_recipe(recipe), folder or recipe.parent
    moment = moment_of(as_of, loaded.recipe.zone)
    check_written([("-o", out), ("--events", events)], [recipe, *files_read(loaded, folder)], force=force)
    with spinner("reading tables") as step:
        tables = read_tables(loaded, folder, progress=step)
        written = write_open_leads(loaded, tables, out, events, as_of_us=moment)
    when = from_us(written.as_of_us).isoformat()
    if as_json:
        print_json({"leads": written.leads, "events": written.events, "as_of": when})
    say(f"{written.leads:,} leads are open. Score them: leadscore score {out} -o scored.csv --as-of {when}")


@main.command()
@click.argument("a")
@click.argument("b")
@RECIPE
@DATA
@click.option("--leads", type=FILE, help="Compare on the leads of this export instead of those open now.")
@click.option("--events", type=FILE, help="The export's events; without them they count as not given.")
@click.option(
    "--as-of", help="Moment of both answers, ISO 8601; default: the end of the history, for an export now."
)
@JSON
def compare(a: str, b: str, recipe: Path, as_json: bool, **options: Any) -> None:
    """Two models on the leads that are open now: who changes band and why, how scores move, their figures.

    \b
    Example:  leadscore compare champion challenger acme/recipe.toml
    On an export:  leadscore compare 3 4 acme/recipe.toml --leads open.csv --events open_events.csv

    A and B are aliases, version numbers, run ids, models:/ addresses or artefact folders.
    """
    from leadscore.terminal import print_json, print_table, say

    if options["events"] and not options["leads"]:
        raise click.UsageError("--events belongs to an export of leads; name it with --leads.")
    found = compared(a, b, recipe, **options)
    if as_json:
        print_json(found.as_dict())
    else:
        print_table(["figure", a, b, "difference"], found.figures)
        from training.comparison.compare import CHANGED

        least = ("probability before", "probability after")
        print_table(CHANGED, found.rows(), title="\nLeads that change band", least=least)
    for warning in found.warnings:
        say(f"Warning: {warning}")
    say(f"{len(found.changed):,} of {found.n_leads:,} open leads change band.")


@main.command()
@click.argument("export", type=FILE)
@click.option(
    "-o",
    "--out",
    type=OutFile(allow_dash=True),
    required=True,
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
@click.option("--dry-run", is_flag=True, help="Check and count everything, write nothing.")
@FORCE
@JSON
@click.pass_context
def score(ctx: click.Context, /, export: Path, out: str, force: bool, as_json: bool, **options: Any) -> None:
    """Score a lead export: every row back, in order, with its score, reasons and next action.

    \b
    Example:  leadscore score leads.csv -o scored.csv --events events.csv

    A sheet of a workbook is named by crm.xlsx#Leads. Exit code 3: some rows could not be scored; their
    `error` column says why.
    """
    from features.exports.out_file import check_written
    from leadscore.terminal import print_json, print_table, say

    if as_json and out == "-":
        raise click.UsageError("--json and '-o -' both want stdout; write the scores to a file.")
    if out != "-" and not options["dry_run"]:
        given = (export, options["events"], options["recipe_path"])
        read = [path for path in given if path is not None and str(path) != "-"]
        check_written([("-o", Path(out))], read, force=force)
    summary = scored_export(export, out, **options)
    if as_json:
        print_json(summary.as_dict())
    elif out != "-":
        print_table(["status", "rows"], sorted(summary.statuses.items()))
    for warning in summary.warnings:
        say(f"Warning: {warning}.")
    for table, kind, rows, treatment in summary.oddities():
        say(f"- {table}: {kind}: {rows:,} ({treatment})")
    say(last_line(summary, dry_run=bool(options["dry_run"])))
    ctx.exit(SOME_FAILED if summary.errors else 0)


@main.command()
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
    from serving.edge.service import run

    run(host=host, port=port, recipe=recipe_path, model=model)


@main.command()
@click.option(
    "--folder", type=FOLDER, default=Path("demo"), show_default=True, help="Where the company is made."
)
@click.option(
    "--leads", type=click.IntRange(2000), default=10_000, show_default=True, help="Size of its history."
)
def demo(folder: Path, leads: int) -> None:
    """The main job, end to end, on a simulated company; running it twice is safe.

    \b
    Example:  leadscore demo
    """
    from leadscore.demo import run_demo

    run_demo(folder, leads, lambda words: main.main(words, standalone_mode=False))


def scored_export(
    export: Path,
    out: str,
    *,
    events: Path | None,
    as_of: str | None,
    recipe_path: Path | None,
    model: str | None,
    reasons: int,
    dry_run: bool,
) -> Any:
    """The summary of an export, scored by what the options name."""
    from features import load_recipe
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
            progress=tick,
        )


def compared(
    a: str,
    b: str,
    recipe: Path,
    *,
    folder: Path | None,
    leads: Path | None,
    events: Path | None,
    as_of: str | None,
) -> Any:
    """Two models on the leads that the options name."""
    from features import load_recipe
    from leadscore.terminal import spinner

    loaded = load_recipe(recipe)
    moment = moment_of(as_of, loaded.recipe.zone)
    with spinner("scoring the leads twice"):
        import training

        return training.compare(
            a, b, folder or recipe.parent, recipe=loaded, leads=leads, events=events, as_of_us=moment
        )


def champion_alone() -> Any:
    """The champion by its own recipe, None where there is none or it cannot be opened, which is said."""
    import serving
    from leadscore.terminal import say

    try:
        return serving.open_ladder() if serving.find_champion() else None
    except (serving.StoreError, serving.DamagedError) as error:
        say(f"Warning: the champion cannot be asked: {error.problem}")
        return None


def inferred_recipe(export: Path, events: Path | None) -> Any:
    """A recipe that fits an export when there is neither champion nor recipe; it is printed on stderr."""
    from features import parse_recipe
    from leadscore.terminal import say, spinner

    with spinner("looking at the export"):
        from features.discovery.discover import discover

        found = discover([path for path in (export, events) if path is not None], all_open=True)
    say(f"Neither a champion nor a recipe is here; this one was inferred:\n\n{found.recipe_toml}")
    return parse_recipe(found.recipe_toml, "the inferred recipe")


def moment_of(as_of: str | None, zone: str) -> int | None:
    """The microseconds that `--as-of` names, None where it names none; a wall clock is that of `zone`."""
    from features.cells.parse import parse_date

    try:
        return parse_date(as_of, zone) if as_of else None
    except ValueError:
        raise click.BadParameter(
            "is not a date or date-time in ISO 8601, such as 2025-01-31T09:30:00+01:00.", param_hint="--as-of"
        ) from None


def seconds_in(text: str) -> float:
    """The seconds in a span such as 90s, 5m or 1h."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.replace(".", "", 1).isdigit():
        raise click.BadParameter("is not a span of time such as 90s, 5m or 1h.", param_hint="--budget")
    return float(number) * units[unit]


def last_line(summary: Any, dry_run: bool) -> str:
    """What happened to an export, in numbers, and who answered."""
    statuses = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.most_common())
    rungs = ", ".join(f"{count:,} by {rung}" for rung, count in summary.rungs.most_common())
    where = "nothing was written (dry run)" if dry_run else f"written to {summary.out}"
    return f"{summary.rows:,} rows: {statuses}; {rungs or 'none scored'}; {where}."


def model_name(name_or_recipe: str) -> str:
    """The registered name that a name or the path of a recipe stands for."""
    if not name_or_recipe.endswith(".toml"):
        return name_or_recipe
    from features import load_recipe

    return load_recipe(name_or_recipe).name


def described(version: dict[str, Any]) -> tuple[object, ...]:
    """A version's cells in the table of `status`."""
    figures = version["figures"]
    return (
        version["version"],
        version["since"] or version["trained_at"],
        version["run_id"],
        figures["auc"],
        figures["log_loss"],
    )
