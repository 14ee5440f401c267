"""From unknown exports to a recipe: what each table and column is, and what must not be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.discovery.creation import answer_roles, order_of, order_of_rows
from features.discovery.draft import Draft
from features.discovery.drafting import draft_recipe
from features.discovery.event_log import cut_log, split_events
from features.discovery.event_meaning import telling_kinds
from features.discovery.explained import explain_column
from features.discovery.findings import Finding, list_findings
from features.discovery.guesses import NO_OUTCOME, Guess, doubts_by_question, guesses_of
from features.discovery.recipe_writer import write_recipe
from features.discovery.relations import with_accounts
from features.discovery.two_columns import with_outcome_of_two
from features.discovery.usable import LEFT_OUT, judge_leads, keep_columns
from features.errors import LeadscoreError
from features.leaks import Suspect, WhenKnown
from features.outcome import (
    OutcomeChoice,
    OutcomeNotFoundError,
    OutcomeSource,
    find_column,
    find_outcome,
    no_outcome,
)
from features.profiles import Company, TableProfile
from features.profiles.kinds import tell_apart
from features.profiles.parts import read_tables_of, refuse_headerless
from features.profiles.twins import newest_of_twins
from features.row_order import RowOrder


@dataclass(frozen=True)
class Discovery:
    """A recipe for exports, as text, with what it rests on.

    `findings` has one row a column; `judged` says of each column of the leads when it was known;
    `suspects` are those left out, `marked` those kept that may have been known only later;
    `remarks` are sentences on what was assumed or not understood; `choice` is the outcome that was taken
    where nobody named one, how sure, and what else could be it; `guesses` are all that decide the recipe,
    with the option that decides each otherwise; `quality` counts (file, kind, rows,
    treatment) of what was odd in the files.
    """

    recipe_toml: str
    findings: tuple[Finding, ...]
    judged: tuple[WhenKnown, ...]
    remarks: tuple[str, ...]
    choice: OutcomeChoice | None
    guesses: tuple[Guess, ...]
    quality: tuple[tuple[str, str, int, str], ...]
    _read: tuple[Company, OutcomeSource] = field(repr=False, compare=False)

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """The columns left out because of what they know."""
        return self._treated("left out")

    @property
    def marked(self) -> tuple[Suspect, ...]:
        """The columns kept that may have been known only after the lead came."""
        return self._treated("marked")

    def explain(self, column: str) -> tuple[tuple[str, str, str], ...]:
        """Everything that was measured on a column: (table, what was measured, what was found).

        Raises:
            LeadscoreError: no table has such a column.
        """
        company, ended = self._read
        return explain_column(company, ended, self.judged, self.findings, self.guesses, column)

    def _treated(self, treatment: str) -> tuple[Suspect, ...]:
        found = (one.suspect for one in self.judged if one.treatment == treatment)
        return tuple(suspect for suspect in found if suspect is not None)

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`: findings and suspects as objects, quality as rows."""
        return {
            "recipe": self.recipe_toml,
            "findings": [asdict(finding) for finding in self.findings],
            "suspects": [asdict(suspect) for suspect in self.suspects],
            "marked": [asdict(suspect) for suspect in self.marked],
            "when": {one.column: one.when for one in self.judged},
            "remarks": list(self.remarks),
            "choice": None if self.choice is None else self.choice.as_dict(),
            "guesses": [asdict(guess) for guess in self.guesses],
            "quality": [list(count) for count in self.quality],
        }


