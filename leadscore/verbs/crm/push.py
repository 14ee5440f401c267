"""Scores brought to a CRM: connect it once, push to it from then on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leadscore.options import FILE, JSON, SOME_FAILED

if TYPE_CHECKING:
    from features.recipe import Recipe
    from serving.ledger import Ledger
    from serving.push import PushTally
    from serving.vendors import PushMapping

VENDOR = click.argument(
    "vendor",
    type=click.Choice(["hubspot", "salesforce", "dynamics", "pipedrive", "marketo", "webhook"]),
)
_LONGEST_PAUSE = 3600


@click.command()
@VENDOR
@click.option("--mapping", type=FILE, help="The mapping file; default: push-VENDOR.toml.")
@click.option("--recipe", type=FILE, help="Says which stages close a lead; default: the mapping file's.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and send nothing.")
@click.option("--watch", is_flag=True, help="Go on: look for new scores until it is stopped.")
@click.option("--every", default=60, show_default=True, type=click.IntRange(1), help="Seconds between looks.")
@JSON
@click.pass_context
def push(
    ctx: click.Context, vendor: str, mapping: Path | None, recipe: Path | None, dry_run: bool, watch: bool,
    every: int, as_json: bool,
) -> None:  # fmt: skip
    """Bring the ledger's newest scores to a CRM (exit code 3: it refused some).

    \b
    Example:  leadscore push hubspot --dry-run

    Sent is what changed by a step or a band since it was last accepted. It may be stopped at any moment
    and run again: what was accepted is not sent twice, what was not is tried on every run. Tokens come
    from the environment; the mapping file is written by 'leadscore connect'.
    """
    from leadscore.printed_push import print_plan, print_tally
    from serving.ledger import Ledger
    from serving.vendors import load_mapping

    path = mapping or Path(f"push-{vendor}.toml")
    loaded = load_mapping(path)
    if loaded.vendor != vendor:
        raise click.BadParameter(f"is for {loaded.vendor}, not for {vendor}.", param_hint="--mapping")
    kept, closing = Ledger.opened(), _recipe_of(recipe, loaded, path)
    if dry_run:
        print_plan(kept, loaded, closing, as_json)
    elif watch:
        _go_on(kept, loaded, closing, every)
    else:
        tally = _pushed(kept, loaded, closing)
        print_tally(tally, loaded, as_json)
        ctx.exit(SOME_FAILED if tally.refused or tally.stopped else 0)


def _recipe_of(recipe: Path | None, mapping: PushMapping, path: Path) -> Recipe | None:
    from features.recipe import load_recipe

    place = recipe or (path.parent / mapping.recipe if mapping.recipe else None)
    return load_recipe(place) if place else None


def _pushed(kept: Ledger, mapping: PushMapping, closing: Recipe | None) -> PushTally:
    from leadscore.terminal import bar
    from serving.push import CrmLine, PushRun
    from serving.vendors import crm_of

    with CrmLine(mapping) as line, bar("sending") as tick:
        return PushRun(kept, mapping, crm_of(mapping), line, recipe=closing, progress=tick).run()


def _go_on(kept: Ledger, mapping: PushMapping, closing: Recipe | None, every: int) -> None:
    """Look again and again; at growing intervals for what was refused, or while the CRM wants no more."""
    from features.errors import LeadscoreError
    from leadscore.printed_push import say_tally
    from leadscore.terminal import say
    from serving.push import CrmLine, PushRun
    from serving.vendors import crm_of

    with CrmLine(mapping) as line:
        run = PushRun(kept, mapping, crm_of(mapping), line, recipe=closing)
        pause, gap, again_at = every, every, 0.0
        try:
            while True:
                again = time.monotonic() >= again_at
                troubled = False
                try:
                    tally = run.run(again=again)
                    troubled = tally.stopped is not None
                    if tally.sent or tally.refused or troubled:
                        say_tally(tally, mapping)
                    if again:
                        gap = min(gap * 2, _LONGEST_PAUSE) if tally.refused else every
                        again_at = time.monotonic() + gap
                except LeadscoreError as error:
                    troubled = True
                    say(f"{error.problem} {error.remedy}")
                pause = min(pause * 2, _LONGEST_PAUSE) if troubled else every
                time.sleep(pause)
        except KeyboardInterrupt:
            say("Stopped; what was not confirmed is sent again by the next run.")
