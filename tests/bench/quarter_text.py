"""The followed quarter as a page: what the team saw, whom it called when, what the changed rule changed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

_HEAD = """\
# A quarter, followed

A simulated company of {leads} leads (seed {seed}) from {start} on, for {days} days, through the product.
What arrives is imported into the ledger; at 9 o'clock of each working day `leadscore plan --data
ledger --keep` makes the list; its owners call in its order, {minutes} minutes a call; their calls go back as
events. Anna takes 12 contacts a day and a double share, Bob and Chloé 8 each; leads go by load; Bob leaves
on {left}. The scorecard answers (no model is trained), an agreement names what both sides promise, and on
{change} the scorecard changes. `python -m tests.bench.quarter` follows it again, and
`tests/command/test_quarter_followed.py` holds a smaller one to what a plan promises.

The world's own calls end when the story begins. A win of the world comes if the lead was called before, else
with a chance of 30 %; so it is known what every order of calls would have brought.
"""


def quarter_page(told: dict[str, Any]) -> str:
    """docs/quarter.md of the figures in quarter.json."""
    story = told["story"]
    parts = [_HEAD.format(**story, minutes=told["minutes"])]
    parts += [
        _first(told),
        _weeks(told),
        _hours(told),
        _changed(told["change"]),
        _agreement(told),
        _wins(told),
    ]
    paragraphs = "\n".join(parts).split("\n\n")
    return "\n\n".join(part if part.startswith(("|", "#")) else _wrapped(part) for part in paragraphs)


def _wrapped(paragraph: str) -> str:
    """In lines of at most 115 characters; a line break at the end stays."""
    end = "\n" if paragraph.endswith("\n") else ""
    return textwrap.fill(paragraph, 115, break_long_words=False, break_on_hyphens=False).strip() + end


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join('' if cell is None else str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _first(told: dict[str, Any]) -> str:
    rows = [
        (one["owner"], one["lead_id"], one["what"], one["due"][11:16] if one["due"] else "", one["why"])
        for one in told["first_list"]
    ]
    count = f"The first {len(rows)} of {told['first_total']} contacts of the first morning."
    words = f"## The first list\n\n{count}\n\n"
    return words + _table(["owner", "lead", "do", "until", "why"], rows)


def _weeks(told: dict[str, Any]) -> str:
    owners = told["owners"]
    rows = [
        (one["week"], one["open"], one["hot"], one["warm"], one["calls"], *(one[owner] for owner in owners))
        for one in told["weeks"]
    ]
    words = (
        f"## Who called\n\n{told['calls']:,} calls to {told['leads_called']:,} leads; Bob's after he left: "
        f"{told['after_left']}. Open, hot and warm leads are those of the last list of the week.\n\n"
    )
    return words + _table(["week", "open", "hot", "warm", "calls", *owners], rows)


def _hours(told: dict[str, Any]) -> str:
    hours = ", ".join(f"{hour} h {count:,}" for hour, count in told["hours"].items())
    rows = [
        (one["at"][:16].replace("T", " "), one["owner"], one["what"], one["maturity"], one["why"])
        for one in told["one_lead"]
    ]
    words = f"## When\n\nBy hour of the day: {hours}. The lead that was tried most:\n\n"
    return words + _table(["at", "owner", "do", "maturity", "why"], rows)


def _changed(change: dict[str, Any]) -> str:
    bands = [(one["before"], one["after"], one["leads"]) for one in change["bands"]]
    by = ", ".join(f"{name} ({count})" for name, count in change["by"] if count)
    before, after = change["before"], change["after"]
    names = ("hot", "warm", "cold", "due")
    rows = [(name, before[name], after[name]) for name in names]
    return (
        "## What a changed rule changed\n\n`hot` from 60 to 45 points, and who unsubscribed is excluded. "
        "Before it is named, `rules check` and `rules test` pass, and `rules diff` says what moves: "
        f"of {change['leads']} open leads {change['new_bands']} change band, by {by}.\n\n"
        + _table(["band before", "band after", "leads"], bands)
        + f"\nThe lists before ({_at(before)}) and after ({_at(after)}):\n\n"
        + _table(["", "before", "after"], rows)
    )


def _at(session: dict[str, Any]) -> str:
    return str(session["at"][:16].replace("T", " "))


def _agreement(told: dict[str, Any]) -> str:
    months = list(told["checks"])
    promises = {(one["side"], one["promise"]): None for found in told["checks"].values() for one in found}
    rows = []
    for side, promise in promises:
        cells = [
            _promise(next((one for one in told["checks"][month] if one["promise"] == promise), None))
            for month in months
        ]
        rows.append((side, promise, *cells))
    words = "## The agreement, month by month\n\n`plan --check` on the last working day of each month.\n\n"
    return words + _table(["side", "promise", *months], rows)


def _promise(one: dict[str, Any] | None) -> str:
    if one is None:
        return ""
    said = one["figure"] or f"{one['cases'] - one['broken'] - one['waiting']} of {one['cases']}"
    return f"{'kept' if one['held'] else '**broken**'}: {said}" + (
        f" ({one['waiting']} waiting)" if one["waiting"] else ""
    )


def _wins(told: dict[str, Any]) -> str:
    rows = [(name, f"{count:.1f}") for name, count in told["wins"].items()]
    words = (
        "## What it brought\n\nExpected customers of the quarter by who is called. *Newest first* makes "
        "as many calls at the same moments, to the newest open leads, each four times at most.\n\n"
    )
    return words + _table(["calls go to", "customers"], rows)
