"""Puts what is known of accounts beside their leads: in memory for discovery, as a SELECT for the recipe."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import DAY_US
from features.leaks.words import hint_of
from features.profiles import ColumnProfile, Company, Joined, TableProfile, plain, profile
from features.sql import named, quoted

_LATER = 0.2


def with_accounts(company: Company, folder: Path | None) -> tuple[TableProfile, str | None, list[str]]:
    """The leads with the columns of what they point to, the SELECT that makes them, and remarks.

    Accounts, goods, sellers: each by its own key, the first row of a key that stands twice, so that no lead
    is lost or doubled. As they are, and None, where nothing is joined. Only files that the engine reads as
    they are: Parquet, or plain UTF-8 text without oddities.
    """
    leads, joined = company.leads, [one for one in company.joined if one.kind == "accounts"]
    joined = [one for one in joined if is_plain(leads) and is_plain(one.table)]
    if not joined:
        return leads, None, []
    frame, picked, joins, current = leads.raw.frame, ["l.*"], [], dict[str, str]()
    for place, one in enumerate(joined):
        columns = _new_names(one, set(frame.columns))
        unique = one.table.raw.frame.drop_duplicates(one.key).rename(columns=columns)
        frame = frame.merge(
            unique.rename(columns={one.key: "__key"}), left_on=one.lead_key, right_on="__key", how="left"
        ).drop(columns="__key")
        picked += [f"a{place}.{named(name)} AS {named(new)}" for name, new in columns.items()]
        source = f"SELECT DISTINCT ON ({named(one.key)}) * FROM {relation_of(one.table, folder)}"
        joins.append(
            f"LEFT JOIN ({source}) AS a{place}\nON l.{named(one.lead_key)} = a{place}.{named(one.key)}"
        )
        if (why := _known_later(leads, one)) is not None:
            current |= dict.fromkeys(columns.values(), why)
    widened = _widened(leads, frame, set(current))
    select = f"SELECT {', '.join(picked)}\nFROM {relation_of(leads, folder)} AS l\n" + "\n".join(joins)
    return widened, select, list(dict.fromkeys(current.values()))


def _widened(leads: TableProfile, frame: pd.DataFrame, current: set[str]) -> TableProfile:
    """The leads with further columns: their own keep their parts, and those of others play none in a lead."""
    widened = profile(leads.path, replace(leads.raw, frame=frame))
    for name, column in list(widened.columns.items()):
        if name in leads.columns:
            widened.columns[name] = leads.columns[name]
        else:
            role = column.role if column.role in ("person", "email", "modified_at") else None
            known = "current" if name in current else column.known
            widened.columns[name] = replace(column, role=role, known=known)
    return replace(widened, crm=leads.crm, remarks=leads.remarks)


def _new_names(joined: Joined, taken: set[str]) -> dict[str, str]:
    """Column of the joined table → its name beside the leads; that of its file before one that is taken."""
    names: dict[str, str] = {}
    for name in joined.table.columns:
        if name == joined.key:
            continue
        able = [name, f"account {name}", f"{joined.table.path.name.split('.')[0]} {name}"]
        free = [new for new in able if new not in taken and new not in names.values()]
        names[name] = free[0] if free else f"{joined.table.path.name} {name}"
    return names


def _known_later(leads: TableProfile, joined: Joined) -> str | None:
    """Why what is joined may be known only now; None where nothing says so.

    The lead's own column that points there is overwritten; or the rows are dated, and after many leads.
    """
    table = joined.table
    if leads.columns[joined.lead_key].known == "current":
        return f"{table.raw.name}: joined by '{joined.lead_key}', which is overwritten as time goes by"
    created = leads.role("created_at")
    dates = [one.name for one in table.columns.values() if one.format.type == "date" and not _touched(one)]
    if created is None or created.format.type != "date" or not dates:
        return None
    came = np.asarray(leads.values(created.name), dtype=np.float64)
    keys, first = leads.cells(joined.lead_key), table.cells(joined.key)
    for name in dates:
        by_key = pd.Series(np.asarray(table.values(name), np.float64), index=first.to_numpy())
        at = keys.map(by_key[~by_key.index.duplicated()]).to_numpy(dtype=np.float64)
        both = np.isfinite(at) & np.isfinite(came)
        later = float((at[both] > came[both] + DAY_US).mean()) if both.any() else 0.0
        if later > _LATER:
            return f"{table.raw.name}: by '{name}' its rows were written after {later:.0%} of the leads came"
    return None


def _touched(column: ColumnProfile) -> bool:
    """Whether a date says when a row was last changed or worked on, which is not when it was written."""
    hint = hint_of(plain(column.name))
    return column.role == "modified_at" or (hint is not None and hint.when == "grows with the process")


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
