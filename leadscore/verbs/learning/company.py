"""A simulated company, and the main job on it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from leadscore.options import FOLDER, JSON


@click.command()
@click.option("-o", "--out", type=FOLDER, required=True, help="Folder to write.")
@click.option("--leads", type=click.IntRange(1), default=20_000, show_default=True, help="How many leads.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number, another company.")
@click.option(
    "--export",
    "export_leads",
    type=click.IntRange(0),
    default=0,
    help="Also write export.csv: so many rows of later leads that are still open.",
)
@click.option(
    "--crm",
    type=click.Choice(["hubspot", "salesforce", "spreadsheet"]),
    help="Write it as that exports it instead, without a recipe: something for 'leadscore init'.",
)
@click.option("--force", is_flag=True, help="Write into a folder that holds files already.")
@JSON
def simulate(
    out: Path, leads: int, seed: int, export_leads: int, crm: Any, force: bool, as_json: bool
) -> None:
    """Write a believable company: leads, events, outcomes and the recipe that fits.

    \b
    Example:  leadscore simulate -o acme --leads 2000 --seed 1
    """
    import data
    from features.exports import refuse_filled
    from leadscore.terminal import bar, print_json, say, spinner

    refuse_filled(out, force=force)
    if crm is not None:
        with spinner(f"simulating {leads:,} leads"):
            files = [path.name for path in data.simulate_crm(out, leads, seed, crm, export_leads)]
        if as_json:
            print_json({"files": files})
        say(f"{', '.join(files)} are in {out}.")
        return
    with bar("simulating leads") as tick:
        summary = data.simulate(out, leads, seed, progress=lambda done: tick(done, leads))
    if export_leads:
        with spinner("simulating the export"):
            data.simulate_export(out, export_leads, seed)
    if as_json:
        print_json(asdict(summary))
    distinct, copied = summary.leads - summary.copied_leads, summary.copied_leads
    rows = f"{distinct:,} leads ({copied:,} of them twice)" if copied else f"{distinct:,} leads"
    say(f"{rows}, {summary.events:,} events and {summary.won:,} won are in {out}.")


@click.command()
@click.option(
    "--folder", type=FOLDER, default=Path("demo"), show_default=True, help="Where the company is made."
)
@click.option(
    "--leads", type=click.IntRange(2000), default=10_000, show_default=True, help="Size of its history."
)
@click.pass_context
def demo(ctx: click.Context, /, folder: Path, leads: int) -> None:
    """The main job, end to end, on a simulated company; running it twice is safe.

    \b
    Example:  leadscore demo
    """
    from leadscore.demo import run_demo

    run_demo(folder, leads, lambda words: ctx.find_root().command.main(words, standalone_mode=False))
