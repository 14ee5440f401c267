"""What leads cost and bring: the funnel by group, and a budget moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.ledger_files import standing_here
from leadscore.options import DATA, FILE, FORCE, JSON, MADE, PAGE_LANGUAGE, RECIPE, place_of


@click.command()
@RECIPE
@DATA
@click.option(
    "--by", default="origin", show_default=True,
    help="What groups the leads: origin, campaign, channel, market, month, or a category of the recipe.",
)  # fmt: skip
@click.option(
    "--costs",
    type=FILE,
    multiple=True,
    help="A campaign export of Google Ads, Meta Ads or LinkedIn Ads as it is; several times for several.",
)
@click.option("--currency", help="The currency of the costs, such as EUR; of two, the one that is counted.")
@click.option(
    "--scores", type=FILE, help="What 'leadscore score' wrote for the open leads: completes open cohorts."
)
@click.option(
    "--earlier",
    type=FILE,
    multiple=True,
    help="What 'leadscore score' wrote a horizon ago: how its bands did; of the ledger it is known.",
)
@click.option(
    "--move",
    "moves",
    nargs=3,
    multiple=True,
    metavar="FROM TO PERCENT",
    help="What if so many percent of the budget of one group went to another.",
)
@click.option("--csv", "csv", type=MADE, help="Write every figure with its interval to this file.")
@click.option("--html", type=MADE, help="Write the page to this file.")
@PAGE_LANGUAGE
@FORCE
@JSON
def funnel(recipe: Path, force: bool, as_json: bool, language: Any, **options: Any) -> None:
    """What each origin of leads costs and brings, stage by stage, and what to change.

    \b
    Example:  leadscore funnel acme/recipe.toml --html funnel.html
    With ads: leadscore funnel acme/recipe.toml --costs google.csv --costs linkedin.csv --by campaign

    Rates count leads that have had a whole horizon of time, and come with 95 % intervals.
    """
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, print_table, say

    loaded = load_recipe(recipe).told_in(language)
    found, moved = _made(recipe, loaded, force=force, **options)
    from serving import funnel as funnels

    if options["csv"] is not None:
        funnels.table_of(found).to_csv(options["csv"], index=False)
    if options["html"] is not None:
        options["html"].parent.mkdir(parents=True, exist_ok=True)
        page = funnels.funnel_page(found, moved, loaded.recipe.language)
        options["html"].write_text(page, encoding="utf-8")
    if as_json:
        print_json(found.model_dump() | {"moves": [one.model_dump() for one in moved]})
    else:
        head = ["from", "to", "matured", "went on", "rate", "median days"]
        print_table(head, funnels.step_rows(found))
        title = f"\nBy {found.by}" + (f", in {found.currency}" if found.currency else "")
        least = ("open", "customers", "cost")
        print_table([found.by, *funnels.VOLUME], funnels.terminal_rows(found), title=title, least=least)
        if found.bands:
            print_table(funnels.BANDS, funnels.band_rows(found), title="\nWhat became of former scores")
    for note in found.notes:
        say(f"- {note}")
    for one in moved:
        say(f"What if: {one.words(found.currency)} {one.assumption}")
    for finding in found.findings:
        say(f"! {finding}")
    for path in (options["csv"], options["html"]):
        if path is not None:
            say(f"Written: {path}")


def _made(
    recipe: Path,
    loaded: Any,
    *,
    folder: Path | str | None,
    by: Any,
    costs: tuple[Path, ...],
    currency: str | None,
    scores: Path | None,
    earlier: tuple[Path, ...],
    moves: tuple[tuple[str, str, str], ...],
    csv: Path | None,
    html: Path | None,
    force: bool,
) -> tuple[Any, list[Any]]:
    """The funnel that the options name, and the budgets moved in it."""
    from features.exports import check_written
    from leadscore.terminal import spinner

    place, read = place_of(recipe, loaded, folder)
    read += [*costs, *earlier, *([scores] if scores else [])]
    check_written([("--csv", csv), ("--html", html)], read, force=force)
    shares = [(source, target, _share(text)) for source, target, text in moves]
    with spinner("reading tables") as step:
        from features import read_tables
        from serving import funnel as funnels
        from serving.ledger import LedgerTables

        tables = read_tables(loaded, place, progress=step, opted_out=standing_here().opted_out)
        step("reading costs and scores")
        reports = [funnels.read_cost_report(path) for path in costs]
        answers = funnels.read_scored(scores, loaded.lead.id) if scores else None
        before = None
        if earlier:
            before = funnels.ScoresBefore.of_files(earlier, loaded.lead.id)
        elif isinstance(place, LedgerTables):
            before = funnels.ScoresBefore.of_ledger(place.ledger)
        step("counting")
        found = funnels.make_funnel(
            loaded, tables, by=by, reports=reports, currency=currency, scores=answers, before=before
        )
        return found, [funnels.move(found, *one) for one in shares]


def _share(text: str) -> float:
    """The share that a percentage such as 10 or '10 %' names."""
    try:
        share = float(text.strip().removesuffix("%").strip()) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise click.BadParameter("PERCENT is more than 0 and at most 100, such as 10.", param_hint="--move")
    return share
