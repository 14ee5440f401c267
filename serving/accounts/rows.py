"""Accounts as rows of a table, for a terminal and for CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from serving.accounts.rollup import AccountRow, Accounts

ACCOUNT_COLUMNS = (
    "account", "any", "bounds", "leads", "fit", "engaged", "active", "best lead", "roles", "missing",
)  # fmt: skip
"""Columns of `shown_accounts`."""


def shown_accounts(rows: Iterable[AccountRow]) -> list[tuple[object, ...]]:
    """The rows as a terminal shows them."""
    return [
        (
            row.account, None if row.any is None else f"{row.any:.1%}",
            None if row.any_low is None else f"{row.any_low:.1%}–{row.any_high:.1%}",
            row.leads, row.fit, row.engagement, row.active_leads, row.best_lead, " ".join(row.roles) or None,
            None if row.roles_missing is None else " ".join(row.roles_missing),
        )
        for row in rows
    ]  # fmt: skip


def write_accounts(accounts: Accounts, out: TextIO) -> int:
    """Every account as CSV, a column for each field of `AccountRow`; how many rows."""
    names = list(AccountRow.model_fields)
    writer = csv.writer(out)
    writer.writerow(names)
    for row in accounts.rows:
        cells = row.model_dump()
        writer.writerow("; ".join(cell) if isinstance(cell := cells[name], list) else cell for name in names)
    return len(accounts.rows)
