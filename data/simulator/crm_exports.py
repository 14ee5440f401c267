"""The simulated company as other people's files: a HubSpot export, a Salesforce report, a French spreadsheet.

What a user has on the first day, and what 'leadscore init' must understand: labels, classes of sizes, days
before months, decimal commas, a title above, totals below, and columns that only won leads have.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
import pandas as pd

from data.simulator.company import EXPORT_END, simulate, simulate_export
from data.simulator.seasons import END

Crm = Literal["hubspot", "salesforce", "spreadsheet"]
CRMS: tuple[Crm, ...] = ("hubspot", "salesforce", "spreadsheet")

_STAGES = ("mql", "sal", "sql", "opportunity")
_SIZES = ((5, "1-5"), (25, "5-25"), (50, "25-50"), (100, "50-100"), (500, "100-500"), (1000, "500-1000"))
_HUBSPOT_ORIGINS = {
    "inbound": "Organic Search", "paid": "Paid Search", "social": "Organic Social", "referral": "Referrals",
    "event": "Offline Sources", "outbound": "Offline Sources", "partner": "Other Campaigns",
}  # fmt: skip
_HUBSPOT_STAGES = {
    "mql": "Marketing Qualified Lead", "sal": "Marketing Qualified Lead", "sql": "Sales Qualified Lead",
    "opportunity": "Opportunity",
}  # fmt: skip
_SALESFORCE_ORIGINS = {
    "inbound": "Web", "paid": "Advertisement", "social": "Social", "referral": "Employee Referral",
    "event": "Trade Show", "outbound": "Purchased List", "partner": "Partner",
}  # fmt: skip
_FRENCH_ORIGINS = {
    "inbound": "Site web", "paid": "Publicité", "social": "Réseaux sociaux", "referral": "Recommandation",
    "event": "Salon", "outbound": "Prospection", "partner": "Partenaire",
}  # fmt: skip


def simulate_crm(out: Path, leads: int, seed: int, crm: Crm, export_leads: int = 0) -> list[Path]:
    """Write a simulated company's history as `crm` exports it into folder `out`; the files written.

    With `export_leads` there is also a file of later leads, `new-…`, without an outcome.

    Raises:
        LeadscoreError: `leads` or `seed` is out of range, or `out` is a file (see `data.simulate`).
    """
    with TemporaryDirectory() as work:
        made = Path(work)
        simulate(made, leads, seed)
        out.mkdir(parents=True, exist_ok=True)
        known, done, ended = (
            pd.read_parquet(made / f"{name}.parquet") for name in ("leads", "events", "outcomes")
        )
        written = _WRITERS[crm](out, "", _people(known, done, ended, END), done)
        if export_leads:
            simulate_export(made, export_leads, seed, copies=False)
            new, events = (pd.read_csv(made / name) for name in ("export.csv", "export_events.csv"))
            people = _people(_dated(new, "created_at"), _dated(events, "occurred_at"), ended, EXPORT_END)
            written += _WRITERS[crm](out, "new-", people, events)
    return written


def _dated(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """The frame with `column` as instants."""
    frame[column] = pd.to_datetime(frame[column], format="ISO8601", utc=True)
    return frame


def _people(leads: pd.DataFrame, events: pd.DataFrame, outcomes: pd.DataFrame, end: Any) -> pd.DataFrame:
    """One row a lead, oldest first: who it is, its furthest stage, how it ended, and counts until `end`."""
    people = leads.drop_duplicates("lead_id").sort_values("created_at").set_index("lead_id")
    people["number"] = people.index.str[1:].astype(int)
    people["new"] = people.index.str.startswith("N")
    for stage in ("won", "lost"):
        ends = outcomes[outcomes["stage"] == stage].groupby("lead_id")
        people[f"{stage}_at"] = ends["occurred_at"].max().reindex(people.index)
    people["amount"] = outcomes[outcomes["stage"] == "won"].groupby("lead_id")["amount"].max()
    reached = outcomes[outcomes["stage"].isin(_STAGES)]
    place = reached["stage"].map({stage: number for number, stage in enumerate(_STAGES)})
    people["stage"] = place.groupby(reached["lead_id"]).max().map(dict(enumerate(_STAGES)))
    seen = events[events["occurred_at"] <= end].drop_duplicates("event_id").groupby("lead_id")
    people["last_activity"] = seen["occurred_at"].max()
    people["owner"] = np.array(["Claire Petit", "Tom Baker", "Nina Sauer"], dtype=object)[
        people["number"] % 3
    ]
    return people.reset_index()


def _events_of(people: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The events of `people`, each once."""
    return events[events["lead_id"].isin(people["lead_id"])].drop_duplicates("event_id")


