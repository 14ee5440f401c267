"""Scores brought to a CRM: connect it once, push to it from then on."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from leadscore.options import FILE, JSON, LEDGER, SOME_FAILED

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.push import PushSource, PushTally
    from serving.vendors import PushMapping

VENDOR = click.argument(
    "vendor",
    type=click.Choice(["hubspot", "salesforce", "dynamics", "pipedrive", "marketo", "webhook"]),
)
ACCOUNTS = click.option("--accounts", is_flag=True, help="Of accounts (docs/accounts.md), not of leads.")
_LONGEST_PAUSE = 3600


@click.command()
@VENDOR
@ACCOUNTS
@click.option(
    "--mapping", type=FILE, help="The mapping file; default: push-VENDOR.toml, or push-VENDOR-accounts.toml."
)
@click.option("--recipe", type=FILE, help="Says which stages close a lead; default: the mapping file's.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and send nothing.")
@click.option("--watch", is_flag=True, help="Go on: look for new scores until it is stopped.")
@click.option("--every", default=60, show_default=True, type=click.IntRange(1), help="Seconds between looks.")
@JSON
@click.pass_context
def push(
    ctx: click.Context, vendor: str, accounts: bool, mapping: Path | None, recipe: Path | None, dry_run: bool,
    watch: bool, every: int, as_json: bool,
) -> None:  # fmt: skip
    """Bring the ledger's newest scores, or its accounts, to a CRM (exit code 3: it refused some).

    \b
    Example:  leadscore push hubspot --dry-run

    Sent is what changed by a step or a band since it was last accepted. It may be stopped at any moment
    and run again: what was accepted is not sent twice, what was not is tried on every run. Tokens come
    from the environment; the mapping file is written by 'leadscore connect'.
    """
    from leadscore.printed_push import print_plan, print_tally
    from serving.ledger import Ledger
    from serving.vendors import crm_profile, load_mapping

    crm_profile(vendor, "accounts" if accounts else "leads")  # told before a mapping file is asked for
    path = mapping or mapping_file(vendor, accounts)
    loaded = load_mapping(path)
    if loaded.vendor != vendor:
        raise click.BadParameter(f"is for {loaded.vendor}, not for {vendor}.", param_hint="--mapping")
    if accounts != (loaded.of == "accounts"):
        raise click.BadParameter(f"is for {loaded.of}.", param_hint="--mapping")
    if accounts and watch:
        raise click.UsageError("--watch is for leads; let 'push --accounts' run every night.")
    kept, closing = Ledger.opened(), _recipe_place(recipe, loaded, path)
    due = _accounts_due(kept, loaded, closing) if accounts else _leads_due(kept, loaded, closing)
    if dry_run:
        print_plan(kept, loaded, due, as_json)
    elif watch:
        _go_on(kept, loaded, due, every)
    else:
        tally = _pushed(kept, loaded, due)
        print_tally(tally, loaded, as_json)
        ctx.exit(SOME_FAILED if tally.refused or tally.stopped else 0)


def mapping_file(vendor: str, accounts: bool) -> Path:
    """The mapping file that is meant where none is named."""
    return Path(f"push-{vendor}{'-accounts' if accounts else ''}.toml")


def _recipe_place(recipe: Path | None, mapping: PushMapping, path: Path) -> Path | None:
    return recipe or (path.parent / mapping.recipe if mapping.recipe else None)


def _leads_due(kept: Ledger, mapping: PushMapping, place: Path | None) -> PushSource:
    from features.recipe import load_recipe
    from serving.push import LeadsDue

    return LeadsDue(kept, mapping, load_recipe(place) if place else None)


def _accounts_due(kept: Ledger, mapping: PushMapping, place: Path | None) -> PushSource:
    from features.clock import now_us
    from leadscore.verbs.lists.accounts import rolled_up
    from serving.accounts import AccountsDue

    if place is None:
        raise click.UsageError("Name the recipe that says which accounts leads have: --recipe.")
    moment = now_us()
    return AccountsDue(kept, mapping, rolled_up(place, LEDGER, moment, None).rows, moment)


def _pushed(kept: Ledger, mapping: PushMapping, due: PushSource) -> PushTally:
    from leadscore.terminal import bar
    from serving.push import CrmLine, PushRun
    from serving.vendors import crm_of

    with CrmLine(mapping) as line, bar("sending") as tick:
        return PushRun(kept, mapping, crm_of(mapping), line, due=due, progress=tick).run()


def _go_on(kept: Ledger, mapping: PushMapping, due: PushSource, every: int) -> None:
    """Look again and again; at growing intervals for what was refused, or while the CRM wants no more."""
    from features.errors import LeadscoreError
    from leadscore.printed_push import say_tally
    from leadscore.terminal import say
    from serving.push import CrmLine, PushRun
    from serving.vendors import crm_of

    with CrmLine(mapping) as line:
        run = PushRun(kept, mapping, crm_of(mapping), line, due=due)
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
