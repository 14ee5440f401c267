"""The campaign exports of Google Ads, Meta Ads and LinkedIn Ads as they are: who spent what on which days.

Titles above the header, totals below, UTF-16 with tabs, French headers with decimal commas are read as they
come. A platform is told by its columns, never by the file's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from features import LeadscoreError
from features.cells import moment, number, parse_text
from features.clock import DAY_US
from features.exports import RawTable, read_raw
from features.recipe import DateFormat

Platform = Literal["google", "meta", "linkedin", "other"]

_HEADS: dict[str, tuple[str, ...]] = {
    "campaign": ("campaign name", "campaign", "nom de la campagne", "campagne"),
    "campaign_id": ("campaign id", "identifiant de la campagne", "id de la campagne"),
    "day": ("day", "jour", "date", "start date", "reporting starts", "debut des rapports"),
    "until": ("reporting ends", "fin des rapports", "end date"),
    "currency": ("currency code", "currency", "code de la devise", "devise"),
    "cost": ("cost", "amount spent", "total spent", "cout", "montant depense", "spend", "depenses"),
    "clicks": ("clicks", "link clicks", "clics", "clics sur un lien"),
}
"""Role → names of its column without accents, marks and what stands in brackets; the first found counts."""

_FRENCH_DAYS = frozenset({"jour", "debut des rapports", "fin des rapports"})
_TOTAL = re.compile(r"^\s*total\b", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^)]*)\)")
_NOTHING = frozenset({"", "--", "-", "–", "—"})


@dataclass(frozen=True)
class CostReport:
    """One export: `spend` has a row a campaign and span of days.

    Columns of `spend`: line (1-based in the file), campaign, campaign_id ('' where the report has none),
    start_us and end_us (µs UTC, from the first moment of the first day to the last of the last), currency
    ('' where unknown), cost, clicks (NaN: not told). `left_out` says which rows are not spend, and why.
    """

    file: str
    platform: Platform
    spend: pd.DataFrame
    left_out: tuple[tuple[str, int], ...]


def read_cost_report(path: Path) -> CostReport:
    """The spend in an export of campaigns.

    Raises:
        LeadscoreError: the file cannot be read, or has no column of campaigns, days or costs; or a cell of
            these cannot be read, with its line.
    """
    table = read_raw(path)
    columns, currency = _columns(table, path.name)
    frame = table.frame.reset_index(drop=True)
    lines = table.lines
    campaign = frame[columns["campaign"]].fillna("").astype(str).str.strip()
    total = campaign.map(lambda name: bool(_TOTAL.match(name)))
    total |= frame.iloc[:, 0].fillna("").astype(str).map(lambda cell: bool(_TOTAL.match(cell)))
    nameless = (campaign == "") & ~total
    kept = ~(total | nameless)
    costs = _numbers(frame[columns["cost"]][kept], lines, path.name, columns["cost"])
    start, end = _days(frame[kept], columns, lines, path.name)
    spend = pd.DataFrame({"line": lines[kept.to_numpy()], "campaign": campaign[kept].to_numpy()})
    identifier = frame[columns["campaign_id"]][kept] if "campaign_id" in columns else None
    spend["campaign_id"] = (
        "" if identifier is None else identifier.fillna("").astype(str).str.strip().to_numpy()
    )
    spend["start_us"], spend["end_us"] = start, end
    spend["currency"] = (
        frame[columns["currency"]][kept].fillna("").astype(str).str.strip().str.upper().to_numpy()
        if "currency" in columns
        else currency
    )
    spend["cost"] = costs
    spend["clicks"] = (
        _numbers(frame[columns["clicks"]][kept], lines, path.name, columns["clicks"])
        if "clicks" in columns
        else float("nan")
    )
    told = (
        ("totals", int(total.sum())),
        ("rows without a campaign (an account's total)", int(nameless.sum())),
    )
    return CostReport(path.name, _platform(table), spend, tuple(one for one in told if one[1]))


def _columns(table: RawTable, file: str) -> tuple[dict[str, str], str]:
    """Role → column, and the currency that a header such as 'Amount spent (EUR)' names."""
    plain = {_plain(str(name)): str(name) for name in table.frame.columns}
    found = {}
    for role, names in _HEADS.items():
        column = next((plain[name] for name in names if name in plain), None)
        if column is not None:
            found[role] = column
    for role, example in (("campaign", "Campaign"), ("cost", "Cost"), ("day", "Day")):
        if role not in found:
            seen = ", ".join(repr(str(name)) for name in list(table.frame.columns)[:8])
            raise LeadscoreError(
                f"{file}: no column of {'costs' if role == 'cost' else role + 's'} was found among {seen} …",
                f"Export the campaigns with the column '{example}' (by day), or name the column so.",
            )
    bracket = _BRACKETS.search(found["cost"])
    currency = (
        bracket[1].strip().upper() if bracket and re.fullmatch(r"\s*[A-Za-z]{3}\s*", bracket[1]) else ""
    )
    return found, currency


def _plain(name: str) -> str:
    """A header without brackets, accents and marks, in lower case."""
    return parse_text(_BRACKETS.sub(" ", name)).strip()


def _platform(table: RawTable) -> Platform:
    names = {_plain(str(name)) for name in table.frame.columns}
    if names & {"campaign group name", "total spent"}:
        return "linkedin"
    if names & {"amount spent", "montant depense"}:
        return "meta"
    return (
        "google"
        if names & {"impr", "cost conv", "cout conv", "currency code", "code de la devise"}
        else "other"
    )


def _numbers(cells: pd.Series[Any], lines: Any, file: str, column: str) -> Any:
    """Costs of a column in the one decimal mark that reads all of its cells; '--' is nothing."""
    texts = cells.fillna("").astype(str).str.strip()
    filled = texts[~texts.isin(_NOTHING)]
    for mark in (".", ","):
        read = {text: number(text, mark) for text in filled.unique()}
        if all(value is not None for value in read.values()):
            return texts.map(read).fillna(0.0).to_numpy(dtype=float)
    bad = next(place for place, text in filled.items() if number(text) is None and number(text, ",") is None)
    raise LeadscoreError(
        f"{file}, line {lines[bad]}, column {column!r}: expected an amount such as 1,234.50 or 1 234,50.",
        "Correct the cell, or export the report again.",
    )


def _days(frame: pd.DataFrame, columns: dict[str, str], lines: Any, file: str) -> tuple[Any, Any]:
    """First and last µs of each row; the order of day and month is the one that reads the whole column."""
    first = _moments(frame[columns["day"]], lines, file, columns["day"])
    last = _moments(frame[columns["until"]], lines, file, columns["until"]) if "until" in columns else first
    return first, last + DAY_US - 1


def _moments(cells: pd.Series[Any], lines: Any, file: str, column: str) -> Any:
    texts = cells.fillna("").astype(str).str.strip()
    # Of 01/02/2026 only the language of the report tells the month: French ones write the day first.
    forms: tuple[DateFormat, ...] = ("dmy", "mdy") if _plain(column) in _FRENCH_DAYS else ("mdy", "dmy")
    for form in forms:
        read = {text: moment(text, form) for text in texts.unique()}
        if all(value is not None for value in read.values()):
            return texts.map(read).to_numpy(dtype="int64")
    unread = [place for place, text in texts.items() if all(moment(text, form) is None for form in forms)]
    bad = unread[0] if unread else texts.index[0]
    raise LeadscoreError(
        f"{file}, line {lines[bad]}, column {column!r}: expected a day such as 2026-01-31 or 31/01/2026.",
        "Export the report by day, or correct the cell.",
    )
