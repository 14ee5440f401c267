"""The scorecard: checked, its examples tried, two versions of it held against each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import DATA, FILE, JSON, RECIPE, REFUSED, moment_of, place_of

CARD = click.argument("scorecard", type=FILE, required=False)


@click.group()
def rules() -> None:
    """The scorecard (rules.toml): check it, try its examples, see whom a change would move.

    \b
    Example:  leadscore rules check acme/recipe.toml acme/rules.toml

    Without a file the recipe's own is taken, or the default scorecard that it gets without one.
    """


@rules.command()
@RECIPE
@CARD
def show(recipe: Path, scorecard: Path | None) -> None:
    """Print the scorecard that a recipe has, to start your own from.

    \b
    Example:  leadscore rules show acme/recipe.toml > acme/rules.toml
    """
    _, text, _ = _read(recipe, scorecard)
    click.echo(text, nl=not text.endswith("\n"))


@rules.command()
@RECIPE
@CARD
@JSON
@click.pass_context
def check(ctx: click.Context, /, recipe: Path, scorecard: Path | None, as_json: bool) -> None:
    """Name every rule that cannot work, by line (exit code 1: there is one).

    \b
    Example:  leadscore rules check acme/recipe.toml acme/rules.toml

    Overlapping bands and gaps between them, words that nothing reaches, rules that contradict each other,
    caps below one event, cut-offs that no lead or every lead reaches.
    """
    from leadscore.terminal import print_json, print_table, say

    loaded, text, name = _read(recipe, scorecard)
    from serving.review import faults
    from serving.rules import parse_rules

    card = parse_rules(text, loaded, name=name).card
    found = faults(card, loaded, text)
    if as_json:
        print_json({"file": name, "faults": [vars(one) for one in found]})
    elif found:
        print_table(["line", "place", "problem"], [(one.line, one.place, one.problem) for one in found])
    n_rules = len(card.fit) + len(card.engagement) + len(card.exclude)
    say(f"{name}: {n_rules} rules, {len(found) or 'nothing'} to correct.")
    ctx.exit(REFUSED if found else 0)


@rules.command()
@RECIPE
@CARD
@JSON
@click.pass_context
def test(ctx: click.Context, /, recipe: Path, scorecard: Path | None, as_json: bool) -> None:
    """Try the examples in the file: the points that each must have (exit code 1: one differs).

    \b
    Example:  leadscore rules test acme/recipe.toml acme/rules.toml
    """
    from leadscore.terminal import print_json, print_table, say

    loaded, text, name = _read(recipe, scorecard)
    from serving.review import tried
    from serving.rules import parse_rules

    trials = tried(parse_rules(text, loaded, name=name), loaded, text, name)
    if as_json:
        print_json({"file": name, "examples": [one.as_dict() for one in trials]})
    elif trials:
        print_table(["line", "example", "result", "points"], [one.row() for one in trials])
    failed = sum(not one.passed for one in trials)
    if not trials:
        say(f"{name}: holds no [[example]]; docs/rules.md shows one.")
    else:
        say(f"{name}: {len(trials)} examples, {failed or 'none'} with other points than expected.")
    ctx.exit(REFUSED if failed else 0)


@rules.command()
@RECIPE
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@DATA
@click.option("--as-of", help="Moment at which leads are open, ISO 8601; default: the end of the history.")
@JSON
def diff(recipe: Path, before: Path, after: Path, as_json: bool, **options: Any) -> None:
    """Which open leads change band, grade or stage between two scorecards, and by which rule.

    \b
    Example:  leadscore rules diff acme/recipe.toml rules-may.toml rules-june.toml

    Bands are those of the points alone, as the scorecard answers where there is no model.
    """
    from leadscore.terminal import print_json, print_table, say

    found = _difference(recipe, before, after, **options)
    if as_json:
        print_json(found.as_dict())
    else:
        from training.comparison import MOVED

        bands = [(one, other, count) for (one, other), count in found.bands.items()]
        print_table(["band before", "band after", "leads"], bands)
        print_table(MOVED, found.rows(), title="\nLeads that move")
    say(f"{len(found.moved):,} of {found.n_leads:,} open leads move, {found.new_bands:,} to another band.")


@rules.command()
@RECIPE
@click.argument("scorecards", type=FILE, nargs=-1)
@DATA
@click.option("--weeks", type=click.IntRange(1, 104), default=13, show_default=True, help="Weeks to look at.")
@JSON
def backtest(
    recipe: Path, scorecards: tuple[Path, ...], folder: Path | str | None, weeks: int, as_json: bool
) -> None:
    """What the last matured quarter would have been, had calls gone by the scorecard.

    \b
    Example:  leadscore rules backtest acme/recipe.toml rules-may.toml rules-june.toml

    Each week as many of the open leads are called as people did call: the best by each scorecard, the newest,
    the best of a model that was fitted before, and those whom people called. Without a file the recipe's own.
    """
    from leadscore.terminal import print_json, print_table, say

    found = _backtest(recipe, scorecards, folder, weeks)
    if as_json:
        print_json(found.as_dict())
    else:
        from training.comparison import BACKTEST_COLUMNS

        print_table(BACKTEST_COLUMNS, [one.row() for one in found.orders])
    for note in found.notes:
        say(f"- {note}.")
    first = f"{found.started:%Y-%m-%d}"
    say(f"{found.weeks} weeks from {first} on, {found.open_weeks:,} leads open at the start of one of them.")


def _backtest(recipe: Path, scorecards: tuple[Path, ...], folder: Path | str | None, weeks: int) -> Any:
    """The scorecards that are named, or the recipe's own, on the tables."""
    from features.recipe import load_recipe
    from features.tables import read_tables
    from leadscore.terminal import spinner

    loaded = load_recipe(recipe)
    place, _ = place_of(recipe, loaded, folder)
    with spinner("reading tables") as step:
        from serving.rules import parse_rules, read_rules, rules_text
        from training.comparison import backtest

        own = rules_text(loaded, recipe.parent)
        texts = {path.name: read_rules(path) for path in scorecards} or {loaded.rules or "scorecard": own}
        cards = {name: parse_rules(text, loaded, name=name) for name, text in texts.items()}
        tables = read_tables(loaded, place, progress=step)
        return backtest(loaded, tables, cards, own, weeks=weeks, progress=step)


def _difference(
    recipe: Path, before: Path, after: Path, *, folder: Path | str | None, as_of: str | None
) -> Any:
    """Both scorecards on the open leads that the options name."""
    from features.recipe import load_recipe
    from leadscore.terminal import spinner

    loaded = load_recipe(recipe)
    moment = moment_of(as_of, loaded.recipe.zone)
    place, _ = place_of(recipe, loaded, folder)
    with spinner("scoring the open leads twice"):
        from serving.rules import load_rules
        from training.comparison import compare_scorecards

        one, other = (load_rules(path, loaded) for path in (before, after))
        return compare_scorecards(loaded, one, other, place, moment)


def _read(recipe: Path, scorecard: Path | None) -> tuple[Any, str, str]:
    """The recipe, the text of its scorecard or of the one that is named, and what to call it."""
    from features.recipe import load_recipe
    from leadscore.terminal import spinner

    with spinner("reading the scorecard"):
        from serving.rules import read_rules, rules_text

        loaded = load_recipe(recipe)
        if scorecard is not None:
            return loaded, read_rules(scorecard), scorecard.name
        return loaded, rules_text(loaded, recipe.parent), loaded.rules or "the default scorecard"
