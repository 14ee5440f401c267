"""What a ledger holds, handed out and let go: all of it, one person, what is too old."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click

from leadscore.options import FORCE, JSON

_ALWAYS = {"idempotency_keys": 30.0, "jobs": 30.0}


@click.command("export")
@click.option(
    "-o", "--out", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder to write."
)
@click.option("--lead", "lead_id", help="One person: everything that is kept of them, as JSON on stdout.")
@FORCE
@JSON
def ledger_export(folder: Path | None, lead_id: str | None, force: bool, as_json: bool) -> None:
    """Write every table as a CSV file, or print everything that is kept of one person.

    \b
    Example:  leadscore ledger export -o kept
              leadscore ledger export --lead L17

    Keys are left out. The files hold the leads' data.
    """
    from leadscore.terminal import print_json, say
    from serving.ledger import Ledger, everything_of

    kept = Ledger.opened()
    if (folder is None) == (lead_id is None):
        raise click.UsageError("Give a folder with -o, or a person with --lead.")
    if folder is None:
        found = everything_of(kept, str(lead_id))
        print_json({"tables": found})
        say(f"{sum(map(len, found.values())):,} rows in {len(found)} tables of {kept.name} are of this lead.")
        return
    counts = _write_tables(kept, folder, force)
    if as_json:
        print_json({"ledger": kept.name, "folder": str(folder), "rows": counts})
    say(f"{sum(counts.values()):,} rows of {len(counts)} tables are in {folder}.")


def _write_tables(kept: Any, folder: Path, force: bool) -> dict[str, int]:
    """A CSV file for each table; files that are there stay unless `force`."""
    from serving.ledger import rows_of

    if folder.exists() and any(folder.iterdir()) and not force:
        raise click.UsageError(f"{folder} is not empty; say --force to write into it.")
    folder.mkdir(parents=True, exist_ok=True)
    counts: dict[str, int] = {}
    for name, columns, rows in rows_of(kept):
        path = folder / f"{name}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            path.chmod(0o600)
            writer = csv.writer(file)
            writer.writerow(columns)
            counts[name] = 0
            for row in rows:
                writer.writerow(row)
                counts[name] += 1
    return counts


@click.command("delete-person")
@click.argument("lead_id", metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask.")
@JSON
def ledger_delete_person(lead_id: str, yes: bool, as_json: bool) -> None:
    """Delete everything that the ledger keeps of one lead; there is no way back.

    \b
    Example:  leadscore ledger delete-person L17 --yes

    It says what else may hold something of them. A service may run meanwhile.
    """
    from leadscore.terminal import print_json, print_table, say
    from serving.ledger import Ledger, everything_of, forget

    kept = Ledger.opened()
    rows = {name: len(found) for name, found in everything_of(kept, lead_id).items()}
    if not rows:
        say(f"{kept.name} keeps nothing of this lead.")
    elif not yes:
        click.confirm(f"Delete {sum(rows.values())} rows of this lead for good?", abort=True, err=True)
    gone = forget(kept, lead_id) if rows else {}
    beside = _beside()
    if as_json:
        print_json({"deleted": gone, "beside": beside})
    elif gone:
        print_table(["table", "rows deleted"], gone.items())
    for words in beside:
        say(f"- Not reached: {words}.")
    say(f"{sum(gone.values())} rows of this lead are deleted from {kept.name}.")


def _beside() -> list[str]:
    """What may hold something of a person beside the ledger, in words."""
    import os

    import serving
    from features.errors import LeadscoreError

    found = [
        "backups of the ledger, and the files that it was imported from",
        "exports that were handed over on the page: 'leadscore jobs list' names their folders",
    ]
    if os.environ.get("LEADSCORE_REQUEST_LOG"):
        found.append("the request log that LEADSCORE_REQUEST_LOG names, which holds whole requests")
    try:
        champion = serving.find_champion()
    except LeadscoreError as error:
        return [*found, f"models, which could not be listed: {error.problem.rstrip('.')}"]
    if champion is not None:
        found.append(
            f"{champion.uri} (version {champion.version}), which may have learned from it: train again"
        )
    return found


@click.command("compact")
@click.option(
    "--keep",
    "kept_for",
    multiple=True,
    metavar="TABLE=DAYS",
    help="How long a table's rows are kept, as often as needed; leads=DAYS: people who are not heard of.",
)
@JSON
def ledger_compact(kept_for: tuple[str, ...], as_json: bool) -> None:
    """Delete what is older than it may be, and give the room back.

    \b
    Example:  leadscore ledger compact --keep scores=400 --keep events=1100 --keep leads=1100

    Tables with an age: events, outcomes, scores, decisions, exploration_draws, leads; and, for 30 days unless
    said, idempotency_keys and jobs with their files. While a service writes to a SQLite file its size stays.
    """
    from features.clock import now_us
    from leadscore.terminal import print_json, print_table, say
    from serving.jobs import Jobs
    from serving.ledger import Ledger, compact, shrink

    days = _ALWAYS | dict(_days(one) for one in kept_for)
    kept = Ledger.opened()
    gone = compact(kept, days, now_us())
    Jobs(kept, Jobs.place(kept)).clear()
    smaller = shrink(kept)
    if as_json:
        print_json({"ledger": kept.name, "deleted": gone, "shrunk": smaller})
    else:
        print_table(["table", "rows deleted"], gone.items())
    size = "" if smaller or kept.path is None else "; a service writes to the file, whose size stays"
    say(f"{sum(gone.values()):,} rows are deleted from {kept.name}{size}.")


def _days(text: str) -> tuple[str, float]:
    name, _, days = text.partition("=")
    try:
        return name, float(days)
    except ValueError:
        raise click.BadParameter("is not TABLE=DAYS, such as scores=400.", param_hint="--keep") from None
