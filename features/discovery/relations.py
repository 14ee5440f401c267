"""Puts what is known of accounts beside their leads: in memory for discovery, as a SELECT for the recipe."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from features.profiles import Company, TableProfile, profile
from features.sql import named, quoted


def with_accounts(company: Company, folder: Path | None) -> tuple[TableProfile, str | None]:
    """The leads with the columns of their accounts, and the SELECT that makes them; or as they are, and None.

    Only where the engine reads both files as they are: Parquet, or plain UTF-8 text without oddities.
    """
    joined = company.kind("accounts")
    if joined is None or not (is_plain(company.leads) and is_plain(joined.table)):
        return company.leads, None
    leads, accounts = company.leads, joined.table
    taken = set(leads.columns)
    columns = {
        name: name if name not in taken else f"account {name}"
        for name in accounts.columns
        if name != joined.key
    }
    unique = accounts.raw.frame.drop_duplicates(joined.key).rename(columns=columns)
    merged = leads.raw.frame.merge(
        unique.rename(columns={joined.key: "__key"}), left_on=joined.lead_key, right_on="__key", how="left"
    ).drop(columns="__key")
    picked = ", ".join(f"a.{named(name)} AS {named(new)}" for name, new in columns.items())
    select = (
        f"SELECT l.*, {picked}\nFROM {relation_of(leads, folder)} AS l\n"
        f"LEFT JOIN (SELECT DISTINCT ON ({named(joined.key)}) * FROM {relation_of(accounts, folder)}) AS a\n"
        f"ON l.{named(joined.lead_key)} = a.{named(joined.key)}"
    )
    widened = profile(leads.path, replace(leads.raw, frame=merged))
    account = widened.columns[joined.lead_key]
    widened.columns[joined.lead_key] = replace(account, role="account_id")
    return widened, select


def shuffled(leads: TableProfile, folder: Path | None) -> str | None:
    """A SELECT of the leads in an order that says nothing, the same each time; None for untidy files."""
    if not is_plain(leads):
        return None
    return f"SELECT * FROM {relation_of(leads, folder)} AS l\nORDER BY hash(l::VARCHAR), l::VARCHAR"


def file_name(path: Path, folder: Path | None) -> str:
    """How the recipe names a file: relative to the folder that the recipe is in."""
    return path.name if folder is None else os.path.relpath(path.resolve(), folder.resolve())


def is_plain(table: TableProfile) -> bool:
    """Whether the engine reads the file as it is: Parquet, or UTF-8 text without oddities."""
    dialect = table.raw.dialect
    if dialect.kind == "parquet":
        return dialect.compression is None
    text = dialect.text
    return (
        text is not None
        and text.encoding in ("utf-8", "utf-8-sig")
        and table.raw.problems.empty
        and dialect.header_line == 1
        and dialect.compression != "zip"
    )


def relation_of(table: TableProfile, folder: Path | None) -> str:
    """The table function that reads a file, each cell of a text as text."""
    name = quoted(file_name(table.path, folder))
    text = table.raw.dialect.text
    if text is None:
        return f"read_parquet({name})"
    return f"read_csv({name}, all_varchar = true, header = true, delim = {quoted(text.delimiter)})"
