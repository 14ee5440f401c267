"""Today's list for each owner, where the agreement was broken, and what people decide of a lead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import DATA, FILE, FORCE, JSON, LANGUAGE, MADE, RECIPE, REFUSED
from leadscore.plan_made import Habits, checked, planned, playbook_text

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
@LANGUAGE
@click.option(
    "--sort", type=click.Choice(["rank", "value"]), default="rank",
    help="Of equally urgent leads first: the likelier, or what brings more; default: rank.",
)  # fmt: skip
@click.option("--show", is_flag=True, help="Print the playbook: yours, or one to start from.")
@click.option("--keep", is_flag=True, help="Keep it in the ledger, from where 'push' brings it to the CRM.")
@click.option("--check", is_flag=True, help="Say where the last 30 days broke the agreement, by side.")
@FORCE
@JSON
@click.pass_context
def plan(ctx: click.Context, /, recipe: Path, show: bool, check: bool, as_json: bool, **options: Any) -> None:
    """Print today's list of each owner: whom to contact until when, what to send, and why.

    \b
    Example:  leadscore plan acme/recipe.toml --html today.html

    Hours, holidays, attempts, owners, sequences and consent are those of playbook.toml (docs/playbook.md).
    With --keep the next 'leadscore push' brings each lead's action, deadline and why to the CRM.
    With --check the exit code is 1 where a promise of the agreement was broken.
    """
    from features.recipe import load_recipe
    from leadscore.terminal import print_json

    loaded = load_recipe(recipe)
    if show:
        click.echo(playbook_text(recipe, loaded, options["book"]), nl=False)
        return
    habits = Habits.read(recipe, loaded, options.pop("folder"), options.pop("book"), options.pop("as_of"))
    if check:
        checks = checked(habits)
        tell_checks(checks, as_json)
        ctx.exit(REFUSED if any(not one.held for one in checks) else 0)
    found = planned(habits, by_value=options.pop("sort") == "value", **options)
    if as_json:
        print_json(found.as_dict())
    else:
        tell(found)


@click.command()
@click.argument("lead_id", metavar="LEAD")
@click.option("--maturity", type=click.Choice(["cold", "warm", "hot"]), help="What it is for now.")
@click.option("--refuse", is_flag=True, help="Sales refuse it, for --reason.")
@click.option("--opt-out", is_flag=True, help="They object to profiling and contact: scored by nothing.")
@click.option("--contest", is_flag=True, help="They contest their score; a person has to review it.")
@click.option("--review", type=click.Choice(["upheld", "changed"]), help="What a person's review came to.")
@click.option("--by", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why; of a refusal one that the agreement names.")
@click.option("--days", type=click.FloatRange(0), help="For so long; 0 takes an earlier decision back.")
def decide(
    lead_id: str, maturity: str | None, refuse: bool, opt_out: bool, contest: bool, review: str | None,
    by: str, reason: str, days: float | None,
) -> None:  # fmt: skip
    """Keep in the ledger what a person decides of a lead; it goes before what is computed.

    \b
    Example:  leadscore decide L0000042 --maturity hot --by Anna --reason "met at the fair" --days 14
    """
    from features.clock import now_us
    from leadscore.terminal import say
    from serving.ledger import Ledger
    from serving.planning import decide as keep

    kinds = {
        "override": maturity is not None, "refusal": refuse, "opt_out": opt_out, "contest": contest,
        "review": review is not None,
    }  # fmt: skip
    chosen = [kind for kind, given in kinds.items() if given]
    if len(chosen) != 1:
        raise click.UsageError("say one of --maturity, --refuse, --opt-out, --contest and --review.")
    if maturity is not None and days is None:
        raise click.UsageError("a decision on maturity expires: say after how many --days.")
    ledger = Ledger.opened()
    keep(ledger, lead_id, chosen[0], by, reason, now_us(), maturity=maturity, review=review, days=days)
    until = "" if days is None else f", for {days:g} days" if days else ", taken back"
    say(f"Kept in {ledger.name}{until}.")


def tell_checks(checks: Any, as_json: bool) -> None:
    """The promises by side on stdout, and how many were broken."""
    from dataclasses import asdict

    from leadscore.terminal import print_json, print_table, say
    from serving.planning import CHECK_COLUMNS

    if as_json:
        print_json({"promises": [asdict(one) for one in checks]})
    else:
        print_table(CHECK_COLUMNS, [one.row() for one in checks])
        breaches = [(one.side, breach.lead_id, breach.how) for one in checks for breach in one.breaches]
        if breaches:
            shown = f", the first {_MOST}; all in --json" if len(breaches) > _MOST else ""
            print_table(["side", "lead", "how"], breaches[:_MOST], title=f"\n{len(breaches)} leads{shown}")
    broken = [one.side for one in checks if not one.held]
    told = ", ".join(f"{broken.count(side)} broken by {side}" for side in ("sales", "marketing"))
    say(f"{len(checks)} promises over the last 30 days: {told}.")


def tell(found: Any) -> None:
    """Today's list of each owner on stdout, what to know on stderr."""
    from leadscore.terminal import print_table, say
    from serving.planning import PLAN_COLUMNS, owners, shown_rows

    for owner, leads in owners(found, found.due_today()).items():
        rows = shown_rows(found, leads[:_MOST])
        more = f", {len(leads) - _MOST} more in --csv" if len(leads) > _MOST else ""
        print_table(PLAN_COLUMNS, rows, title=f"\n{owner}: {len(leads)} today{more}", least=("first reason",))
    for note in found.notes:
        say(f"- {note}.")
    counts = ", ".join(f"{count:,} {what}" for what, count in found.counts().most_common())
    day = f"{found.calendar.local(found.now):%A %d %B %Y, %H:%M}"
    today = f"; {len(found.due_today()):,} of it today"
    say(f"{len(found.leads):,} open leads on {day}: {counts}{today}.")
