"""`score --data ledger`: the leads that are open in the ledger, scored to a file or kept there."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.options import LEDGER, SOME_FAILED, moment_of

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.asked import Heard
    from serving.neighbours import Neighbours


def standing_here() -> Heard:
    """Who objects to being profiled and who contests, by the ledger that is here, where there is one."""
    from leadscore.terminal import say
    from serving.asked import Heard
    from serving.ledger import Ledger, standing

    ledger = Ledger.here()
    found = standing(ledger) if ledger is not None else Heard()
    if found.opted_out and ledger is not None:
        count = len(found.opted_out)
        say(f"{count:,} ids object to being profiled, by {ledger.name}: nothing is computed of them.")
    return found


def neighbours_here() -> Neighbours | None:
    """Who tells of the other leads of accounts: the ledger that is here, where there is one."""
    from serving.ledger import Ledger
    from serving.neighbours import neighbours_of

    ledger = Ledger.here()
    return None if ledger is None else neighbours_of(ledger)


def or_from_ledger(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb over EXPORT that takes `--data ledger` in its place.

    The leads are those open at `--as-of`, by `--recipe`, else ./recipe.toml, else the champion's own. Without
    `-o` their scores are kept in the ledger.
    """

    @click.option(
        "--data",
        type=click.Choice([LEDGER]),
        help="In place of EXPORT: the leads open in the ledger; without -o their scores are kept there.",
    )
    @functools.wraps(verb)
    def chosen(export: Path | None, data: str | None, **options: Any) -> Any:
        if (export is None) == (data is None):
            raise click.UsageError("Give an EXPORT, or --data ledger.")
        if export is not None and options["out"] is None:
            raise click.UsageError("Missing option '-o' / '--out'.")
        if export is not None:
            return verb(export=export, **options)
        if options.get("events") is not None:
            raise click.UsageError("--data ledger brings its own events; leave --events out.")
        if options["out"] is None:
            return keep_scores(**_of_the_ledger(options))
        with tempfile.TemporaryDirectory(prefix="leadscore-") as folder:
            return verb(**_written(Path(folder), options))

    return chosen


_KEPT = {"recipe_path": "path", "model": "model", "as_of": "as_of", "as_json": "as_json"}
"""What an option of `score` is called where scores are kept."""


def _of_the_ledger(options: dict[str, Any]) -> dict[str, Any]:
    """The options that say which scores are kept; those that shape a file are refused."""
    context = click.get_current_context()
    given = click.core.ParameterSource.COMMANDLINE
    shaping = [name for name in options if name not in _KEPT and context.get_parameter_source(name) is given]
    if shaping:
        names = ", ".join("--" + name.replace("_", "-") for name in shaping)
        raise click.UsageError(f"{names}: for a file; name one with -o, or leave it out.")
    return {name: options[key] for key, name in _KEPT.items()}


def keep_scores(path: Path | None, model: str | None, as_of: str | None, as_json: bool) -> None:
    """Score every open lead that the ledger knows, and keep the scores there."""
    import serving
    from features.clock import now_us
    from features.recipe import load_recipe
    from leadscore.terminal import bar, print_json, print_table, say
    from serving.batch import score_known
    from serving.ledger import Ledger, Writer

    recipe = load_recipe(path) if path else None
    opened = serving.open_ladder(recipe, model, folder=path.parent if path else None)
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    moment = moment_of(as_of, opened.ladder.recipe.recipe.zone)
    kept = Ledger.opened()
    with Writer(kept) as writer, bar("scoring leads") as tick:
        done = score_known(opened, writer, now_us() if moment is None else moment, progress=tick)
    if as_json:
        counts = {"scored": done.scored, "closed": done.closed, "opted_out": done.opted_out}
        print_json(counts | {"failed": dict(done.failed)})
    elif done.failed:
        print_table(["leads", "not scored because"], [[n, why] for why, n in done.failed.most_common()])
    failed = done.failed.total()
    out = f"{done.opted_out:,} object to it, " if done.opted_out else ""
    say(
        f"{done.scored:,} leads are scored, {done.closed:,} closed, {out}{failed:,} not scored ({kept.name})."
    )
    click.get_current_context().exit(SOME_FAILED if failed else 0)


def _written(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """The options of the verb over the files that are written to `folder`."""
    from features.clock import from_us, now_us
    from features.snapshots import write_open_leads
    from features.tables import read_tables
    from leadscore.terminal import say, spinner
    from serving.ledger import Ledger, LedgerTables

    place = LedgerTables(Ledger.opened(), Path())
    recipe = _recipe(options["recipe_path"], options["model"])
    as_of = moment_of(options["as_of"], recipe.recipe.zone) or now_us()
    leads, events = folder / "leads.csv", folder / "events.csv" if recipe.events else None
    with spinner("reading the ledger") as step:
        tables = read_tables(recipe, place, progress=step)
        written = write_open_leads(recipe, tables, leads, events, as_of_us=as_of)
    say(f"{written.leads:,} leads are open in {place}.")
    return options | {"export": leads, "events": events, "as_of": from_us(as_of).isoformat()}


def _recipe(path: Path | None, model: str | None) -> Any:
    """The recipe that says which columns the leads have."""
    from features.errors import LeadscoreError
    from features.recipe import load_recipe

    here = Path("recipe.toml")
    if path is None and model is None and here.exists():
        path = here
    if path is not None:
        return load_recipe(path)
    import serving

    if model is None and serving.find_champion() is None:
        raise LeadscoreError("nothing says which fields the leads of the ledger have.", "Give --recipe.")
    return serving.open_ladder(None, model).ladder.recipe
