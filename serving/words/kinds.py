"""Which known kind of event a name stands for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from serving.words.language import kinds_known


@lru_cache(maxsize=4096)
def known_kind(kind: str, negative: bool) -> str | None:
    """The entry of `kinds.toml` that a kind's name stands for, None where none does.

    >>> known_kind("Demo Request", False), known_kind("demande_de_devis", False), known_kind("W_12", False)
    ('demo', 'quote', None)
    """
    plain = unicodedata.normalize("NFKD", kind.casefold()).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain)
    known = kinds_known()
    found = (entry for entry in known["order"] if any(_meets(name, word) for word in known["words"][entry]))
    entry = next(found, None)
    return None if entry is None or (negative and entry not in known["bad"]) else str(entry)


def _meets(name: str, word: str) -> bool:
    return all(part in name for part in word.split("+"))
