"""Parts of the page of one lead: how its chance came about, what it would be, and who was like it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from features.cells import is_missing
from features.clock import from_us
from features.errors import LeadscoreError
from features.lead import Lead
from features.recipe import Recipe
from serving.answer import Explanation, Ladder
from serving.app.drawings import step_bar
from serving.app.listed import called
from serving.app.told import maturity_words, plain_cell, reason_words
from serving.browse import OpenedLead, ScoredRows, Wanted, WonLead, alike, what_if, won_leads
from serving.jobs import Job
from serving.ledger import Ledger
from serving.page import (
    Child,
    Markup,
    Visitor,
    bullets,
    button,
    choice,
    labelled,
    note,
    paragraph,
    section,
    table,
    tag,
    tiles,
)
from serving.score import Score
from serving.words.sentences import Teller

_STEPS = 12
FIELD = "field."
"""What the name of a field begins with in a form."""


def waterfall(who: Visitor, found: Explanation) -> Markup:
    """From a lead of whom nothing is known to this one, signal by signal, in log-odds."""
    assert found.bias is not None
    assert found.margin is not None
    reasons = sorted(
        [*found.score.reasons_for, *found.score.reasons_against], key=lambda one: -abs(one.strength)
    )
    steps: list[tuple[str, float]] = [(reason.text, reason.strength) for reason in reasons[:_STEPS]]
    rest = found.margin - found.bias - sum(size for _, size in steps)
    if abs(rest) > 5e-4:
        steps.append((who.say("everything else together", "tout le reste ensemble"), rest))
    at, ends = found.bias, [found.bias]
    for _, size in steps:
        ends.append(ends[-1] + size)
    low, high = min(*ends, found.margin), max(*ends, found.margin)
    pad = max((high - low) * 0.06, 0.05)
    rows: list[list[Child]] = []
    for text, size in steps:
        words = f"{'+' if size >= 0 else '−'}{who.number(abs(size), 2)}"
        rows.append(
            [
                reason_words(who, text)[0],
                step_bar(low - pad, high + pad, at, at + size, f"{text}: {words}"),
                words,
            ]
        )
        at += size
    head = (
        who.say("signal", "signal"),
        who.say("lowers ← → raises", "baisse ← → hausse"),
        who.say("log-odds", "log-odds"),
    )
    begin, end = (who.number(value, 2) for value in (found.bias, found.margin))
    first = who.say(
        f"Each line starts where the one above ended: from {begin}, before anything is known of a lead, to "
        f"{end}. Blue raises the chance, orange lowers it.",
        f"Chaque ligne commence où la précédente finit : de {begin}, avant de rien savoir d’un prospect, à "
        f"{end}. Le bleu augmente la probabilité, l’orange la baisse.",
    )
    return section("why", who.say("Why", "Pourquoi"), table(head, rows), paragraph(first, soft=True))


def what_if_section(
    who: Visitor,
    ladder: Ladder,
    rows: ScoredRows,
    opened: OpenedLead,
    columns: Mapping[str, str],
    wanted: Wanted,
    asked: Mapping[str, str],
) -> Markup:
    """The form of what-if, with what was `asked` in it, and what the lead would then be beside what it is."""
    recipe = ladder.recipe
    fields = {
        name: field
        for name, field in recipe.lead.fields.items()
        if field.use and field.type not in ("email", "phone", "date")
    }
    own = {
        name: "" if is_missing(opened.row.get(columns[name])) else plain_cell(opened.row[columns[name]])
        for name in fields
    }
    said = {name: asked.get(FIELD + name, own[name]).strip() for name in fields}
    changed = {name: value or None for name, value in said.items() if value != own[name].strip()}
    kind, days = asked.get("event.kind", ""), asked.get("event.days", "0")
    more = []
    if kind and isinstance(opened.lead, Lead) and recipe.events is not None and kind in recipe.events.kinds:
        ago = min(int(days), 3650) if days.isdecimal() else 0
        more.append(
            {"kind": kind, "occurred_at": (from_us(opened.lead.as_of_us) - timedelta(days=ago)).isoformat()}
        )
    pair = what_if(ladder, opened, changed, more)
    controls, tell = [], Teller(recipe, who.language)
    for name, field in fields.items():
        usual = rows.usual(columns[name]) if field.type == "number" else None
        controls.append(_control(who, name, tell.label(name), field.type, said[name], usual))
    if recipe.events is not None:
        kinds = [
            ("", who.say("– none –", "– aucun –")),
            *((one, tell.happened(one)) for one in recipe.events.kinds),
        ]
        controls.append(
            labelled(
                who.say("and this had happened", "et ceci avait eu lieu"), choice("event.kind", kinds, kind)
            )
        )
        ago_input = tag("input", type="number", name="event.days", min="0", max="3650", value=days)
        controls.append(labelled(who.say("so many days ago", "il y a tant de jours"), ago_input))
    hidden = [
        tag("input", type="hidden", name=name, value=value) for name, value in vars(wanted).items() if value
    ]
    plain = f"?{urlencode(vars(wanted))}#what-if"
    return section(
        "what-if", who.say("What if …", "Et si …"),
        _difference(who, pair) if pair else None,
        tag("form", *hidden, tag("div", *controls, class_="two"),
            tag("p", button(who.say("Compute", "Calculer"), kind="main"),
                tag("a", who.say("As it is", "Tel quel"), href=plain, class_="button"), class_="actions"),
            method="get", action="#what-if"),
    )  # fmt: skip


def _control(
    who: Visitor, name: str, label: str, kind: str, value: str, usual: tuple[float, float] | None
) -> Markup:
    """A field to change; a number has a slider beside it where there is script."""
    if kind == "boolean":
        options = [
            ("", who.say("unknown", "inconnu")),
            ("true", who.say("yes", "oui")),
            ("false", who.say("no", "non")),
        ]
        if value and value not in ("true", "false"):
            options.append((value, value))
        return labelled(label, choice(FIELD + name, options, value))
    more = {"inputmode": "decimal"} if kind == "number" else {}
    if usual is not None:
        more |= {"data_slider": f"{usual[0]:g} {usual[1]:g}", "data_name": label}
    return labelled(label, tag("input", type="text", name=FIELD + name, value=value, **more))


def _difference(who: Visitor, pair: tuple[Score, Score]) -> Markup:
    first, after = pair
    if after.error is not None:
        said = [f"{one.field}: {one.problem}. {one.remedy}" for one in after.error.problems]
        return note(
            paragraph(who.say("This cannot be computed:", "Ceci ne se calcule pas :")),
            bullets(said),
            kind="bad",
            role="alert",
        )
    chance = [("–" if one.probability is None else who.share(one.probability)) for one in pair]
    change = (after.probability or 0) - (first.probability or 0)
    points = who.say(f"{who.number(100 * change, 1)} points", f"{who.number(100 * change, 1)} points")
    sign = "+" if change > 0 else ""
    then = after.maturity or ""
    return tag("div", tiles([
        (chance[0], who.say("as it is", "tel quel"), first.maturity or ""),
        (chance[1], who.say("as it would be", "ce que ce serait"), then),
        (f"{sign}{points}", who.say("difference", "différence"), ""),
        (maturity_words(who, then or "–"), who.say("maturity then", "maturité alors"), then),
    ]), role="status")  # fmt: skip


def alike_section(
    who: Visitor, job: Job, rows: ScoredRows, recipe: Recipe, opened: OpenedLead, columns: Mapping[str, str],
    ledger: Ledger | None,
) -> Markup:  # fmt: skip
    """The customers who were most like this lead: of its file, and of `ledger` for who may read it."""
    title = who.say("Customers who were like this", "Des clients qui lui ressemblent")
    found = alike(recipe, rows, opened, columns, _known(ledger, recipe, opened))
    if not found:
        return section("alike", title, paragraph(who.say(
            "Neither this file nor the ledger holds a lead that became a customer.",
            "Ni ce fichier ni le registre ne contiennent un prospect devenu client.",
        ) if ledger is not None else who.say(
            "This file holds no lead that became a customer.",
            "Ce fichier ne contient aucun prospect devenu client.",
        )))  # fmt: skip
    beside = who.say("from the ledger", "du registre")
    lines: list[list[Child]] = [
        [
            tag("a", called(rows, one.row), href=f"/app/jobs/{job.id}/leads/{one.row['row']}")
            if one.row is not None
            else f"{one.lead_id} ({beside})",
            who.share(one.share),
        ]
        for one in found
    ]
    how = who.say(
        "Alike: the mean over the fields that the model reads and this lead has; equal texts count 1, "
        "numbers by how near they are (Gower). Leads of this file, and those won by then in the ledger.",
        "Ressemblance : moyenne sur les champs lus par le modèle et connus ici ; textes égaux comptent "
        "1, nombres selon leur proximité (Gower). Ceux de ce fichier et du registre.",
    )
    return section(
        "alike",
        title,
        table((who.say("customer", "client"), who.say("alike", "ressemblance")), lines),
        paragraph(how, soft=True),
    )


def _known(ledger: Ledger | None, recipe: Recipe, opened: OpenedLead) -> Iterable[WonLead]:
    """Customers of the ledger by the moment of the lead; none where it cannot be asked."""
    if ledger is None or not isinstance(opened.lead, Lead):
        return ()
    try:
        return list(won_leads(ledger, recipe, opened.lead.as_of_us))
    except LeadscoreError:
        return ()
