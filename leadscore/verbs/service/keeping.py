"""What a ledger holds, handed out and let go: all of it, one person, what is too old."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click

from leadscore.options import FILE, FORCE, JSON, OUT, REFUSED

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
@click.option("--for-good", is_flag=True, help="Refuse what is sent of them again; their id stays for that.")
@click.option("-o", "--out", type=OUT, help="Write the receipt to this file too.")
@FORCE
@JSON
def ledger_delete_person(
    lead_id: str, yes: bool, for_good: bool, out: Path | None, force: bool, as_json: bool
) -> None:
    """Delete everything that the ledger keeps of one lead; there is no way back.

    \b
    Example:  leadscore ledger delete-person L17 --yes

    It says what else may hold something of them. A service may run meanwhile. The receipt holds no id;
    'leadscore ledger receipts' says whether somebody who was deleted is there again.
    """
    from features.exports import check_written
    from leadscore.terminal import print_json, print_table, say
    from serving.ledger import Ledger, everything_of
    from serving.rights import delete_person

    kept = Ledger.opened()
    check_written([("-o", out)], [kept.path] if kept.path else [], force=force)
    rows = {name: len(found) for name, found in everything_of(kept, lead_id).items()}
    if not rows:
        say(f"{kept.name} keeps nothing of this lead.")
    elif not yes:
        click.confirm(f"Delete {sum(rows.values())} rows of this lead for good?", abort=True, err=True)
    receipt = delete_person(kept, lead_id, _beside(), for_good=for_good)
    gone = receipt.deleted
    if as_json:
        print_json(receipt.model_dump(mode="json"))
    elif gone:
        print_table(["table", "rows deleted"], gone.items())
    if out is not None:
        out.write_text(receipt.model_dump_json(indent=1) + "\n", encoding="utf-8")
        say(f"The receipt is {out}.")
    for words in receipt.beside:
        say(f"- Not reached: {words}.")
    again = " What is sent of it again is refused." if for_good else ""
    count = sum(gone.values())
    say(f"{count} rows of this lead are deleted from {kept.name} (receipt {receipt.receipt}).{again}")


@click.command("receipts")
@click.argument("files", nargs=-1, type=FILE)
@JSON
@click.pass_context
def ledger_receipts(ctx: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """List what was deleted, of whom it is there again (exit code 1), and what retention has run.

    \b
    Example:  leadscore ledger receipts
              leadscore ledger receipts receipt.json

    Give the files of receipts after a ledger was restored from a copy, which knows nothing of them.
    """
    from leadscore.terminal import print_json, print_table, say
    from serving.ledger import Ledger
    from serving.rights import back_again, receipts_of, runs_of

    kept = Ledger.opened()
    receipts = {one.receipt: one for one in [*receipts_of(kept), *map(_receipt, files)]}
    again, runs = back_again(kept, receipts.values()), runs_of(kept)
    if as_json:
        listed = [one.model_dump(mode="json") | {"again": name in again} for name, one in receipts.items()]
        print_json({"receipts": listed, "retention": [run.model_dump(mode="json") for run in runs]})
    else:
        rows = [
            (name, f"{one.at:%Y-%m-%d %H:%M}", sum(one.deleted.values()), "yes" if name in again else "no")
            for name, one in receipts.items()
        ]
        print_table(["receipt", "deleted at (UTC)", "rows", "there again"], rows)
        told = [(f"{run.at:%Y-%m-%d %H:%M}", _words(run.keep), _words(run.deleted)) for run in runs]
        print_table(["retention at (UTC)", "days kept", "rows deleted"], told)
    if again:
        say(f"! {len(again):,} were deleted and are there again: restored, or sent again. Delete them again.")
    say(f"{len(receipts):,} deletions, {len(runs):,} runs of retention ({kept.name}).")
    ctx.exit(REFUSED if again else 0)


def _receipt(path: Path) -> Any:
    from pydantic import ValidationError

    from features.errors import LeadscoreError
    from serving.rights import DeletionReceipt

    try:
        return DeletionReceipt.model_validate_json(path.read_bytes())
    except ValidationError:
        words = f"{path}: is no receipt of a deletion."
        raise LeadscoreError(words, "Give a file that 'ledger delete-person -o' wrote.") from None


def _words(numbers: dict[str, Any]) -> str:
    return ", ".join(f"{name} {number:g}" for name, number in numbers.items()) or "none"


def _beside() -> list[str]:
    """What may hold something of a person beside the ledger, in words."""
    import os

    import serving
    from features.errors import LeadscoreError

    found = [
        "backups of the ledger: a restored one has them again ('leadscore ledger receipts' says so)",
        "exports that were handed over on the page: 'leadscore jobs list' names their folders",
        "files that were imported, scored or are being scored, and what a CRM or an ad platform was sent",
        "a lead that is sent again under this id, unless it was deleted for good",
    ]
    if os.environ.get("LEADSCORE_REQUEST_LOG"):
        found.append("the request log that LEADSCORE_REQUEST_LOG names, which holds whole requests")
    if os.environ.get("LEADSCORE_SPOOL"):
        found.append("the spool that LEADSCORE_SPOOL names: what waits there comes in later, and what was "
                     "set aside stays")  # fmt: skip
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
@click.option("--policy", type=FILE, help="privacy.toml, whose purposes say how long (docs/rights.md).")
@JSON
def ledger_compact(kept_for: tuple[str, ...], policy: Path | None, as_json: bool) -> None:
    """Delete what is older than it may be, and give the room back.

    \b
    Example:  leadscore ledger compact --keep scores=400 --keep events=1100 --keep leads=1100
              leadscore ledger compact --policy privacy.toml

    Tables with an age: events, outcomes, scores, decisions, exploration_draws, leads; and, for 30 days unless
    said, idempotency_keys and jobs with their files. While a service writes to a SQLite file its size stays.
    Each run is written down: 'leadscore ledger receipts'.
    """
    from features.clock import now_us
    from leadscore.terminal import print_json, print_table, say
    from serving.jobs import Jobs
    from serving.ledger import Ledger, shrink
    from serving.rights import keep_for, load_policy

    said = load_policy(policy) if policy is not None else None
    days = _ALWAYS | (said.keep_days() if said else {}) | dict(_days(one) for one in kept_for)
    kept = Ledger.opened()
    gone = keep_for(kept, days, now_us(), said.purpose if said else ()).deleted
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
