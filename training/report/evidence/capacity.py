"""Whom to call: customers a week by how many leads are called, as a chart and in numbers."""

from __future__ import annotations

from serving.page import (
    GREY,
    Child,
    Curve,
    Markup,
    ValueRow,
    curves_chart,
    figure,
    look,
    paragraph,
    percent,
    plain,
    rows_chart,
    section,
    table,
)
from training.figures import WeekLists, Weekly
from training.figures.weeks import choosable
from training.history import Labelled
from training.judging import JUDGED
from training.report.evidence.periods import comparable, each, span, within
from training.report.input import ReportInput
from training.report.names import NAMES, named

_TABLE = (0.2, 0.5, 1.0, 2.0)
_CURVE = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0)
"""Efforts, as shares of the team's capacity."""
_DRAWN = ("model", "champion", "rules", "newest_first")
"""Who is drawn: the model, who could answer instead of it, and how people call without a score."""


def capacity_section(run: ReportInput) -> Markup:
    """Customers by how many leads are called, for the model and for who would answer without it."""
    weeks = WeekLists.of(run.test, run.probabilities)
    chart = figure(_curves(run, weeks), f"Dots are averages; the bars hold the middle 80 % of {_many(run)}.")
    return section(
        "capacity", "Whom to call", chart, _in_numbers(run, weeks), paragraph(_counted(run, weeks), soft=True)
    )


def customers_chart(run: ReportInput) -> Markup | None:
    """Bars of the customers that the best of a week bring, by who orders them; None without a model."""
    weeks = WeekLists.of(run.test, run.probabilities)
    called = choosable(weeks, JUDGED, run.capacity)
    found = [(name, weeks.brought(name, called)) for name in _shown(run)]
    rows = [
        ValueRow(named(name), one.mean, one.low, one.high, note=f"{one.mean:.1f}", colour=_colour(name))
        for name, one in found
        if one is not None
    ]
    if not rows or JUDGED not in run.probabilities:
        return None
    title = f"Customers when {called} leads {each(run)} are called, by who orders them"
    chart = rows_chart(rows, title=title, value_words=plain, bars=True)
    return figure(chart, f"{title}. Lines hold the middle 80 % of {_many(run)}.")


def _shown(run: ReportInput) -> list[str]:
    return [name for name in comparable(run) if name in (*_DRAWN, "base_rate")]


def _colour(name: str) -> str:
    return look(name).colour if name == JUDGED else GREY


def _curves(run: ReportInput, weeks: WeekLists) -> Markup:
    efforts = sorted({max(1, round(run.capacity * share)) for share in _CURVE})
    curves = [_curve(weeks, name, efforts) for name in comparable(run) if name in _DRAWN]
    chance = [weeks.brought("base_rate", called) for called in efforts]
    if all(one is not None for one in chance):
        known = [one for one in chance if one is not None]
        curves.append(
            Curve(NAMES["base_rate"], [one.called for one in known], [one.mean for one in known],
                  GREY, thin=True)
        )  # fmt: skip
    return curves_chart(
        curves, title=f"Customers against leads called {each(run)}", x_title=f"leads called {each(run)}",
        y_title=f"customers {each(run)}", x_words=plain, y_words=plain,
    )  # fmt: skip


def _curve(weeks: WeekLists, name: str, efforts: list[int]) -> Curve:
    found = [one for called in efforts if (one := weeks.brought(name, called)) is not None]
    looks, bars = look(name), name == JUDGED
    return Curve(
        named(name), [one.called for one in found], [one.mean for one in found], looks.colour, looks.dash,
        [one.low for one in found] if bars else None, [one.high for one in found] if bars else None,
        mark=looks.mark,
    )  # fmt: skip


def _in_numbers(run: ReportInput, weeks: WeekLists) -> Markup:
    efforts = sorted({max(1, round(run.capacity * share)) for share in _TABLE})
    head: list[Child] = ["who orders", *[f"{called} {each(run)}" for called in efforts]]
    rows: list[list[Child]] = [
        [named(name), *[_cell(weeks.brought(name, called)) for called in efforts]] for name in comparable(run)
    ]
    words = f"Customers by how many leads are called {each(run)}; in brackets the middle 80 % of {_many(run)}"
    of = [_converted(weeks.brought(name, run.capacity)) for name in comparable(run)]
    head.append(f"converted, of those called, at {run.capacity}")
    return table(head, [[*row, share] for row, share in zip(rows, of, strict=True)], f"{words}.")


def _cell(found: Weekly | None) -> str:
    return "–" if found is None else f"{found.mean:.1f} ({span(found)})"


def _converted(found: Weekly | None) -> str:
    return "–" if found is None else percent(found.mean / max(found.calls, 1e-9))


def _counted(run: ReportInput, weeks: WeekLists) -> str:
    """How the customers were counted."""
    some = weeks.brought(JUDGED, run.capacity)
    one = "week" if run.dated else "block"
    counted = f"{some.weeks} {one if some.weeks == 1 else one + 's'} of the test" if some else "the test"
    block = "" if run.dated else f" A block is {Labelled.BLOCK:,} rows."
    return (
        f"Counted over {counted}. The list of a {one} holds the leads that were looked at in it; a lead that "
        f"was called is not called again, so that a customer counts once. A customer is a lead that "
        f"converted{within(run)} after the call.{block} That a call converts anybody is not shown by this: "
        "it says whom to call first."
    )


def _many(run: ReportInput) -> str:
    return "weeks" if run.dated else "blocks"
