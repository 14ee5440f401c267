"""Whether the model serves all alike: results by origin, by declared attribute and by age of the lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.leaks import auc
from serving.page import (
    Child,
    Markup,
    ValueRow,
    figure,
    join,
    own,
    paragraph,
    percent,
    rows_chart,
    section,
    table,
    tag,
)
from training.figures import Rate, rate_of
from training.figures.rates import groups_of, is_level
from training.judging import JUDGED, MIN_WON
from training.report.evidence.groups import in_words, missed
from training.report.input import ReportInput

_FEWEST_WON = 20
"""Fewer converted rows than this leave AUC and observed / promised to chance; a dash stands for them."""


@dataclass(frozen=True)
class AttributeGroup:
    """One group of test rows: what came, what was promised, and how well it is ordered inside."""

    name: str
    rate: Rate
    promised: float
    auc: float
    among_best: float


def groups_section(run: ReportInput) -> Markup:
    """A chart and a table for each declared attribute."""
    off = found_off(run)
    parts = [_breakdown(run, name, groups_of(column), off=off) for name, column in run.segments.items()]
    words = paragraph(
        "Dots are the shares that converted with 95 % intervals, circles what was promised. Of twenty groups "
        "one circle lies outside by chance alone, so that the groups are judged together, by wider "
        "intervals, under 'Is any group served badly?'; the tables repeat what was found there. Lines that "
        "reach the end of the axis go on."
    )
    if not parts:
        words = paragraph(
            "The recipe declares no category field with a meaning such as origin, market or country."
        )
    return section("groups", "By declared attribute", words, *parts)


def age_section(run: ReportInput) -> Markup:
    """The same by how old the lead was when it was looked at."""
    assert run.test is not None
    age = run.test["age_days"].to_numpy(np.float64)
    groups = [(f"{days:g} days", age == days) for days in np.unique(age)]
    words = paragraph(
        "How old a lead was when it was looked at. An old lead that is still open converts less often; the "
        "model should know that, and rank leads of one age too (AUC inside)."
    )
    parts = _breakdown(run, "age of the lead", groups, titled=False)
    return section("age", "By age of the lead", words, parts)


def groups(run: ReportInput, named: Iterable[tuple[str, NDArray[np.bool_]]]) -> list[AttributeGroup]:
    """The model's results in each named group of test rows."""
    assert run.test is not None
    y, clusters = run.test["label"].to_numpy(np.float64), run.test["cluster"].to_numpy(object)
    p = run.probabilities[JUDGED]
    best = p >= np.quantile(p, 0.9)
    return [
        AttributeGroup(
            name,
            rate_of(y[rows], clusters[rows]),
            float(p[rows].mean()),
            auc(y[rows], p[rows]),
            float(best[rows].mean()),
        )
        for name, rows in named
        if rows.any()
    ]


def _breakdown(
    run: ReportInput,
    title: str,
    named: Iterable[tuple[str, NDArray[np.bool_]]],
    titled: bool = True,
    off: Mapping[tuple[str, str], str] | None = None,
) -> Markup:
    found = groups(run, named)
    rows = [
        ValueRow(
            g.name,
            g.rate.rate,
            g.rate.low,
            g.rate.high,
            g.promised,
            f"{g.rate.n:,} rows",
            own=titled and is_level(g.name),
        )
        for g in found
    ]
    chart = rows_chart(
        rows, title=f"Converted and promised by {title}", names=("converted", "promised", None)
    )
    called = own(title) if titled else title
    head: list[Child] = [
        called,
        "rows",
        "converted rows",
        "share converted",
        "promised",
        "converted / promised",
        "AUC inside",
        "among the best 10\N{NO-BREAK SPACE}%",
    ]
    body = [
        _cells(one, (off or {}).get((title, one.name), ""), titled and is_level(one.name)) for one in found
    ]
    return join([tag("h3", called) if titled else None, figure(chart), table(head, body)])


def found_off(run: ReportInput) -> dict[tuple[str, str], str]:
    """(field, level) of the judged groups to whom too much or too little was promised, and which of the two.

    Judged once, in the evidence, whose intervals allow for the number of groups.
    """
    judged = run.evidence.segments if run.evidence else []
    return {(group.field, group.level): missed(group) for group in judged if missed(group)}


def _cells(group: AttributeGroup, off: str, level: bool) -> list[Child]:
    """A row of the table; `level`: the group is called as the company calls it."""
    told = group.rate.won >= _FEWEST_WON
    ratio = f"{group.rate.rate / group.promised:.2f}" if told and group.promised > 0 else "–"
    inside = f"{group.auc:.3f}" if told and not np.isnan(group.auc) else "–"
    came, promised = percent(group.rate.rate), percent(group.promised)
    return [
        own(group.name) if level else group.name,
        group.rate.n,
        group.rate.won,
        came,
        f"{promised} ({off})" if off else promised,
        ratio,
        inside,
        percent(group.among_best),
    ]


def fairness(run: ReportInput) -> Markup:
    """Who is promised too much or too little among the declared attributes, and who is called less."""
    if not run.segments:
        return paragraph("No attribute is declared by which groups could be compared, so none was checked.")
    note = (
        "The share of each group among the best tenth stands in the tables above. Whether a difference is "
        "fair is for people to judge: the model follows what was bought, also where past selling was unequal."
    )
    return join([paragraph(_checked(run)), paragraph(note, soft=True)])


def _checked(run: ReportInput) -> str:
    """What was looked at, and what was found: the same sentence as where the groups are judged."""
    judged = run.evidence.segments if run.evidence else []
    what = f"Checked by {', '.join(run.segments)}: "
    if not judged:
        return f"{what}no group has {MIN_WON} converted rows and as many others, so none could be judged."
    return f"{what}{len(judged)} groups of at least {MIN_WON} converted rows. {in_words(judged)}"
