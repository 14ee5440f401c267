"""The sentences of the desk, in the reader's language."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from serving.page import Visitor


def tell(who: Visitor, key: str, **values: str) -> str:
    """The sentence `key` in the language of `who`, with `values` in place of its names."""
    sentence = _sentences()[key][who.language]
    return sentence.format_map(values) if values else sentence


@cache
def _sentences() -> dict[str, dict[str, str]]:
    return tomllib.loads(files("serving.desk").joinpath("sentences.toml").read_text(encoding="utf-8"))
