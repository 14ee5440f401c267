"""Where rows went, what was wrong with the tables, and how full their fields are: counts and shares only."""

from __future__ import annotations

from collections.abc import Sequence

from serving.page import Child, Markup, join, own, paragraph, percent, section, table, tag

_FULL = 0.995
_MOVED = 0.05
"""A change of fill by this much between the fit rows and the test is pointed at."""


def rows_section(
    account: Sequence[tuple[str, int]],
    quality: Sequence[Sequence[object]],
    fills: Sequence[tuple[str, float, float]] = (),
) -> Markup:
    """From the rows read to the rows used, what was wrong with the tables, and the fill of the fields."""
    steps = table(["rows", "count"], list(account), "Where rows went")
    return section("rows", "Data", steps, _wrong(quality), _filled(fills))


def _wrong(quality: Sequence[Sequence[object]]) -> Markup:
    if not quality:
        return paragraph("Nothing was found wrong with the tables.")
    found: list[list[Child]] = [
        [str(place), str(what), int(str(n)), str(did) or "–"] for place, what, n, did in quality
    ]
    return table(["table", "what", "count", "what was done"], found, "What was found in the tables")


def _filled(fills: Sequence[tuple[str, float, float]]) -> Markup | None:
    """Fields with empty cells, the emptiest first; those whose fill changed are pointed at."""
    if not fills:
        return None
    gaps = sorted((fill for fill in fills if min(fill[1:]) < _FULL), key=lambda fill: min(fill[1:]))
    full = len(fills) - len(gaps)
    words = f"{full} of {len(fills)} fields are filled in nearly every row."
    if not gaps:
        return paragraph(words)
    rows: list[list[Child]] = [
        [own(name), percent(fit), percent(test), _change(fit, test)] for name, fit, test in gaps
    ]
    head = ["field", "filled in the fit rows", "in the test rows", ""]
    return join([tag("h3", "How full the fields are"), paragraph(words + _moved(gaps)), table(head, rows)])


def _change(fit: float, test: float) -> str:
    if abs(test - fit) < _MOVED:
        return ""
    return "fuller now" if test > fit else "emptier now"


def _moved(gaps: Sequence[tuple[str, float, float]]) -> str:
    changed = [name for name, fit, test in gaps if _change(fit, test)]
    if not changed:
        return " None of the others changed much between the fit rows and the test."
    return (
        f" Filled differently in the test than in the fit rows: {', '.join(changed)}. What the model learned "
        "of an empty cell may not hold there; look at who fills them now."
    )