def _hubspot(out: Path, prefix: str, people: pd.DataFrame, events: pd.DataFrame) -> list[Path]:
    """Contacts by label, and what they did; the stage is the outcome, and three more columns know it."""
    won = people["won_at"].notna()
    stage = people["stage"].map(_HUBSPOT_STAGES).fillna("Lead").mask(won, "Customer")
    table = {
        "Record ID": 51_000_000_001 + 37 * people["number"] + 10**7 * people["new"],
        "Email": people["email"],
        "Phone Number": people["phone"],
        "Job Title": people["job_title"],
        "Number of Employees": people["company_size"].map(_size_class),
        "Annual Revenue": people["revenue"],
        "Industry": people["industry"],
        "Country/Region": people["country"],
        "Original Traffic Source": people["origin"].map(_HUBSPOT_ORIGINS),
        "Original Traffic Source Drill-Down 1": people["campaign"],
        "Primary Associated Company ID": people["account_id"].str[1:],
        "Contact owner": people["owner"],
        "Create Date": people["created_at"].dt.strftime("%Y-%m-%d %H:%M"),
        "Lifecycle Stage": stage,
        "Became a Customer Date": people["won_at"].dt.strftime("%Y-%m-%d %H:%M"),
        "Recent Deal Amount": people["amount"],
        "Number of Associated Deals": won.astype(int),
        "Last Activity Date": people["last_activity"].dt.strftime("%Y-%m-%d %H:%M"),
        "Unsubscribed from all email": people["opted_out"].map({True: "true", False: ""}),
    }
    theirs = _events_of(people, events)
    numbers = dict(zip(people["lead_id"], table["Record ID"], strict=True))
    activities = {
        "Contact ID": theirs["lead_id"].map(numbers),
        "Activity": theirs["kind"],
        "Timestamp": theirs["occurred_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return [
        _save(out / f"{prefix}hubspot-contacts.csv", table),
        _save(out / f"{prefix}hubspot-activities.csv", activities),
    ]


def _salesforce(out: Path, prefix: str, people: pd.DataFrame, events: pd.DataFrame) -> list[Path]:
    """A report of leads with its footer, and a report of their activities; months stand before days."""
    status = people["stage"].notna().map({True: "Working - Contacted", False: "Open - Not Contacted"})
    status = status.mask(people["lost_at"].notna(), "Closed - Not Converted")
    status = status.mask(people["won_at"].notna(), "Closed - Converted")
    ids = dict(zip(people["lead_id"], _salesforce_ids(people), strict=True))
    table = {
        "Lead ID": people["lead_id"].map(ids),
        "Title": people["job_title"],
        "Email": people["email"],
        "Lead Source": people["origin"].map(_SALESFORCE_ORIGINS),
        "Lead Status": status,
        "Industry": people["industry"],
        "No. of Employees": people["company_size"].map(_grouped),
        "Annual Revenue": people["revenue"].map(lambda value: f"${value:,.2f}" if value == value else ""),
        "Country": people["country"],
        "Lead Owner": people["owner"],
        "Create Date": people["created_at"].dt.strftime("%m/%d/%Y %I:%M %p"),
        "Converted": people["won_at"].notna().astype(int),
        "Converted Date": people["won_at"].dt.strftime("%m/%d/%Y"),
    }
    footer = [[f"Grand Totals ({len(people):,} records)"], ["Copyright (c) salesforce.com, inc."]]
    leads = _save(out / f"{prefix}salesforce-leads.csv", table, quoting=csv.QUOTE_ALL, footer=footer)
    theirs = _events_of(people, events)
    activities = {
        "Lead ID": theirs["lead_id"].map(ids),
        "Activity Type": theirs["kind"].str.replace("_", " ").str.capitalize(),
        "Activity Date": theirs["occurred_at"].dt.strftime("%m/%d/%Y %I:%M %p"),
    }
    return [leads, _save(out / f"{prefix}salesforce-activities.csv", activities, quoting=csv.QUOTE_ALL)]


def _spreadsheet(out: Path, prefix: str, people: pd.DataFrame, events: pd.DataFrame) -> list[Path]:
    """A list as one keeps it in French: a title, semicolons, decimal commas, a total, Windows-1252."""
    ended = people["won_at"].fillna(people["lost_at"])
    status = people["won_at"].notna().map({True: "Gagné", False: "En cours"})
    table = {
        "N°": (people["number"] + 1 + 900_000 * people["new"]).map("{:06d}".format),
        "E-mail": people["email"],
        "Fonction": people["job_title"],
        "Effectif": people["company_size"].map(_whole),
        "Chiffre d'affaires": people["revenue"].map(_euros),
        "Secteur": people["industry"],
        "Pays": people["country"],
        "Canal": people["origin"].map(_FRENCH_ORIGINS),
        "Coût du lead": people["cost"].map(_euros),
        "Newsletter": people["newsletter"].map({True: "Oui", False: "Non"}),
        "Date de contact": people["created_at"].dt.strftime("%d/%m/%Y"),
        "Statut": status.mask(people["lost_at"].notna() & people["won_at"].isna(), "Perdu"),
        "Date de clôture": ended.dt.strftime("%d/%m/%Y"),
        "Montant signé": people["amount"].map(_euros),
    }
    footer = [["Total", f"{len(people)} prospects"]]
    path = out / f"{prefix}prospects.csv"
    return [_save(path, table, "cp1252", ";", title=["Suivi des prospects"], footer=footer)]


def _save(
    path: Path,
    table: dict[str, pd.Series],
    encoding: str = "utf-8",
    delimiter: str = ",",
    *,
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
    title: Sequence[str] = (),
    footer: Sequence[Sequence[str]] = (),
) -> Path:
    """Write the columns of `table` as text, missing cells empty, between a title and a footer."""
    frame = pd.DataFrame(table).astype(object)
    rows = frame.where(frame.notna(), "").to_numpy().tolist()
    above = [list(title), []] if title else []
    with path.open("w", newline="", encoding=encoding, errors="replace") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerows([*above, list(table), *rows, *footer])
    return path


def _salesforce_ids(people: pd.DataFrame) -> list[str]:
    """Fifteen characters, as Salesforce numbers its leads."""
    return [
        f"00Q{'8d' if new else '5g'}{7 * number:010X}" for number, new in people[["number", "new"]].to_numpy()
    ]


def _size_class(size: float) -> str | None:
    """HubSpot's class of a number of employees."""
    return None if size != size else next((name for most, name in _SIZES if size <= most), "1000+")


def _whole(value: float) -> str:
    return "" if value != value else f"{value:.0f}"


def _grouped(value: float) -> str:
    return "" if value != value else f"{value:,.0f}"


def _euros(value: float) -> str:
    """An amount as written in France: thousands apart, a decimal comma, the sign behind."""
    return "" if value != value else f"{value:,.2f} €".replace(",", "\u00a0").replace(".", ",")


_Writer = Callable[[Path, str, pd.DataFrame, pd.DataFrame], list[Path]]
_WRITERS: dict[Crm, _Writer] = {"hubspot": _hubspot, "salesforce": _salesforce, "spreadsheet": _spreadsheet}
