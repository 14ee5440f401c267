"""A scorecard from another tool, and to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import FILE, RECIPE, SOME_FAILED
from leadscore.verbs.lists.playbook import rules

__all__ = ["rules"]


@rules.command("import")
@RECIPE
@click.argument("definition", type=FILE)
@click.pass_context
def import_(ctx: click.Context, recipe: Path, definition: Path) -> None:
    """Print the scorecard of a HubSpot lead score (exit code 3: some of its rules have no counterpart).

    \b
    Example:  leadscore rules import acme/recipe.toml hubspot.json > acme/rules.toml

    Rules on properties are read where the recipe has a field with that column; the others are named.
    """
    from features.recipe import load_recipe
    from serving.rules import from_hubspot, parse_rules, read_rules

    loaded = load_recipe(recipe)
    found = from_hubspot(read_rules(definition), loaded, definition.name)
    parse_rules(found.text, loaded, name="the scorecard of this score")
    ctx.exit(_tell(found))


@rules.command()
@RECIPE
@click.argument("scorecard", type=FILE, required=False)
@click.pass_context
def export(ctx: click.Context, recipe: Path, scorecard: Path | None) -> None:
    """Print a scorecard as the definition of a HubSpot lead score (exit code 3: not all of it).

    \b
    Example:  leadscore rules export acme/recipe.toml acme/rules.toml > hubspot.json

    Send it as a draft (POST /marketing/lead-scoring/2026-09-beta/scores), and look at it before you publish.
    """
    from features.recipe import load_recipe
    from serving.rules import parse_rules, read_rules, rules_text, to_hubspot

    loaded = load_recipe(recipe)
    text = rules_text(loaded, recipe.parent) if scorecard is None else read_rules(scorecard)
    card = parse_rules(text, loaded, name=scorecard.name if scorecard else "the scorecard").card
    ctx.exit(_tell(to_hubspot(card, loaded, loaded.name)))


def _tell(found: Any) -> int:
    """The text on stdout, what it lacks on stderr; the exit code."""
    from leadscore.terminal import say

    click.echo(found.text, nl=False)
    for words in found.left_out:
        say(f"- left out: {words}.")
    say(f"{len(found.left_out) or 'nothing'} left out.")
    return SOME_FAILED if found.left_out else 0
