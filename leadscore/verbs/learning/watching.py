"""Is it still right? The champion and its inputs watched, and a model trained again where it pays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import (
    DATA,
    FORCE,
    JSON,
    LEDGER,
    MADE,
    MILESTONE,
    PAGE_LANGUAGE,
    RECIPE,
    REFUSED,
    asked_of,
    moment_of,
    place_of,
)


@click.command()
@RECIPE
@DATA
@click.option("--as-of", help="Watch as of this moment, ISO 8601; default: the end of the history.")
@click.option(
    "--days",
    type=click.FloatRange(1, 366),
    default=30.0,
    show_default=True,
    help="Length of the newest period.",
)
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@click.option("--html", type=MADE, help="Write the page to this file.")
@PAGE_LANGUAGE
@MILESTONE
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
    language: Any,
    milestone: str | None,
    force: bool,
) -> Any:
    """The watch that the options name; where it is of a ledger, kept there too."""
    from features.exports import check_written
    from features.recipe import load_recipe
    from leadscore.terminal import say, spinner

    loaded = asked_of(load_recipe(path).told_in(language), milestone)
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
        html.write_text(watching.watch_page(found, loaded.recipe.language), encoding="utf-8")
        say(f"The page is {html}.")
    return found


def _keep(ledger: Any, found: Any) -> None:
    """The result where /metrics looks for it."""
    from features.clock import now_us
    from serving.watched import note

    kept = found.model_dump(mode="json", include={"name", "as_of", "alarms", "false_alarms"})
    note(ledger, "watch", kept | {"looks": len(found.looks)}, now_us())


@click.command()
@RECIPE
@DATA
@click.option("--if-needed", is_flag=True, help="Do nothing where it would not pay; default: train.")
@MILESTONE
@JSON
@click.pass_context
def retrain(
    ctx: click.Context, /, recipe: Path, folder: Path | str | None, if_needed: bool, milestone: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Train again, judge, and promote if the gate lets it (exit code 1: it was refused).

    \b
    Example:  leadscore retrain acme/recipe.toml --if-needed
    From cron: leadscore retrain acme/recipe.toml --if-needed --data ledger

    It pays where no model answers, probabilities no longer hold, or newer outcomes lower the log loss beyond
    chance. On the same data nothing is done twice, and two at once do not run.
    """
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, say, spinner

    loaded = asked_of(load_recipe(recipe), milestone)
    place, _ = place_of(recipe, loaded, folder)
    with spinner("loading what answers") as step:
        import serving
        from training import run

        opened = serving.open_ladder(loaded, folder=recipe.parent)
        found = run.retrain(loaded, place, opened, if_needed=if_needed, progress=step)
    if folder == LEDGER:
        _keep_retrained(place.ledger, loaded.name, found)
    if as_json:
        print_json(found.model_dump(mode="json"))
    for why in found.why:
        say(f"- {why}.")
    done = {"not_needed": "not trained", "promoted": f"version {found.version} is champion"}
    refused = f"run {found.run_id} was refused" if found.run_id else "nothing could be learned"
    say(f"{loaded.name}: {done.get(found.outcome, refused)}.{_not_looked_at(loaded)}")
    ctx.exit(REFUSED if found.outcome == "refused" else 0)


def _not_looked_at(recipe: Any) -> str:
    """The milestones of `recipe`, whose models are trained one by one."""
    names = ", ".join(one.name for one in recipe.milestone)
    return f" Milestones not looked at: {names}; train each with --milestone." if names else ""


def _keep_retrained(ledger: Any, name: str, found: Any) -> None:
    """What was done, beside the watches."""
    from features.clock import now_us
    from serving.watched import note

    note(ledger, "retrain", {"name": name} | found.model_dump(mode="json"), now_us())


@click.command()
@RECIPE
@DATA
@click.option("--as-of", help="What was known at this moment, ISO 8601; default: the end of the history.")
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
@JSON
def effect(
    recipe: Path, folder: Path | str | None, as_of: str | None, model: str | None, as_json: bool
) -> None:
    """Say what scoring brings per call, against first come first served and the rules, with intervals.

    \b
    Example:  leadscore effect acme/recipe.toml --data ledger

    It needs [exploration] in the recipe: a few leads are drawn by lot and worked whatever their score.
    """
    from features.recipe import load_recipe
    from leadscore.terminal import print_json, print_table, say, spinner

    loaded = load_recipe(recipe)
    moment = moment_of(as_of, loaded.recipe.zone)
    place, _ = place_of(recipe, loaded, folder)
    with spinner("loading what answers") as step:
        import serving
        from training import watch as watching

        opened = serving.open_ladder(loaded, model, folder=recipe.parent)
        if opened.warning:
            say(f"Warning: {opened.warning}.")
        found = watching.effect(loaded, place, opened, as_of_us=moment, progress=step)
    if as_json:
        print_json(found.as_dict())
    elif found.effect is not None:
        print_table(watching.EFFECT, found.rows())
    for note in found.notes:
        say(f"- {note}.")
    if (one := found.effect) is None:
        say("Nothing can be said yet.")
    else:
        say(f"{one.leads:,} leads of {found.weeks:,.0f} weeks, {one.drawn:,} drawn, {one.called:.0%} called.")
