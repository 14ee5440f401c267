"""Today's list for each owner, and where the agreement of marketing and sales was broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import DATA, FILE, FORCE, JSON, MADE, RECIPE, moment_of, place_of

_MOST = 20
"""Rows of one owner that a terminal shows."""


@click.command()
@RECIPE
@DATA
@click.option("--playbook", "book", type=FILE, help="Default: playbook.toml beside the recipe.")
@click.option("--as-of", help="Moment of the plan, ISO 8601; default: now.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option("--csv", "csv_file", type=MADE, help="Write every open lead with its action to this file.")
@click.option("--html", type=MADE, help="Write the page of the day to this file.")
@click.option("--show", is_flag=True, help="Print the playbook: yours, or one to start from.")
@FORCE
@JSON
def plan(recipe: Path, show: bool, force: bool, as_json: bool, **options: Any) -> None:
    """Print today's list of each owner: whom to contact until when, what to send, and why.

    \b
    Example:  leadscore plan acme/recipe.toml --html today.html

    Hours, holidays, attempts, owners, sequences and consent are those of playbook.toml (docs/playbook.md).
    """
    from features.recipe import load_recipe

    loaded = load_recipe(recipe)
    if show:
        click.echo(playbook_text(recipe, loaded, options["book"]), nl=False)
        return
    found = planned(recipe, loaded, force=force, **options)
    if as_json:
        from leadscore.terminal import print_json

        print_json(found.as_dict())
        return
    tell(found)


def planned(
    recipe: Path,
    loaded: Any,
    *,
    folder: Path | str | None,
    book: Path | None,
    as_of: str | None,
    model: str | None,
    csv_file: Path | None,
    html: Path | None,
    force: bool,
) -> Any:
    """The plan that the options name, written where they say."""
    from features.clock import now_us
    from features.exports import check_written
    from features.tables import read_tables
    from leadscore.terminal import bar, say, spinner
    from serving.agreed import law_of, parse_playbook
    from serving.planning import make_plan, plan_page, write_csv

    place, read = place_of(recipe, loaded, folder)
    check_written([("--csv", csv_file), ("--html", html)], read, force=force)
    with spinner("reading the playbook"):
        path = book or recipe.parent / "playbook.toml"
        parsed = parse_playbook(playbook_text(recipe, loaded, book), loaded, path.name)
        law = law_of(parsed.country_of(loaded), parsed.law, path.parent)
        import serving

        opened = serving.open_ladder(loaded, model, folder=recipe.parent)
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    moment = moment_of(as_of, loaded.recipe.zone) or now_us()
    with spinner("reading tables") as step:
        tables = read_tables(opened.ladder.recipe, place, progress=step)
    with bar("planning leads") as tick:
        found = make_plan(opened.ladder.recipe, opened.ladder, tables, parsed, law, moment, progress=tick)
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8", newline="") as out:
            say(f"{write_csv(found, out):,} rows are in {csv_file}.")
    if html is not None:
        html.write_text(plan_page(found, loaded.name), encoding="utf-8")
        say(f"The page is {html}.")
    return found


def playbook_text(recipe: Path, loaded: Any, book: Path | None) -> str:
    """The text of the playbook that is named, or beside the recipe, or one to start from."""
    from serving.agreed import read_text, starter

    path = book or recipe.parent / "playbook.toml"
    text = read_text(path, "playbook") if book is not None or path.exists() else ""
    return text or starter(loaded)  # '--show > playbook.toml' has made an empty file by then


def tell(found: Any) -> None:
    """Today's list of each owner on stdout, what to know on stderr."""
    from leadscore.terminal import print_table, say
    from serving.planning import PLAN_COLUMNS, owners, shown_rows

    by_owner = owners(found, found.due_today())
    for owner, leads in by_owner.items():
        rows = shown_rows(found, leads[:_MOST])
        more = f", {len(leads) - _MOST} more in --csv" if len(leads) > _MOST else ""
        print_table(PLAN_COLUMNS, rows, title=f"\n{owner}: {len(leads)} today{more}", least=("first reason",))
    for note in found.notes:
        say(f"- {note}.")
    counts = ", ".join(f"{count:,} {what}" for what, count in found.counts().most_common())
    day = f"{found.calendar.local(found.now):%A %d %B %Y, %H:%M}"
    say(f"{len(found.leads):,} open leads on {day}: {counts}.")
