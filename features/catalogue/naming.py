"""Names, labels and definitions of features that look at events, made alike everywhere."""

from __future__ import annotations

import re
from functools import lru_cache


def slug(text: str) -> str:
    """`text` as a part of a feature's name: letters, digits, '_', '.' and '-' only."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text)


def days_text(days: float) -> str:
    """'30', '0.5': a number of days without a useless '.0'."""
    return f"{days:g}"


def kinds_slug(kinds: tuple[str, ...], called: str | None) -> str:
    """How a set of kinds appears in a name: its own name, the kinds, or 'any'."""
    return slug(called or "+".join(kinds).replace("+", "-") or "any")


@lru_cache(maxsize=4096)
def kinds_label(kinds: tuple[str, ...], called: str | None) -> str:
    """How a set of kinds appears in a label: 'Demo request', 'Signs of intent', 'Events'."""
    text = called or ", ".join(kinds)
    if not text:
        return "Any event"
    plain = re.sub(r"[_\W]+", " ", text).strip()
    return f"{plain[:1].upper()}{plain[1:]}"


def kinds_words(kinds: tuple[str, ...]) -> str:
    """How a set of kinds appears in a definition."""
    return f"events of kind {', '.join(kinds)}" if kinds else "events of any kind"


def window_name(window_days: float | None) -> str:
    """'30d' or 'ever'."""
    return "ever" if window_days is None else f"{days_text(window_days)}d"


def window_label(window_days: float | None) -> str:
    """'last 30 days' or 'ever'."""
    return "ever" if window_days is None else f"last {days_text(window_days)} days"


NEVER = "never"
UNLESS_FILLED = "when the cell is empty or cannot be read"
NO_EVENTS = "when events were not given; 0 when there is none"
NO_SUCH_EVENT = "when there is no such event, or events were not given"
NO_CREATION = "when the lead has no date of creation"
"""When a feature is missing, in words that finish 'missing …'."""
