"""From unknown exports to a recipe: what each table and column is, and what must not be used."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.clock import now_us
from features.discovery.drafting import draft_recipe
from features.discovery.event_log import cut_log, split_events
from features.discovery.findings import Finding, list_findings
from features.discovery.recipe_writer import write_recipe
from features.discovery.relations import with_accounts
from features.discovery.usable import judge_leads
from features.errors import LeadscoreError
from features.leaks import Suspect, WhenKnown
from features.outcome import OutcomeChoice, find_column, find_outcome, no_outcome
from features.profiles import Company, TableProfile, plain
from features.profiles.kinds import tell_apart
from features.profiles.parts import read_tables_of

_NO_CREATION = re.compile(
    r"\b(?:birth\w*|born|dob|naissance|geburt\w*|status|statut|updat\w*|modif\w*|due|expir\w*|renew\w*|end)\b"
)


@dataclass(frozen=True)
class Discovery:
    """A recipe for exports, as text, with what it rests on.

    `findings` has one row a column; `judged` says of each column of the leads when it was known;
    `suspects` are those left out, `marked` those kept that may have been known only later;
    `remarks` are sentences on what was assumed or not understood; `choice` is the outcome that was taken
    where nobody named one, how sure, and what else could be it; `quality` counts (file, kind, rows,
    treatment) of what was odd in the files.
    """

    recipe_toml: str
    findings: tuple[Finding, ...]
    judged: tuple[WhenKnown, ...]
    remarks: tuple[str, ...]
    choice: OutcomeChoice | None
    quality: tuple[tuple[str, str, int, str], ...]

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """The columns left out because of what they know."""
        return self._treated("left out")

    @property
    def marked(self) -> tuple[Suspect, ...]:
        """The columns kept that may have been known only after the lead came."""
        return self._treated("marked")

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
            "quality": [list(count) for count in self.quality],
        }


def discover(
    paths: Sequence[Path | str],
    *,
    outcome: str | None = None,
    time: str | None = None,
    id: str | None = None,
    exclude: Sequence[str] = (),
    folder: Path | None = None,
    name: str | None = None,
    strict: bool = False,
    all_open: bool = False,
) -> Discovery:
    """The recipe that fits the exports `paths`: leads, and perhaps events, outcomes, accounts, history.

    `outcome` is "COLUMN=VALUE" (values cut by '|'), `time` and `id` are columns of the leads, `exclude`
    columns that no model may see. With `all_open` no outcome is looked for: the leads are to be scored.
    File names in the recipe are relative to `folder`, where it will be saved.

    Raises:
        LeadscoreError: a file is not readable, or a question is left that only an option can answer.
    """
    tables = [table for path in paths for table in read_tables_of(Path(path), strict=strict)]
    _check(tables)
    company, relations, remarks = _company(tables, outcome, id, folder)
    leads = company.leads
    excluded = {find_column(leads, column, "--exclude") for column in exclude}
    _answer(leads, id, time)
    ended = no_outcome(leads) if all_open else find_outcome(company, outcome)
    order, dated = _order(leads)
    judged = () if all_open else judge_leads(leads, ended, order, dated, excluded)
    draft = draft_recipe(company, ended, judged, excluded, folder, name, relations)
    used = {field.column.name for field in draft.fields}
    beside = [table for table in tables if table.path != leads.path]
    remarks += [remark for table in (leads, *beside) for remark in table.remarks]
    remarks += (ended.choice.sentences() if ended.choice else []) + draft.remarks
    return Discovery(
        recipe_toml=write_recipe(draft),
        findings=tuple(list_findings(company, ended.main, used, judged, excluded)),
        judged=judged,
        remarks=tuple(remarks),
        choice=ended.choice,
        quality=tuple((t.raw.name, *count) for t in tables for count in t.raw.counts()),
    )


def _company(
    tables: Sequence[TableProfile], outcome: str | None, id_column: str | None, folder: Path | None
) -> tuple[Company, dict[str, str], list[str]]:
    """The company's tables, the SELECTs that the recipe needs for them, and remarks."""
    log = cut_log(tables, outcome, id_column, folder)
    if log is not None:
        return log.company, log.relations, list(log.remarks)
    company = tell_apart(tables, id_column)
    company, relations, remarks = split_events(company, outcome, folder)
    leads, relation = with_accounts(company, folder)
    if relation is not None:
        relations["leads"] = relation
    return replace(company, leads=leads), relations, remarks


def _check(tables: Sequence[TableProfile]) -> None:
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


def _answer(leads: TableProfile, id_column: str | None, time: str | None) -> None:
    """Enters what the options say, and where nothing says when leads came, the fullest early date."""
    columns = leads.columns
    if id_column is not None:
        _give_role(leads, find_column(leads, id_column, "--id"), "id")
    if time is not None:
        column = columns[find_column(leads, time, "--time")]
        if column.format.type not in ("date", "number", "id"):
            raise LeadscoreError(
                f"--time {time}: holds neither dates nor numbers that order the leads.",
                "Name a column of dates, or leave the option out: the order of rows stands for time.",
            )
        _give_role(leads, column.name, "created_at")
    elif leads.role("created_at") is None and (guess := _earliest_date(leads)) is not None:
        _give_role(leads, guess, "created_at")
        leads.remarks.append(f"{guess}: taken for the creation of the lead, as its earliest date")
    elif leads.role("created_at") is None and (counter := _newest_first(leads)) is not None:
        leads.counter = counter
        leads.remarks.append(
            f"{counter}: counts down, so that the newest leads come first; it stands for time"
        )
    created = leads.role("created_at")
    if created is not None and created.format.type == "date":
        values = leads.values(created.name)
        if float(np.nanmin(values.astype(np.float64), initial=np.inf)) > now_us():
            raise LeadscoreError(
                f"{leads.raw.name}: every date in column '{created.name}' lies in the future.",
                "Check the clock and the date format, or name another column: --time COLUMN.",
            )


def _give_role(leads: TableProfile, name: str, role: Any) -> None:
    for column in list(leads.columns.values()):
        if column.role == role:
            leads.columns[column.name] = replace(column, role=None)
    leads.columns[name] = replace(leads.columns[name], role=role)


def _earliest_date(leads: TableProfile) -> str | None:
    """The full date column that comes first in most rows; none with another role, of a birth or a status."""
    dates = [
        column.name
        for column in leads.columns.values()
        if column.format.type == "date"
        and column.role is None
        and column.known == "creation"
        and column.format.filled >= 0.8 * leads.rows
        and not _NO_CREATION.search(plain(column.name))
    ]
    middle = {name: float(np.nanmedian(leads.values(name))) for name in dates}
    return min(middle, key=lambda name: middle[name], default=None)


def _newest_first(leads: TableProfile) -> str | None:
    """The id, where its numbers fall from row to row: the export lists the newest leads first."""
    column = leads.role("id")
    values = None if column is None else leads.values(column.name)
    if column is None or values is None or values.dtype != np.float64 or not np.isfinite(values).all():
        return None
    falling = float(np.mean(np.diff(values.astype(np.float64)) < 0)) if leads.rows > 2 else 0.0
    return column.name if falling > 0.95 else None


def _order(leads: TableProfile) -> tuple[NDArray[np.float64], bool]:
    """What sorts the leads in time, and whether it is a date: else a column, else the order of rows."""
    created = leads.role("created_at")
    if created is None:
        rows = np.arange(leads.rows, dtype=np.float64)
        return (rows if leads.counter is None else -rows), False
    values = np.asarray(leads.values(created.name), dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nanmin(values)), created.format.type == "date"
