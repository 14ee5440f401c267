"""TOML that a person reads: tables, values with their reason beside them, remarks above them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Comment, InlineTable, Item, Table


def table_of(content: Mapping[str, Any], into: Table | None = None) -> Table:
    """A table with `content`, added to `into` where there is one."""
    section = tomlkit.table() if into is None else into
    for key, value in content.items():
        section.add(key, value)
    return section


def inline_of(content: Mapping[str, Any]) -> InlineTable:
    """`content` on one line, with spaces inside the braces."""
    table = tomlkit.inline_table()
    table.add(tomlkit.ws(" "))
    items = {key: tomlkit.item(value) for key, value in content.items()}
    list(items.values())[-1].trivia.trail = " "
    for key, item in items.items():
        table.add(key, item)
    return table


def sql_of(select: str) -> InlineTable:
    """A SELECT as a recipe has it, starting on its own line."""
    text = tomlkit.string(f"{select}\n", multiline=True).as_string()
    return inline_of({"sql": tomlkit.value(text.replace('"""', '"""\n', 1))})


def because(value: Any, reason: str) -> Item:
    """`value` with its reason beside it."""
    item: Item = tomlkit.item(value)
    item.comment(_one_line(reason)).trivia.comment_ws = "  "
    return item


def remark(text: str) -> Comment:
    """`text` as a comment on a line of its own."""
    return tomlkit.comment(_one_line(text))


def _one_line(text: str) -> str:
    """`text` as a comment can hold it: cells have line breaks, and TOML forbids control characters."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)
