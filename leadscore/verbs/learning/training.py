"""Models made, judged, promoted, compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import (
    DATA,
    ENGINE,
    FILE,
    FORCE,
    JSON,
    LANGUAGE,
    MADE,
    MILESTONE,
    RECIPE,
    REFUSED,
    asked_of,
    moment_of,
    place_of,
)


@click.command()
@RECIPE
@DATA
@click.option(
    "--predictions",
    type=MADE,
    help="Write the test rows' probabilities to this Parquet file.",
)
@click.option("--report", type=MADE, help="Write the run's page (HTML) to this file too.")
@LANGUAGE
@FORCE
@click.option(
    "--budget", help="Search the booster's settings for about so long: 90s, 5m, 1h. Default: no search."
)
@click.option(
    "--study",
    type=MADE,
    help="SQLite file in which a search is kept, and gone on with later.",
)
@click.option(
    "--new-bands", is_flag=True, help="Let hot and warm begin anew; default: where they do for the champion."
)
@ENGINE
@MILESTONE
@JSON
@click.pass_context
def train(
    ctx: click.Context,
    /,
    recipe: Path,
    folder: Path | str | None,
    budget: str | None,
    force: bool,
    as_json: bool,
    language: Any,
    milestone: str | None,
    **options: Any,
) -> None:
    """Train a model, judge it on the newest matured leads, and register it (exit code 1: it is refused).

    \b
    Example:  leadscore train acme/recipe.toml --data acme

    The run is recorded in ./mlflow.db, or where MLFLOW_TRACKING_URI says. Nothing answers CRMs before
    'leadscore promote' lets it; the model of a milestone is NAME-MILESTONE there.
    """
    from features.exports import check_written
    from features.recipe import lines_to_check, load_recipe
    from leadscore.terminal import print_json, print_table, say, spinner

    loaded = load_recipe(recipe).told_in(language)
    for line in lines_to_check(recipe.read_text(encoding="utf-8")):
        say(f"- check: {line}")
    loaded = asked_of(loaded, milestone)
    place, read = place_of(recipe, loaded, folder)
    written = [(f"--{name}", options[name]) for name in ("report", "predictions")]
    check_written(written, read, force=force)
    with spinner("reading tables") as step:
        import data
        import training

        # what the simulator knows is the probability of a win
        known = isinstance(place, Path) and not milestone
        limit = data.known_limit(Path(place), loaded.recipe.horizon_days, loaded) if known else None
        seconds = None if budget is None else seconds_in(budget)
        run = training.train(loaded, place, progress=step, limit=limit, budget_seconds=seconds, **options)
    if as_json:
        print_json(run.summary.model_dump(mode="json"))
    else:
        print_table(["rows", "count"], run.account)
        print_table(
            training.COMPARISON,
            training.comparison_rows(run),
            title="\nOn the same matured test rows",
            least=training.LEAST,
        )
    if run.summary.history_end is not None:
        say(f"- the history ends on {run.summary.history_end}")
    for reason in run.summary.reasons + run.summary.warnings:
        say(f"- {reason}")
    if run.verdict == "promote":
        for doubt in run.summary.doubts:
            say(f"- Not sure: {doubt}.")
    say(f"Run {run.run_id} in {run.store}.")
    say(f"{run.verdict}: {run.summary.recommendation}")
    ctx.exit(0 if run.verdict == "promote" else REFUSED)


@click.command()
@click.argument("a")
@click.argument("b")
@RECIPE
@DATA
@click.option("--leads", type=FILE, help="Compare on the leads of this export instead of those open now.")
@click.option("--events", type=FILE, help="The export's events; without them they count as not given.")
@click.option(
    "--as-of", help="Moment of both answers, ISO 8601; default: the end of the history, for an export now."
)
@LANGUAGE
@JSON
def compare(a: str, b: str, recipe: Path, as_json: bool, **options: Any) -> None:
    """Two models on the leads that are open now: who changes band and why, how scores move, their figures.

    \b
    Example:  leadscore compare champion challenger acme/recipe.toml
    On an export:  leadscore compare 3 4 acme/recipe.toml --leads open.csv --events open_events.csv

    A and B are aliases, version numbers, run ids, models:/ addresses or artefact folders.
    """
    from leadscore.service_told import in_shadow, ledger_here, print_shadow
    from leadscore.terminal import print_json, print_table, say

    if options["events"] and not options["leads"]:
        raise click.UsageError("--events belongs to an export of leads; name it with --leads.")
    found = compared(a, b, recipe, **options)
    if as_json:
        print_json(found.as_dict())
    else:
        print_table(["figure", a, b, "difference"], found.figures)
        from training.comparison import CHANGED

        least = ("probability before", "probability after")
        print_table(CHANGED, found.rows(), title="\nLeads that change band", least=least)
        print_shadow(in_shadow(ledger_here()))
    for warning in found.warnings:
        say(f"Warning: {warning}")
    say(f"{len(found.changed):,} of {found.n_leads:,} open leads change band.")


def compared(
    a: str,
    b: str,
    recipe: Path,
    *,
    folder: Path | str | None,
    leads: Path | None,
    events: Path | None,
    as_of: str | None,
    language: Any,
) -> Any:
    """Two models on the leads that the options name."""
    from features.recipe import load_recipe
    from leadscore.terminal import spinner

    loaded = load_recipe(recipe)
    moment = moment_of(as_of, loaded.recipe.zone)
    place, _ = place_of(recipe, loaded, folder)
    with spinner("scoring the leads twice"):
        import training

        return training.compare(
            a, b, place, recipe=loaded, leads=leads, events=events, as_of_us=moment, language=language
        )


def seconds_in(text: str) -> float:
    """The seconds in a span such as 90s, 5m or 1h."""
    units = {"s": 1, "m": 60, "h": 3600}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.replace(".", "", 1).isdigit():
        raise click.BadParameter("is not a span of time such as 90s, 5m or 1h.", param_hint="--budget")
    return float(number) * units[unit]
