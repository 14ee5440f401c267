"""The funnel as a page: what to change first, then volume, steps, money and work by group."""

from __future__ import annotations

from collections.abc import Sequence

from features.language import Language
from serving.funnel.figures import in_words
from serving.funnel.funnel import Funnel
from serving.funnel.group import LeadGroup
from serving.funnel.moved import BudgetMoved
from serving.funnel.rows import BANDS, band_rows
from serving.page import (
    Child,
    Markup,
    ValueRow,
    bullets,
    contents,
    figure,
    join,
    own,
    page,
    paragraph,
    percent,
    plain,
    rows_chart,
    section,
    table,
    tag,
)
from serving.words.translation import translated_page

_SHOWN = 25
_OURS = ("all", "unknown")
"""Names of groups that are words of ours."""
STEP_WORDS = {"lead": "lead", "mql": "MQL", "sal": "SAL", "sql": "SQL"}
STEP_WORDS |= {"opportunity": "opportunity", "customer": "customer"}


def funnel_page(funnel: Funnel, moves: Sequence[BudgetMoved] = (), language: Language = "en") -> str:
    """A whole HTML document in `language`."""
    parts = [_first(funnel), _volume(funnel), _steps(funnel)]
    keys = [("first", "What to change"), ("volume", "Volume"), ("steps", "Steps")]
    if funnel.all.cost is not None:
        parts.append(_money(funnel, moves))
        keys.append(("money", "Money"))
    if funnel.all.contacts is not None:
        parts.append(_work(funnel))
        keys.append(("work", "Work"))
    if funnel.bands:
        said = "Each lead counts once, by its first score, if that is a horizon old."
        parts.append(
            section(
                "bands",
                "What became of former scores",
                table(BANDS, band_rows(funnel)),
                paragraph(said, soft=True),
            )
        )
        keys.append(("bands", "Former scores"))
    parts.append(_how(funnel))
    keys.append(("how", "How to read it"))
    heading = join([tag("h1", "The funnel of leads"), contents(keys)])
    return translated_page(page("Funnel", [heading, *parts], language), language)


def _first(funnel: Funnel) -> Markup:
    said = bullets(funnel.findings) if funnel.findings else paragraph("Nothing is sure enough to be named.")
    return section("first", "What to change", said, bullets(funnel.notes))


def _volume(funnel: Funnel) -> Markup:
    head = [funnel.by, "leads", "open", "still maturing", "customers", "customers to expect"]
    rows: list[list[Child]] = [
        [_name(one), one.leads, one.open, one.maturing, one.customers, in_words(one.completed, plain)]
        for one in _rows(funnel)
    ]
    return section("volume", "Volume", table(head, rows), _rest(funnel))


def _steps(funnel: Funnel) -> Markup:
    drawn = []
    for place, step in enumerate(funnel.all.steps):
        before = STEP_WORDS[funnel.steps[place]]
        rows = [
            ValueRow(
                group.name,
                group.steps[place].rate.value or 0.0,
                group.steps[place].rate.low,
                group.steps[place].rate.high,
                note=f"{group.steps[place].reached:,} of {group.steps[place].matured:,}",
                own=group.name not in _OURS,
            )
            for group in funnel.groups[:_SHOWN]
            if group.steps[place].rate.value is not None
        ]
        title = f"{before} to {STEP_WORDS[step.name]}"
        took = "" if step.median_days is None else f"; median {plain(step.median_days)} days"
        chart = rows_chart(
            rows,
            title=title,
            reference=step.rate.value,
            names=("share within the horizon", None, "all leads"),
        )
        drawn.append(figure(chart, f"{title}: {in_words(step.rate, percent)} of all leads{took}"))
    return section("steps", "From stage to stage", *drawn)


def _money(funnel: Funnel, moves: Sequence[BudgetMoved]) -> Markup:
    unit = f" ({funnel.currency})" if funnel.currency else ""
    steps = [step for step in funnel.steps if step != "lead"]
    head = [funnel.by, f"cost{unit}", "per lead", *[f"per {STEP_WORDS[step]}" for step in steps]]
    head += ["value per lead", "return"]
    rows = []
    for one in _rows(funnel):
        if one.cost is None:
            continue
        per = [in_words(one.cost_per.get(step), plain) for step in steps]
        rows.append(
            [
                _name(one),
                plain(one.cost),
                plain(one.cost_per_lead or float("nan")),
                *per,
                in_words(one.value_per_lead, plain),
                in_words(one.returned, plain),
            ]
        )
    moved = [paragraph(one.words(funnel.currency)) for one in moves]
    if moves:
        moved.append(paragraph(moves[0].assumption, soft=True))
    return section("money", "Money", table(head, rows), *moved)


def _work(funnel: Funnel) -> Markup:
    head = [
        funnel.by,
        "never contacted",
        "hours to first contact",
        "attempts",
        "one attempt only",
        "no-shows",
    ]
    head += ["refused by sales", "hot leads", "of them contacted"]
    rows = []
    for one in _rows(funnel):
        work = one.contacts
        if work is None:
            continue
        hours = "–" if work.first_hours is None else plain(work.first_hours)
        attempts = "–" if work.attempts is None else plain(work.attempts)
        rows.append(
            [
                _name(one),
                in_words(work.never, percent),
                hours,
                attempts,
                in_words(work.once_only, percent),
                in_words(work.no_show, percent),
                in_words(one.refused, percent),
                "–" if one.hot is None else f"{one.hot:,}",
                in_words(one.hot_in_time, percent),
            ]
        )
    return section("work", "How leads are worked", table(head, rows))


def _how(funnel: Funnel) -> Markup:
    return section(
        "how",
        "How to read it",
        bullets(
            [
                f"The history ends on {funnel.end[:10]}. A rate is of leads that stood at the stage before "
                f"at least {funnel.horizon_days:g} days ago, and counts who went on within as many days: "
                "younger leads would make every origin of last month look poor.",
                "Brackets are 95 % intervals: Wilson's for shares, the posterior of rate and mean amount for "
                "values.",
                "Cost per customer is the cost per lead over the share that becomes a customer within the "
                "horizon.",
                "Customers to expect are those so far and the probabilities of the open leads; their "
                "interval is chance alone, as if the model were right.",
            ]
        ),
    )


def _rows(funnel: Funnel) -> list[LeadGroup]:
    return [*funnel.groups[:_SHOWN], funnel.all]


def _name(group: LeadGroup) -> Child:
    """What a group is called; a name that the company gave is never translated."""
    return group.name if group.name in _OURS else own(group.name)


def _rest(funnel: Funnel) -> Markup | None:
    left = len(funnel.groups) - _SHOWN
    return (
        paragraph(f"{left:,} smaller groups are in the table that --csv writes.", soft=True)
        if left > 0
        else None
    )
