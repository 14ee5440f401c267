"""What became of leads, written for the ad platforms that they came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.ledger_files import standing_here
from leadscore.options import DATA, FOLDER, JSON, RECIPE, moment_of, place_of

_STAGES = ("mql", "sal", "sql", "opportunity", "customer")
LOG = "sent.json"


@click.command()
@click.argument("platform", type=click.Choice(["google", "linkedin", "meta", "microsoft"]))
@RECIPE
@DATA
@click.option(
    "-o", "--out", type=FOLDER, required=True, help="Folder of this platform's uploads; made if need be."
)
@click.option(
    "--consent",
    required=True,
    help="The column that says who consents to advertising; 'granted': all who did not opt out do.",
)
@click.option(
    "--stage", "stages", type=click.Choice(_STAGES), multiple=True, help="Default: sql and customer."
)
@click.option(
    "--name",
    "names",
    nargs=2,
    multiple=True,
    metavar="STAGE NAME",
    help="What the platform calls a stage's conversion; of LinkedIn its number. Default: the stage.",
)
@click.option("--currency", help="The currency of the amounts, such as EUR.")
@click.option("--region", help="The country of telephone numbers written without one, such as FR.")
@click.option("--as-of", help="The moment of the upload, ISO 8601; default: now.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, write nothing.")
@JSON
def conversions(platform: str, recipe: Path, out: Path, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Write what became of leads as the ad platforms take it: new stages, changed amounts, retractions.

    \b
    Example:  leadscore conversions google acme/recipe.toml -o google --consent granted --currency EUR

    What was written is kept in sent.json in that folder: a second call writes what is new since. Delete the
    newest files and put sent.json.before back to undo a call.
    """
    from leadscore.terminal import print_json, print_table, say

    plan, files, log, values = _planned(platform, recipe, out, **options)
    if not dry_run and files:
        _write(out, files, log)
    counts = [("new", len(plan.new)), ("known already", plan.known)]
    counts += [("changed or withdrawn", len(plan.adjustments)), ("too late to change", len(plan.too_late))]
    left = values["left_out"]
    if as_json:
        content = {"counts": dict(counts), "left_out": dict(left), "values": values["stages"]}
        print_json(content | {"files": sorted(files), "written": not dry_run})
        return
    print_table(["conversions", "count"], counts)
    if left:
        print_table(["left out", "count"], left, title="\nLeft out")
    for stage, value in values["stages"].items():
        say(f"- {stage} is worth {value:,.2f}: the share that becomes a customer × the mean amount")
    for change in plan.too_late:
        said = f"{change.order_id} ({change.stage}): {change.why}"
        say(f"Warning: {said}; {platform} takes no such change.")
    said = "Would write" if dry_run else "Written"
    say(f"{said}: {', '.join(sorted(files)) or 'nothing new'} in {out}.")


def _planned(
    platform: str,
    recipe: Path,
    out: Path,
    *,
    folder: Path | str | None,
    consent: str,
    stages: tuple[str, ...],
    names: tuple[tuple[str, str], ...],
    currency: str | None,
    region: str | None,
    as_of: str | None,
) -> tuple[Any, dict[str, str], Any, dict[str, Any]]:
    """The plan of an upload, its files, the log after it, and the values of stages."""
    from features.clock import now_us
    from features.recipe import load_recipe
    from leadscore.terminal import spinner

    loaded = load_recipe(recipe)
    place, _ = place_of(recipe, loaded, folder)
    moment = moment_of(as_of, loaded.recipe.zone) or now_us()
    with spinner("reading tables") as step:
        from features import LeadscoreError, read_tables
        from serving import conversions as back
        from serving.funnel import journeys_of, stage_values

        target = back.PLATFORMS[platform]  # type: ignore[index]
        before = back.read_log(out / LOG, target)
        tables = read_tables(loaded, place, progress=step, opted_out=standing_here().opted_out)
        wanted = stages or ("sql", "customer")
        found = journeys_of(loaded, tables)
        worth = {} if currency is None else stage_values(found)
        worth = {stage: value for stage, value in worth.items() if stage in wanted}
        step("choosing conversions")
        sendable = back.candidates_of(
            loaded, tables, found, target, wanted, consent=consent, now_us=moment, values=worth, region=region
        )
        plan = back.plan_upload(sendable, before, target, moment)
        if currency is None and any(one.value == one.value for one in plan.new):
            raise LeadscoreError(
                "the outcomes carry amounts, and nothing says in which currency.",
                "Say it with --currency EUR.",
            )
        called = {stage: stage for stage in _STAGES} | dict(names)
        files = back.files_of(
            target, plan.new, plan.adjustments, now_us=moment, currency=currency or "", names=called
        )
        return plan, files, back.logged(before, plan), {"stages": worth, "left_out": sendable.left_out}


def _write(out: Path, files: dict[str, str], log: Any) -> None:
    """Files first, the log last: who is interrupted writes the same files again, and nothing is forgotten."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8", newline="")
    if (out / LOG).exists():
        (out / LOG).replace(out / f"{LOG}.before")
    written = out / f"{LOG}.new"
    written.write_text(log.model_dump_json(indent=1), encoding="utf-8")
    written.replace(out / LOG)
