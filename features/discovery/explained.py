"""Everything that was measured on one column, in words: what `leadscore init --explain COLUMN` prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from features.discovery.findings import Finding
from features.discovery.guesses import Guess
from features.errors import LeadscoreError, nearest
from features.leaks import WhenKnown
from features.outcome import OutcomeSource
from features.profiles import ColumnProfile, Company, TableProfile, plain

EXPLAINED_COLUMNS = ("table", "measured", "found")
Row = tuple[str, str, str]


def explain_column(
    company: Company,
    ended: OutcomeSource,
    judged: Sequence[WhenKnown],
    findings: Sequence[Finding],
    guesses: Sequence[Guess],
    name: str,
) -> tuple[Row, ...]:
    """(table, what was measured, what was found) of the columns called `name`, in whatever table.

    Raises:
        LeadscoreError: no table has such a column; with the nearest name.
    """
    tables = [company.leads, *(joined.table for joined in company.joined), *company.unknown]
    found = [
        (table, column)
        for table in tables
        for column in table.columns.values()
        if plain(column.name) == plain(name)
    ]
    if not found:
        names = [column for table in tables for column in table.columns]
        raise LeadscoreError(
            f"--explain {name}: no table has such a column{nearest(name, names)}",
            "Name a column as it is called in its file.",
        )
    rows: list[Row] = []
    for table, column in found:
        finding = next((f for f in findings if (f.table, f.column) == (table.raw.name, column.name)), None)
        rows += [(table.raw.name, what, said) for what, said in _of_cells(table, column, finding)]
        if table is company.leads:
            rows += [(table.raw.name, what, said) for what, said in _of_leads(column, ended, judged, guesses)]
    return tuple(rows)


def _of_cells(
    table: TableProfile, column: ColumnProfile, finding: Finding | None
) -> Iterator[tuple[str, str]]:
    """What its cells are."""
    form = column.format
    written = f", written as {form.format}" if form.format else ""
    yield "type", f"{form.type}{written}"
    yield "filled", f"{form.filled:,} of {table.rows:,} cells, {form.distinct:,} distinct values"
    if form.missing:
        yield "read as missing", ", ".join(form.missing)
    if form.misfits:
        yield "cannot be read", f"{form.misfits:,} cells as {form.type}"
    if finding is not None:
        yield "commonest", finding.example
        yield "part", finding.role
    if column.canonical is not None or column.means is not None:
        yield "known as", f"{column.canonical or column.means} ({table.crm or 'any list'})"
    if finding is not None and finding.remark:
        yield "treatment", finding.remark


def _of_leads(
    column: ColumnProfile, ended: OutcomeSource, judged: Sequence[WhenKnown], guesses: Sequence[Guess]
) -> Iterator[tuple[str, str]]:
    """What decides whether it is a field: when it was known; and what else it could be."""
    one = next((one for one in judged if one.column == column.name), None)
    if one is not None:
        yield "known", one.when
        for sentence in one.evidence.sentences():
            yield "evidence", sentence
        yield "therefore", f"{one.treatment}{f': {one.reason}' if one.reason else ''}"
    for guess in guesses:
        if guess.taken == column.name:
            yield f"as {guess.question}", f"taken, {guess.certainty}: {guess.why} ({guess.option})"
        elif column.name in guess.others:
            yield f"as {guess.question}", f"could be it too, '{guess.taken}' was taken ({guess.option})"
    for rival in ended.choice.rivals if ended.choice is not None else ():
        if rival.column == column.name:
            yield "as outcome", f"'{rival.won}' would mean won: {rival.why}"
    if column.name in ended.columns:
        yield "as outcome", "used by the outcome, so no field"