def discover(
    paths: Sequence[Path | str],
    *,
    outcome: str | None = None,
    time: str | None = None,
    id: str | None = None,
    exclude: Sequence[str] = (),
    keep: Sequence[str] = (),
    folder: Path | None = None,
    name: str | None = None,
    strict: bool = False,
    all_open: bool = False,
    unsure: bool = False,
) -> Discovery:
    """The recipe that fits the exports `paths`: leads, and perhaps events, outcomes, accounts, history.

    `outcome` is "COLUMN=VALUE" (values cut by '|'), `time` (also `rows` or `none`) and `id` are columns of
    the leads, `exclude` columns that no model may see, `keep` those that it may
    whatever was measured on them. With `all_open` no outcome is looked for: the leads
    are to be scored. With `unsure` a recipe without an outcome is made where none is found, marked to be
    checked; `outcome` "none" wants one. File names in the recipe are relative to `folder`, where it will be
    saved.

    Raises:
        LeadscoreError: a file is not readable, or a question is left that only an option can answer.
    """
    wanted, outcome = outcome, None if outcome == NO_OUTCOME else outcome
    tables = [table for path in paths for table in read_tables_of(Path(path), strict=strict)]
    remarks = _check(tables, outcome)
    tables, told = newest_of_twins(tables)
    company, relations, found = _company(tables, outcome, id, folder)
    remarks += told + found
    leads = company.leads
    excluded = {find_column(leads, column, "--exclude") for column in exclude}
    answer_roles(leads, id, time)
    ended, missing = _ended(company, outcome, none=all_open or wanted == NO_OUTCOME, unsure=unsure)
    remarks += [missing.problem] if missing is not None else []
    rows, order, judged = _judged(leads, ended, excluded, time)
    judged, kept = keep_columns(leads, judged, {find_column(leads, column, "--keep") for column in keep})
    guesses = guesses_of(company, ended, outcome=wanted, id_column=id, time=time, rows=rows, missing=missing)
    telling = {} if order is None else telling_kinds(company, ended.won, order)
    draft = draft_recipe(company, ended, judged, excluded, folder, name, relations, rows, order, telling)
    draft.doubts = doubts_by_question(guesses)
    beside = [table for table in tables if table.path != leads.path]
    remarks += [remark for table in (leads, *beside) for remark in table.remarks]
    remarks += (ended.choice.sentences() if ended.choice else []) + draft.remarks
    return Discovery(
        recipe_toml=write_recipe(draft),
        findings=_findings(company, ended, draft, judged, kept | dict.fromkeys(excluded, LEFT_OUT)),
        judged=judged,
        remarks=tuple(remarks),
        choice=ended.choice,
        guesses=guesses,
        quality=tuple((t.raw.name, *count) for t in tables for count in t.raw.counts()),
        _read=(company, ended),
    )


def _ended(
    company: Company, outcome: str | None, *, none: bool, unsure: bool
) -> tuple[OutcomeSource, OutcomeNotFoundError | None]:
    """The outcome; none where `none` is wanted, or where none is found by who is `unsure`."""
    try:
        return no_outcome(company.leads) if none else find_outcome(company, outcome), None
    except OutcomeNotFoundError as error:
        if not unsure:
            raise
        return no_outcome(company.leads), error


def _judged(
    leads: TableProfile, ended: OutcomeSource, excluded: set[str], time: str | None
) -> tuple[RowOrder | None, NDArray[np.float64] | None, tuple[WhenKnown, ...]]:
    """What the order of rows is taken for, what sorts the leads in time, and when each column was known.

    Of leads that are all open none of it can be asked.
    """
    if np.isnan(ended.won).all():
        return None, None, ()
    rows = order_of_rows(leads, ended, time)
    order, dated = order_of(leads, rows)
    return rows, order, judge_leads(leads, ended, order, dated, excluded)


def _findings(
    company: Company,
    ended: OutcomeSource,
    draft: Draft,
    judged: tuple[WhenKnown, ...],
    decided: Mapping[str, str],
) -> tuple[Finding, ...]:
    """One row a column, with what the recipe makes of it."""
    used = {one.column.name for one in draft.fields}
    return tuple(list_findings(company, ended.main, used, judged, decided))


def _company(
    tables: Sequence[TableProfile], outcome: str | None, id_column: str | None, folder: Path | None
) -> tuple[Company, dict[str, str], list[str]]:
    """The company's tables, the SELECTs that the recipe needs for them, and remarks."""
    log = cut_log(tables, outcome, id_column, folder)
    if log is not None:
        return log.company, log.relations, list(log.remarks)
    company = tell_apart(tables, id_column)
    company, relations, remarks = split_events(company, outcome, folder)
    leads, relation, dated = with_accounts(company, folder)
    remarks += dated
    if outcome is None:
        leads, relation, said = with_outcome_of_two(leads, relation, folder)
        remarks += [said] if said else []
    if relation is not None:
        relations["leads"] = relation
    return replace(company, leads=leads), relations, remarks


def _check(tables: Sequence[TableProfile], outcome: str | None) -> list[str]:
    """Sentences on what can be used all the same; an error for what cannot."""
    if not tables:
        raise LeadscoreError("no export was given.", "Name at least the export of the leads.")
    for table in tables:
        if table.rows == 0:
            raise LeadscoreError(
                f"{table.raw.name}: has a header and no rows.", "Export the list again, with its rows."
            )
        if len(table.columns) < 2:
            raise LeadscoreError(
                f"{table.raw.name}: has one column; leads need an outcome and something known of them.",
                "Export more columns, or check that the file's delimiter is a comma, semicolon, tab or bar.",
            )
    made = (refuse_headerless(table, outcome) for table in tables)
    return [sentence for sentence in made if sentence is not None]
