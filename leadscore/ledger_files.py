"""`--data ledger` where a verb scores an export: the leads that are open in the ledger, as an export."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.options import LEDGER, moment_of

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.asked import Heard


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


def or_from_ledger(verb: Callable[..., Any]) -> Callable[..., Any]:
    """A verb over EXPORT that takes `--data ledger` in its place.

    The leads are those open at `--as-of`, by `--recipe`, else ./recipe.toml, else the champion's own.
    """

    @click.option(
        "--data",
        type=click.Choice([LEDGER]),
        help="In place of EXPORT: score the leads that are open in the ledger.",
    )
    @functools.wraps(verb)
    def chosen(export: Path | None, data: str | None, **options: Any) -> Any:
        if (export is None) == (data is None):
            raise click.UsageError("Give an EXPORT, or --data ledger.")
        if export is not None:
            return verb(export=export, **options)
        if options.get("events") is not None:
            raise click.UsageError("--data ledger brings its own events; leave --events out.")
        with tempfile.TemporaryDirectory(prefix="leadscore-") as folder:
            return verb(**_written(Path(folder), options))

    return chosen


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
