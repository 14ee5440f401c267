"""Groups and new accounts: who answers for them, and whether the model serves them alike."""

from __future__ import annotations

from collections.abc import Sequence

from serving.page import (
    BLUE,
    VERMILION,
    Child,
    Markup,
    ValueRow,
    figure,
    join,
    own,
    paragraph,
    plain,
    rows_chart,
    section,
    signed,
    table,
    tag,
    typeset,
    with_ends,
)
from training.judging import JUDGED, MIN_WON, Group
from training.judging.groups import NEW
from training.judging.protected import Protected
from training.report.input import ReportInput, SegmentAnswer
from training.report.names import named

_RIVALS = ("champion", "rules")
"""Whose order inside a group is compared with the model's: who might answer instead."""


def segments_section(run: ReportInput) -> Markup:
    """Who answers for whom, groups with intervals that allow for their number, accounts new to the test."""
    assert run.evidence is not None
    return section(
        "segments",
        "Groups and new accounts",
        _plan(run.answering),
        tag("h3", "Is any group served badly?"),
        _judged(run.evidence.segments),
        tag("h3", "Accounts new to the test"),
        _new(run.evidence.new_accounts),
        *(_protected(one) for one in run.evidence.protected),
    )


def _protected(found: Protected) -> Markup:
    """Who is hot how often, of all and of those that convert; and what was found, in a sentence."""
    head = ["group", "leads", "hot", "converted", "hot of them", "promised", "came"]
    rows: list[list[Child]] = [
        [own(one.level), one.leads, _share(one.hot), one.won, _share(one.hot_of_won), f"{one.promised:.1%}",
         _share(one.came)]
        for one in found.groups
    ]  # fmt: skip
    said = paragraph(
        f"{found.words}. The model does not read this column. Shares have 95 % intervals, and each lead is "
        "looked at once. Whether a difference may be is for people to judge."
    )
    return join([tag("h3", f"Protected: {found.column}"), said, table(head, rows)])


def _share(ends: tuple[float, float, float] | None) -> str:
    return "–" if ends is None else f"{ends[0]:.1%} [{ends[1]:.1%}, {ends[2]:.1%}]"


def _plan(answering: Sequence[SegmentAnswer]) -> Markup | None:
    """Which segment of the recipe has a scorer of its own, and why; None without `[segments]`."""
    if not answering:
        return None
    rows: list[list[Child]] = [
        [
            own(one.segment),
            own(one.levels),
            one.rows,
            one.converted_leads,
            one.answers,
            typeset(one.why),
        ]
        for one in answering
    ]
    head = ["segment", "levels", "rows fitted on", "converted leads", "who answers", "why"]
    words = paragraph(
        "A segment gets a scorer of its own, a model or Bayes rates that borrow from those of all, where "
        "that was better than the scorer of all leads, beyond chance, on the newest rows before the test."
    )
    return join([tag("h3", "Who answers for which segment"), words, table(head, rows)])


def _judged(groups: Sequence[Group]) -> Markup:
    """Observed over promised in every group, as a chart and with the order inside."""
    if not groups:
        return paragraph(
            f"No group of a declared attribute has {MIN_WON} converted test rows and as many others: "
            "with fewer, the intervals would be too wide to act on. The tables by attribute below show what "
            "there is."
        )
    rows = [_drawn(group) for group in groups]
    drawn = rows_chart(
        rows, title="Converted over promised in each group", value_words=plain, reference=1.0,
        names=("converted / promised", None, "what is promised comes"),
    )  # fmt: skip
    level = 100 * (1 - 0.05 / len(groups))
    caption = (
        f"Right of the line more converted than promised, left of it less. With {len(groups)} groups looked "
        f"at, each interval holds {level:.3g} %: by chance alone any of them misses in one run of twenty."
        if len(groups) > 1
        else "Right of the line more converted than promised, left of it less."
    )
    return join([paragraph(in_words(groups)), figure(drawn, caption), _in_numbers(groups)])


def _drawn(group: Group) -> ValueRow:
    value, (low, high) = group.scorers[JUDGED].observed_expected, group.observed_expected
    off = missed(group) != ""
    return ValueRow(
        group.name, float("nan") if value is None else value, low, high, note=f"{group.won:,} rows converted",
        colour=VERMILION if off else BLUE, mark="square" if off else "disc", own=True,
    )  # fmt: skip


def missed(group: Group) -> str:
    """'too much' or 'too little' was promised to the group, beyond its interval; else ''."""
    low, high = group.observed_expected
    if low is None or high is None:
        return ""
    return "too much" if high < 1 else "too little" if low > 1 else ""


def in_words(groups: Sequence[Group]) -> str:
    """What the intervals say of all groups together."""
    found = [f"{group.name} is promised {missed(group)}" for group in groups if missed(group)]
    found += [
        f"{group.name} is ordered worse than by {named(rival)}"
        for group in groups
        for rival, (_, high) in group.auc_difference.items()
        if rival in _RIVALS and high is not None and high < 0
    ]
    return f"{'; '.join(found)}." if found else "No group is surely served badly."


def _in_numbers(groups: Sequence[Group]) -> Markup:
    rivals = [name for name in _RIVALS if any(name in group.auc_difference for group in groups)]
    head = ["group", "rows", "converted rows", "converted / promised", "AUC inside"]
    head += [f"AUC, model minus {named(name).removeprefix('the ')}" for name in rivals]
    return table(head, [_cells(group, rivals) for group in groups], "In brackets: intervals")


def _cells(group: Group, rivals: Sequence[str]) -> list[Child]:
    judged = group.scorers[JUDGED]
    ratio, ends = judged.observed_expected, group.observed_expected
    called = group.name if group.level == NEW else own(group.name)
    cells: list[Child] = [called, group.n, group.won, with_ends(ratio, ends, "{:.2f}".format)]
    cells.append("–" if judged.auc is None else f"{judged.auc:.3f}")
    return [*cells, *[_gap(group, rival) for rival in rivals]]


def _gap(group: Group, rival: str) -> str:
    own, other = group.scorers[JUDGED].auc, group.scorers.get(rival)
    gap = None if own is None or other is None or other.auc is None else own - other.auc
    return with_ends(gap, group.auc_difference.get(rival, (None, None)), signed(3))


def _new(group: Group | None) -> Markup:
    """Whether the model serves accounts that it has never seen as well."""
    if group is None:
        return paragraph(
            "Not looked at apart: the leads belong to no accounts, or the test holds no converted and other "
            "rows of new ones."
        )
    off = missed(group)
    level = f"they are promised {off}" if off else "what was promised to them came, within what chance allows"
    words = f"Leads of accounts that no fitted row belongs to, {group.n:,} rows: {level}."
    return join([paragraph(words), _in_numbers([group])])
