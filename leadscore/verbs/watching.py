"""Is it still right? The champion and its inputs watched, and a model trained again where it pays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import DATA, FORCE, JSON, LEDGER, MADE, RECIPE, REFUSED, moment_of, place_of


@click.command()
@RECIPE
@DATA
@click.option("--as-of", help="WatchResult as of this moment, ISO 8601; default: the end of the history.")
@click.option(
    "--days",
    type=click.FloatRange(1, 366),
    default=30.0,
    show_default=True,
    help="Length of the newest period.",
)
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option("--html", type=MADE, help="Write the page to this file.")
@FORCE
@JSON
@click.pass_context
def watch(ctx: click.Context, /, recipe: Path, as_json: bool, html: Path | None, **options: Any) -> None:
    """Say what broke or drifted in the newest 30 days, and what to do (exit code 1: there is an alarm).

    \b
    Example:  leadscore watch acme/recipe.toml --html watch.html
    From cron: leadscore watch acme/recipe.toml --data ledger 2> watch.txt || mail -s watch me < watch.txt

    Exit code 0: quiet; 1: an alarm; 2: it could not be watched. Where nothing changed an alarm comes in one
    watch of a hundred at most.
    """
    from leadscore.terminal import print_json, print_table, say

    found = _watched(recipe, html, **options)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        from training.watch import CALIBRATION, LOOKS

        odd = [look.row() for look in sorted(found.looks, key=lambda look: look.p)[:_SHOWN]]
        more = (
            f", the oddest {_SHOWN} of {len(found.looks)}; all in --json" if len(found.looks) > _SHOWN else ""
        )
        print_table(LOOKS, odd, title=f"What was looked at{more}", least=("measure", "before"))
        if found.calibration:
            print_table(CALIBRATION, [row.row() for row in found.calibration], title="\nCalibration")
    for note in found.notes:
        say(f"- {note}.")
    if (one := found.expected) is not None:
        low, high = one.customers_ends
        say(
            f"Of {one.leads:,} leads that have not matured {one.customers:,.1f} customers are to be expected "
            f"[{low:,.0f}, {high:,.0f}], blind to {one.blind_to}."
        )
    for alarm in found.alarms:
        say(f"! {alarm.words}. {alarm.remedy}")
    counts = f"{len(found.looks)} looks, {len(found.alarms) or 'no'} alarm{'s' * (len(found.alarms) != 1)}"
    say(f"{found.name} on {found.as_of[:10]}: {counts}.")
    ctx.exit(REFUSED if found.alarms else 0)


_SHOWN = 12
"""Looks that a terminal shows."""


def _watched(
    path: Path,
    html: Path | None,
    *,
    folder: Path | str | None,
    as_of: str | None,
    days: float,
    model: str | None,
    force: bool,
) -> Any:
    """The watch that the options name; where it is of a ledger, kept there too."""
    from features.exports import check_written
    from features.recipe import load_recipe
    from leadscore.terminal import say, spinner

    loaded = load_recipe(path)
    moment = moment_of(as_of, loaded.recipe.zone)
    place, read = place_of(path, loaded, folder)
    check_written([("--html", html)], read, force=force)
    with spinner("loading what answers") as step:
        import serving
        from training import watch as watching

        opened = serving.open_ladder(loaded, model, folder=path.parent)
        if opened.warning:
            say(f"Warning: {opened.warning}.")
        found = watching.watch(loaded, place, opened, as_of_us=moment, days=days, progress=step)
    if folder == LEDGER:
        _keep(place.ledger, found)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(watching.watch_page(found), encoding="utf-8")
        say(f"The page is {html}.")
    return found


def _keep(ledger: Any, found: Any) -> None:
    """The result where /metrics looks for it."""
    from features.clock import now_us
    from serving.watched import note

    kept = found.model_dump(mode="json", include={"name", "as_of", "alarms", "false_alarms"})
    note(ledger, "watch", kept | {"looks": len(found.looks)}, now_us())
