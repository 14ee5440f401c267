"""The command: each verb imports the layers that it needs, does one thing, and ends with what happened.

Exit codes: 0 done; 1 the honest answer is no (a refused promotion, mismatches found); 2 wrong input or
options; 3 done, but some leads could not be scored (each says why in its `error` column).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

REFUSED, WRONG_INPUT, SOME_FAILED = 1, 2, 3
RECIPE = click.argument("recipe", type=click.Path(dir_okay=False, path_type=Path))
DATA = click.option(
    "--data", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder of the tables; default: the recipe's."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout, for scripts.")


class Verbs(click.Group):
    """The group of verbs; turns a LeadscoreError into its message and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            from features.errors import LeadscoreError  # late: '--help' imports no layer

            if not isinstance(error, LeadscoreError):
                raise
            click.echo(f"Error: {error}", err=True)
            ctx.exit(WRONG_INPUT)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="leadscore")
def main() -> None:
    """Score leads: the probability that each converts, why, and what to do next.

    \b
    A first look:     leadscore demo
    Your own export:  leadscore init leads.csv -o recipe.toml && leadscore train recipe.toml
    """


@main.command()
@click.option("-o", "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write.")
@click.option("--leads", type=click.IntRange(1), default=20_000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--export", "export_leads", type=click.IntRange(0), default=0, help="Also write an export of so many later leads.")
@JSON
def simulate(out: Path, leads: int, seed: int, export_leads: int, as_json: bool) -> None:
    """Write a believable company: leads, events, outcomes and the recipe that fits.

    \b
    Example:  leadscore simulate -o acme --leads 2000 --seed 1
    """
    import data
    from features.terminal import bar, print_json, say

    with bar("simulating leads") as tick:
        summary = data.simulate(out, leads, seed, progress=lambda done: tick(done, leads))
    if export_leads:
        data.simulate_export(out, export_leads, seed)
    if as_json:
        print_json(summary.as_dict())
    say(f"{summary.leads:,} leads, {summary.events:,} events and {summary.won:,} won are in {out}.")


@main.command()
@RECIPE
@DATA
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Parquet file to write.")
@JSON
def snapshots(recipe: Path, folder: Path | None, out: Path, as_json: bool) -> None:
    """Write the training matrix: ids, as_of, label, label_known_at and every feature.

    \b
    Example:  leadscore snapshots acme/recipe.toml -o matrix.parquet
    """
    from features import load_recipe, write_matrix
    from features.terminal import bar, print_json, print_table, say

    with bar("computing features") as tick:
        account = write_matrix(load_recipe(recipe), folder or recipe.parent, out, progress=tick)
    if as_json:
        print_json({"out": str(out), "rows": dict(account.rows())})
    else:
        print_table(["rows", "count"], account.rows())
    say(f"{out} holds one row a snapshot.")


@main.command()
@RECIPE
@JSON
def features(recipe: Path, as_json: bool) -> None:
    """List every feature that a recipe makes: what it is, in words, and what missing means.

    \b
    Example:  leadscore features acme/recipe.toml
    """
    from features import default_features, load_recipe
    from features.terminal import print_json, print_table, say

    made = default_features(load_recipe(recipe))
    rows = [(feature.name, feature.group, feature.dtype, feature.describe()) for feature in made]
    if as_json:
        print_json([dict(zip(("name", "group", "type", "definition"), row, strict=True)) for row in rows])
    else:
        print_table(["feature", "group", "type", "definition"], rows)
    say(f"{len(rows)} features.")
