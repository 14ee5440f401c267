"""Exports as CRMs write them, made up by the tests: small, seeded, with a signal and with leaks."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from openpyxl import Workbook

Rows = list[list[object]]


def _chance(margin: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.random(len(margin)) < 1 / (1 + np.exp(-margin))


def _save(
    path: Path, header: Sequence[str], rows: Rows, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def hubspot(folder: Path, n: int = 1500) -> Path:
    """Contacts by label; a deal's amount and count are filled by the outcome."""
    rng = np.random.default_rng(1)
    source = rng.choice(["Organic Search", "Paid Search", "Referrals"], n)
    staff = rng.choice(["1-5", "25-50", "1000+", ""], n)
    day, delay = np.sort(rng.uniform(0, 600, n)), rng.exponential(25, n)
    won = _chance(1.3 * (source == "Referrals") - 0.6 * (staff == "1-5") - 1.8, rng) & (day + delay < 600)
    rows: Rows = []
    for i in range(n):
        created = datetime(2024, 1, 1) + timedelta(days=float(day[i]))
        closed = f"{created + timedelta(days=float(delay[i])):%Y-%m-%d %H:%M}" if won[i] else ""
        amount, stage = (
            (rng.integers(500, 5000), "Customer") if won[i] else ("", rng.choice(["Lead", "Subscriber"]))
        )
        mail = f"person{i}@{'gmail.com' if i % 3 else f'firm{i % 400}.com'}"
        rows.append(
            [1000 + 7 * i, "Ann", f"Doe{i}", mail, rng.choice(["CEO", "Directeur commercial", ""]), staff[i],
             source[i], f"{created:%Y-%m-%d %H:%M}", stage, closed, amount, int(won[i])]
        )  # fmt: skip
    header = (
        "Record ID", "First Name", "Last Name", "Email", "Job Title", "Number of Employees",
        "Original Traffic Source", "Create Date", "Lifecycle Stage", "Close Date", "Recent Deal Amount",
        "Number of Associated Deals",
    )  # fmt: skip
    return _save(folder / "hubspot.csv", header, rows)


def salesforce_french(folder: Path, n: int = 1500) -> Path:
    """Leads by French label: semicolons, Windows-1252, decimal commas, days first, a footer."""
    rng = np.random.default_rng(2)
    source, revenue = rng.choice(["Web", "Salon", "Partenaire"], n), rng.lognormal(13, 1, n)
    day, delay = np.sort(rng.uniform(0, 700, n)), rng.exponential(20, n)
    won = _chance(1.2 * (source == "Partenaire") + 0.4 * (np.log(revenue) - 13) - 1.5, rng) & (
        day + delay < 700
    )
    rows: Rows = []
    for i in range(n):
        created = datetime(2023, 6, 1) + timedelta(days=float(day[i]))
        closed = f"{created + timedelta(days=float(delay[i])):%d/%m/%Y}" if won[i] else ""
        euros = f"{revenue[i]:,.2f}".replace(",", " ").replace(".", ",") + " €"
        status = "Fermée - Convertie" if won[i] else rng.choice(["Fermée - Non convertie", "Ouverte"])
        rows.append(
            [f"00Q{i:09d}", f"Nom{i}", source[i], euros, f"{created:%d/%m/%Y}", status, int(won[i]), closed]
        )
    rows += [["Total général", f"{n} enregistrements"], ["Copyright (c) salesforce.com"]]
    header = (
        "ID de la piste", "Nom", "Origine de la piste", "Chiffre d'affaires annuel", "Date de création",
        "Statut de la piste", "Convertie", "Date de conversion",
    )  # fmt: skip
    return _save(folder / "pistes.csv", header, rows, ";", "cp1252")


def undated(folder: Path, n: int = 2000, *, shuffled: bool = False) -> Path:
    """A list without any date, newest first by its number, with "Select" for empty and a leaking tag."""
    rng = np.random.default_rng(3)
    minutes, source = rng.exponential(10, n).round(1), rng.choice(["Google", "Chat", "Reference"], n)
    field = rng.choice(["Select", "Finance", "Marketing", ""], n)
    won = _chance(0.08 * minutes + 1.5 * (source == "Reference") - 1.8, rng)
    won = rng.permutation(won) if shuffled else won
    tags = (
        rng.choice(["Ringing", "Switched off", ""], n)
        if shuffled
        else np.where(won, "Will revert", "Ringing")
    )
    numbers = 660_000 - np.cumsum(rng.integers(1, 9, n))
    rows: Rows = [[numbers[i], source[i], minutes[i], field[i], "No", tags[i], int(won[i])] for i in range(n)]
    header = (
        "Lead Number",
        "Lead Source",
        "Time on Website",
        "Specialization",
        "Magazine",
        "Tags",
        "Converted",
    )
    return _save(folder / "export.csv", header, rows)


def spreadsheet(folder: Path, n: int = 800) -> Path:
    """A workbook that a person keeps: a title above, a total below, French words, real dates."""
    rng = np.random.default_rng(4)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Liste des prospects"])
    sheet.append([])
    sheet.append(["N°", "Entreprise", "Taille", "Canal", "Date contact", "Résultat"])
    for i in range(n):
        size, channel = int(rng.integers(1, 500)), str(rng.choice(["salon", "web"]))
        won = rng.random() < 1 / (1 + np.exp(1.5 - 0.005 * size - 0.8 * (channel == "web")))
        day = datetime(2024, 1, 1) + timedelta(days=i * 365 // n)
        sheet.append([i + 1, f"Firme {i}", size, channel, day, "gagné" if won else "perdu"])
    sheet.append(["Total", None, None, None, None, n])
    path = folder / "prospects.xlsx"
    book.save(path)
    return path
