"""What vendors keep for us, fetched into the ledger: journals of changes, answers of lead forms."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.options import JSON, RECIPE

if TYPE_CHECKING:
    from collections.abc import Callable

    from serving.ledger import Ledger, Writer
    from serving.pull import AnswersSource, Pulled

WATCH = click.option(
    "--watch", type=click.FloatRange(min=1), metavar="SECONDS", help="Go on, as often as that."
)


@click.group()
def pull() -> None:
    """Fetch what a vendor keeps for us into the ledger, each exactly once, in order.

    \b
    Example:  leadscore pull hubspot acme/recipe.toml --portal 62515
    """


@pull.command("hubspot")
@RECIPE
@click.option("--portal", required=True, help="The HubSpot account's id (Hub ID).")
@click.option(
    "--restart", is_flag=True, help="Begin at the earliest entry again; what is known stays as it is."
)
@WATCH
@JSON
@click.pass_context
def pull_hubspot(
    ctx: click.Context, recipe: Path, portal: str, restart: bool, watch: float | None, as_json: bool
) -> None:
    """Pull HubSpot's webhooks journal of an account (exit code 3: rows were left out).

    \b
    Example:  leadscore pull hubspot acme/recipe.toml --portal 62515 --watch 60

    The app's HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET come from the environment.
    """
    from serving.pull import HubSpotJournal, pull_journal, row_reader

    client_id, secret = _required("HUBSPOT_CLIENT_ID"), _required("HUBSPOT_CLIENT_SECRET")
    journal = HubSpotJournal(portal, client_id, secret, _api("LEADSCORE_HUBSPOT_API"))
    begin = [restart]

    def once(ledger: Ledger, writer: Writer, told: Callable[[Pulled], None]) -> Pulled:
        reader = row_reader("hubspot", _recipe(recipe), ledger, accounts=(portal,))
        return pull_journal(journal, reader, writer, restart=begin.pop() if begin else False, told=told)

    _pulled(ctx, once, watch, as_json)


@pull.command("meta")
@RECIPE
@WATCH
@JSON
@click.pass_context
def pull_meta(ctx: click.Context, recipe: Path, watch: float | None, as_json: bool) -> None:
    """Fetch the answers of Meta's lead forms that its webhook told (exit code 3: some are gone).

    \b
    Example:  leadscore pull meta acme/recipe.toml

    The page's META_ACCESS_TOKEN comes from the environment.
    """
    from serving.pull import meta_answers

    source = meta_answers(_required("META_ACCESS_TOKEN"), _api("LEADSCORE_META_API"))
    _answers_pulled(ctx, "meta", source, recipe, watch, as_json)


@pull.command("linkedin")
@RECIPE
@WATCH
@JSON
@click.pass_context
def pull_linkedin(ctx: click.Context, recipe: Path, watch: float | None, as_json: bool) -> None:
    """Fetch the answers of LinkedIn's lead forms that its webhook told (exit code 3: some are gone).

    \b
    Example:  leadscore pull linkedin acme/recipe.toml

    LINKEDIN_ACCESS_TOKEN comes from the environment.
    """
    from serving.pull import linkedin_answers

    source = linkedin_answers(_required("LINKEDIN_ACCESS_TOKEN"), _api("LEADSCORE_LINKEDIN_API"))
    _answers_pulled(ctx, "linkedin", source, recipe, watch, as_json)


def _answers_pulled(
    ctx: click.Context, vendor: str, source: AnswersSource, recipe: Path, watch: float | None, as_json: bool
) -> None:
    """The answers of a vendor's lead forms, pulled as `_pulled` says."""
    from serving.pull import pull_answers, row_reader

    def once(ledger: Ledger, writer: Writer, told: Callable[[Pulled], None]) -> Pulled:
        return pull_answers(source, row_reader(vendor, _recipe(recipe), ledger), writer, told=told)

    _pulled(ctx, once, watch, as_json)


def _pulled(
    ctx: click.Context,
    once: Callable[[Ledger, Writer, Callable[[Pulled], None]], Pulled],
    watch: float | None,
    as_json: bool,
) -> None:
    """Pull once, or as often as `watch` says until it is interrupted; a fault of a while ends no watch."""
    from features.errors import LeadscoreError
    from leadscore.options import SOME_FAILED
    from leadscore.terminal import bar, say
    from serving.ledger import Ledger, Writer

    ledger, left_out = Ledger.opened(), 0
    with Writer(ledger) as writer:
        while True:
            try:
                with bar("pulling") as tick:
                    done = once(ledger, writer, lambda so_far: tick(so_far.entries, None))
                left_out += done.left_out
                _tell(done, ledger.name, as_json)
            except LeadscoreError as error:
                if watch is None:
                    raise
                say(f"{error.problem} {error.remedy} Trying again in {watch:g} s.")
            if watch is None:
                break
            try:
                time.sleep(watch)
            except KeyboardInterrupt:
                break
    ctx.exit(SOME_FAILED if left_out else 0)


def _tell(done: Pulled, ledger: str, as_json: bool) -> None:
    from dataclasses import asdict

    from leadscore.terminal import print_json, say

    if as_json:
        print_json(asdict(done))
    for problem in done.problems[:20]:
        say(f"Left out: {problem.field}: {problem.problem}. {problem.remedy}")
    say(
        f"{done.entries:,} entries with {done.items:,} changes: {done.stored:,} rows stored, "
        f"{done.known:,} known, {done.left_out:,} left out ({ledger})."
    )


def _recipe(path: Path) -> Any:
    from features.recipe import load_recipe

    return load_recipe(path)


def _required(variable: str) -> str:
    import os

    from features.errors import LeadscoreError

    if not (found := os.environ.get(variable, "")):
        raise LeadscoreError(
            f"{variable} is not set.", "Set it in the environment; it is asked for nowhere else."
        )
    return found


def _api(variable: str) -> str:
    """Another address of the vendor's API, such as HubSpot's in the EU, where the environment names one."""
    import os

    return os.environ.get(variable, "").rstrip("/")
