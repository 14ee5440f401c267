"""What 'leadscore score' hands back: which rows and columns, what is written beside them, what is said."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.options import FILE, OUT

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.returned import BatchSummary, Selection

CRMS = ("hubspot", "salesforce", "dynamics", "pipedrive", "marketo")
_OPTIONS = (
    click.option("--for", "crm", type=click.Choice(CRMS), help="Columns and formats for that CRM's import."),
    click.option(
        "--sort", type=click.Choice(["file", "rank", "value"]), default="file",
        help="Order: most probable, or highest expected value first; default: file.",
    ),
    click.option("--only", type=click.Choice(["hot", "warm", "cold"]), help="Only this maturity."),
    click.option("--top", type=click.IntRange(min=1), help="Only so many rows, the most probable."),
    click.option("--changed-since", type=FILE, help="Only what is new or moved since this former output."),
    click.option(
        "--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb",
        help="spark: Parquet in, a folder of Parquet out; default: duckdb.",
    ),
    click.option("--report", type=OUT, help="Also write a page (HTML) that sums it up."),
)  # fmt: skip


def _named(_: Any, option: Any, values: tuple[str, ...]) -> dict[str, str]:
    """FIELD=COLUMN as a mapping."""
    found = dict[str, str]()
    for value in values:
        field, equals, column = value.partition("=")
        if not equals or field in found:
            raise click.BadParameter(f"'{value}' is not FIELD=COLUMN, each field once.", param=option)
        found[field] = column
    return found


NAMED_COLUMNS = click.option(
    "--column", "columns", multiple=True, callback=_named, metavar="FIELD=COLUMN",
    help="The export's column that a field of the recipe is; 'FIELD=' for none.",
)  # fmt: skip


def chosen_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which rows and columns come back."""
    for option in reversed(_OPTIONS):
        verb = option(verb)
    return verb


def choice_of(options: dict[str, Any]) -> Selection:
    """What the options ask for; they are taken out of `options`."""
    from serving.returned import Selection

    order = options.pop("sort")
    return Selection(
        by_rank=order != "file",
        by_value=order == "value",
        only=options.pop("only"),
        top=options.pop("top"),
        changed_since=options.pop("changed_since"),
        crm=options.pop("crm"),
        language=options["language"],
    )


def on_spark(opened: Any, export: Path, out: str, *, language: Any, **how: Any) -> BatchSummary:
    """The export scored on Spark by what `opened` answers with: its artefact, else the recipe's scorecard."""
    from serving.batch import score_on_spark
    from serving.registry import fetch

    folder = None
    if opened.rung != "rules" or opened.ref is not None:
        folder = fetch(opened.ref) if opened.ref is not None else Path(opened.source)
    return score_on_spark(opened.ladder.told_in(language).recipe, str(export), out, artefact=folder, **how)


def companions(options: dict[str, Any], choice: Selection, out: str) -> list[tuple[str, Path | None]]:
    """(option, file) of what is written beside the export: the report, and the properties of the CRM."""
    beside: list[tuple[str, Path | None]] = [("--report", options["report"])]
    if choice.crm and out != "-":
        beside.append(("--for", Path(f"{out}.{choice.crm}-properties.csv")))
    return beside


def tell(
    summary: BatchSummary,
    choice: Selection,
    beside: list[tuple[str, Path | None]],
    report: Path | None,
    *,
    quiet: bool,
    dry_run: bool,
) -> None:
    """Say what happened, and write what stands beside the export; `quiet` leaves stdout alone."""
    from leadscore.terminal import print_table, say

    if not quiet:
        print_table(["status", "rows"], sorted(summary.statuses.items()))
    for warning in summary.warnings:
        say(f"Warning: {warning}.")
    for table, kind, rows, treatment in summary.oddities():
        say(f"- {table}: {kind}: {rows:,} ({treatment})")
    for line in findings(summary):
        say(f"- {line}")
    if not dry_run:
        _write_beside(summary, choice, beside, report)
    say(last_line(summary, dry_run))


def findings(summary: BatchSummary) -> list[str]:
    """What the export says as a whole, a line each."""
    found = []
    if summary.maturities:
        counts = [f"{summary.maturities[name]:,} {name}" for name in ("hot", "warm", "cold")]
        found.append(f"maturity: {', '.join(counts)}")
    found += [f"error: {fault}: {rows:,}" for fault, rows in summary.faults.most_common(8)]
    for kind, name in (("email", "e-mail address"), ("phone", "phone number")):
        if rows := summary.persons[kind]:
            found.append(
                f"same {name} as an earlier row under another id: {rows:,} (ls_same_person names it)"
            )
    for match in summary.columns:
        if not match.words.endswith("expected") and match.present:
            found.append(f"column '{match.column}' ({match.field}): {match.words}")
    if summary.drift is not None:
        found.append(summary.drift.words)
    return found


def _write_beside(
    summary: BatchSummary, choice: Selection, beside: list[tuple[str, Path | None]], report: Path | None
) -> None:
    from leadscore.terminal import say

    for option, path in beside:
        if option == "--for" and path is not None and choice.crm:
            rows = write_properties(choice.crm, path, summary.ours)
            say(f"{path}: the {rows} properties to create there once, in English and French.")
    if report is not None:
        from serving.returned import report_page

        report.write_text(report_page(summary), encoding="utf-8")
        say(f"{report}: what happened, as a page.")


def write_properties(crm: str, path: Path, ours: Collection[str] = ()) -> int:
    """Write the properties that `crm` needs for the columns `ours` as CSV; how many there are."""
    import csv

    from serving.returned import property_rows

    rows = property_rows(crm, ours)
    with path.open(
        "w", newline="", encoding="utf-8-sig"
    ) as file:  # a spreadsheet reads the accents by the mark
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def last_line(summary: BatchSummary, dry_run: bool) -> str:
    """What happened to an export, in numbers, and who answered."""
    statuses = ", ".join(f"{count:,} {status}" for status, count in summary.statuses.most_common())
    rungs = ", ".join(f"{count:,} by {rung}" for rung, count in summary.rungs.most_common())
    some = "" if summary.written in (None, summary.rows) else f"{summary.written:,} of them "
    where = "nothing was written (dry run)" if dry_run else f"{some}written to {summary.out}"
    return f"{summary.rows:,} rows: {statuses}; {rungs or 'none scored'}; {where}."
