"""What `status` and `compare` tell of the company's running service, and of its challenger in shadow."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.ledger import Ledger

_DAYS = 30
_HEAD = ("version", "scores", "pairs", "other band", "higher", "mean move")


def ledger_here() -> Ledger | None:
    """The ledger that LEADSCORE_LEDGER names or that is in this folder; None where neither can be read."""
    from features.errors import LeadscoreError
    from serving.ledger import Ledger

    try:
        return Ledger.here()
    except LeadscoreError:  # what is asked here does not depend on it
        return None


def in_shadow(ledger: Ledger | None) -> list[dict[str, Any]]:
    """How the versions that scored in shadow in the last 30 days stand beside those that answered."""
    from features.clock import DAY_US, now_us
    from serving.aside import shadow_pairs

    return [asdict(one) for one in shadow_pairs(ledger, now_us() - _DAYS * DAY_US)] if ledger else []


def print_shadow(rows: list[dict[str, Any]]) -> None:
    """The table of `in_shadow`, where there is any."""
    from leadscore.terminal import print_table

    if rows:
        title = f"\nIn shadow, the last {_DAYS} days, beside what was answered"
        print_table(_HEAD, [list(row.values()) for row in rows], title=title)


def running_words(url: str, said: dict[str, Any] | None, problem: str | None, champion: str | None) -> str:
    """A sentence on the service at `url`; `champion` is the version of the alias."""
    if said is None:
        return f"The service at {url} {problem}."
    by = f"{said['rung']} {said['version']}".strip()
    since = f" since {said['since']}" if said.get("since") else ""
    words = f"The service at {url} answers '{said['name']}' by {by}{since}."
    if said.get("pending"):
        return f"{words} Pending: {said['pending']}."
    if said["rung"] == "model" and champion is not None and said["version"] != champion:
        return (
            f"{words} The champion is version {champion}: it follows within 10 s, or is bound to a version."
        )
    return words
