"""The open leads of each account together, as cards of a list: how likely, who is there, who is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from serving.desk.sentences import tell
from serving.page import Child, Markup, Visitor, bullets, join, paragraph, section, stacked, tag
from serving.words.language import catalogue
from serving.words.translation import translated

_MOST = 25
_HEAD = ("account", "any_converts", "open_leads", "fit_and_engagement", "roles_there", "roles_missing")


def accounts_table(who: Visitor, found: Mapping[str, Any]) -> Markup:
    """The roll-up that `leadscore accounts --json` printed, the most probable first."""
    rows = list(found.get("rows", ()))
    head = [tell(who, key) for key in _HEAD]
    more = len(rows) - _MOST
    rest = paragraph(tell(who, "further_accounts", count=who.count(more)), soft=True) if more > 0 else None
    notes = [f"{translated(str(note), who.language)}." for note in found.get("notes", ())]
    listed = stacked(head, [_cells(who, row) for row in rows[:_MOST]])
    return join([
        section("accounts", tell(who, "the_likeliest_first"), listed, rest),
        section("notes", tell(who, "what_to_know"), bullets(notes)) if notes else None,
    ])  # fmt: skip


def _cells(who: Visitor, row: Mapping[str, Any]) -> list[Child]:
    best = row["best_lead"]
    likely = tell(who, "likeliest_lead", lead=best, chance=who.share(row["best_probability"])) if best else ""
    past = [tell(who, key, count=who.count(row[name])) for name, key in
            (("won_before", "won_before"), ("lost_before", "lost_before"), ("opted_out", "opted_out"))
            if row[name]]  # fmt: skip
    notes = [translated(str(note), who.language) for note in row["notes"]]
    called = join([tag("b", row["account"]), *[tag("small", one, class_="hint") for one in (*past, *notes)]])
    active = row["active_leads"]
    lively = "" if active is None else tell(who, "active_of_them", count=who.count(active))
    leads = join(
        [who.count(row["leads"]), *[tag("small", one, class_="hint") for one in (lively, likely) if one]]
    )
    grade = f"{row['fit'] or '–'}{row['engagement'] or '–'}" if row["fit"] or row["engagement"] else "–"
    missing = row["roles_missing"]
    lacking = tell(who, "not_known") if missing is None else _roles(who, missing)
    there = _roles(who, row["roles"]) or "–"
    return [called, _chance(who, row), leads, grade, there, lacking or tell(who, "nobody_missing")]


def _chance(who: Visitor, row: Mapping[str, Any]) -> Child:
    """The probability that any converts, with the bounds that hold however the leads hang together."""
    if row["any_low"] is None:
        return "–"
    low, high = who.share(row["any_low"]), who.share(row["any_high"])
    between = low if low == high else f"{low} – {high}"
    if row["any"] is None:
        return tag("b", between)
    small = tag("small", between, class_="hint") if low != high else None
    return join([tag("b", who.share(row["any"])), small])


def _roles(who: Visitor, roles: list[str]) -> str:
    """Functions in the reader's words."""
    words = catalogue(who.language)["title"]
    return ", ".join(
        tell(who, "decision") if one == "decision" else str(words.get(one, one)) for one in roles
    )
