"""The model minus the others at two origins of the forecast: a gain of one period alone is no gain."""

from __future__ import annotations

from collections.abc import Sequence

from features.clock import from_us
from serving.page import (
    BLUE,
    VERMILION,
    Child,
    Markup,
    ValueRow,
    figure,
    paragraph,
    percent,
    rows_chart,
    section,
    signed,
    table,
    with_ends,
)
from training.judging import JUDGED, Difference, Evidence
from training.report.input import ReportInput
from training.report.names import NAMES, named

_LOSS, _ORDER = signed(4), signed(3)


def origins_section(run: ReportInput) -> Markup:
    """Differences in log loss and AUC on the test and on the rows before it, and whether both agree."""
    assert run.evidence is not None
    test, earlier = run.evidence, run.evidence.earlier
    words = paragraph(
        "The model minus each other way to answer, on the same leads. Below zero in log loss and above zero "
        "in AUC the model is better; an interval that holds zero says that chance may have done it."
    )
    return section(
        "origins",
        "Against the others, now and before",
        words,
        None if run.timed else paragraph(_BY_LOT),
        paragraph(agreement(test, earlier[0])) if earlier else paragraph(_ALONE),
        figure(_forest(test, earlier), "Log loss, model minus other, with 95 % intervals."),
        _in_numbers(test, earlier),
        paragraph(_periods(run, test, earlier), soft=True),
    )


_BY_LOT = "The leads were drawn by lot: 'before' is another draw from those fitted on, and no earlier time."
_ALONE = (
    "No earlier origin could be judged: too few outcomes were known by then. Whether the gain lasts is shown "
    "by this one period alone."
)


def side(found: Difference | None) -> str:
    """'better', 'worse' or 'level' of the model in log loss, as the interval says; '' where it is not known.

    >>> side(Difference(scorer="model", versus="rules", figure="log_loss", difference=-1, low=-2, high=-0.5))
    'better'
    """
    if found is None or found.difference is None:
        return ""
    return "better" if found.surely_below() else "worse" if found.surely_above() else "level"


def agreement(test: Evidence, earlier: Evidence) -> str:
    """Whether the earlier origin says the same of every rival that was compared at both."""
    sides = {name: _sides(test, earlier, name) for name in rivals(test)}
    both = {name: found for name, found in sides.items() if all(found)}
    against = [name for name, found in both.items() if set(found) == {"better", "worse"}]
    moved = [name for name, (now, then) in both.items() if now != then and name not in against]
    if against:
        verdict = f"The two origins disagree about {_list(against)}"
    elif moved:
        verdict = "The two origins do not contradict each other"
    else:
        verdict = "Both origins agree"
    same = [
        f"{_FEELS[feels]} {_list(names)}"
        for feels in ("better", "level", "worse")
        if (names := [name for name, found in both.items() if set(found) == {feels}])
    ]
    told = f"at both the model is {', '.join(same)}" if same else ""
    changed = [f"against {named(name)} {both[name][1]} before and {both[name][0]} now" for name in
               (*against, *moved)]  # fmt: skip
    return f"{verdict}: {'; '.join([*filter(None, [told]), *changed])}." if both else _NOTHING


_FEELS = {"better": "surely better than", "level": "level with", "worse": "surely worse than"}
_NOTHING = "At the earlier origin nothing was compared that the test has too."


def rivals(evidence: Evidence) -> list[str]:
    """Whom the model was compared with, in the order of `NAMES`."""
    known = {found.versus for found in evidence.differences if found.scorer == JUDGED}
    return [name for name in (*NAMES, *sorted(known - NAMES.keys())) if name in known]


def _sides(test: Evidence, earlier: Evidence, name: str) -> tuple[str, str]:
    """(now, before)."""
    return side(test.difference(name, "log_loss")), side(earlier.difference(name, "log_loss"))


def _list(names: Sequence[str]) -> str:
    """'a, b and c'."""
    called = [named(name) for name in names]
    return called[0] if len(called) == 1 else f"{', '.join(called[:-1])} and {called[-1]}"


def _forest(test: Evidence, earlier: Sequence[Evidence]) -> Markup:
    """Two rows a rival: the test, and below it the earlier origin."""
    origins = [("now", test, BLUE, "disc"), *[("before", one, VERMILION, "square") for one in earlier[:1]]]
    rows = []
    for name in rivals(test):
        for when, origin, colour, mark in origins:
            found = origin.difference(name, "log_loss")
            if found is not None and found.difference is not None:
                rows.append(
                    ValueRow(f"{named(name)}, {when}", found.difference, found.low, found.high, colour=colour,
                             mark=mark)
                )  # fmt: skip
    return rows_chart(
        rows, title="Model minus others in log loss", value_words=signed(3), reference=0.0,
        names=("", None, "as good as the model"), label_room=230,
    )  # fmt: skip


def _in_numbers(test: Evidence, earlier: Sequence[Evidence]) -> Markup:
    origins = [("now", test), *[("before", one) for one in earlier[:1]]]
    head: list[Child] = ["the model minus"]
    head += [f"{figure}, {when}" for figure in ("log loss", "AUC") for when, _ in origins]
    rows: list[list[Child]] = []
    for name in rivals(test):
        losses = [_shown(origin.difference(name, "log_loss"), 4) for _, origin in origins]
        orders = [_shown(origin.difference(name, "auc"), 3) for _, origin in origins]
        rows.append([named(name), *losses, *orders])
    return table(head, rows, "Differences with paired 95 % intervals")


def _shown(found: Difference | None, digits: int) -> str:
    return "–" if found is None else with_ends(found.difference, (found.low, found.high), signed(digits))


def _periods(run: ReportInput, test: Evidence, earlier: Sequence[Evidence]) -> str:
    """When both were, how many rows, and what share converted."""
    told = [
        f"{when}: {_period(run, one)}" for when, one in (("Now", test), *[("before", e) for e in earlier])
    ]
    note = (
        " At the earlier origin everything was fitted again on what was known by then. The settings were "
        "chosen on folds that hold these rows, so it informs and decides nothing."
    )
    return "; ".join(told) + "." + (note if earlier else "")


def _period(run: ReportInput, origin: Evidence) -> str:
    days = " to ".join(from_us(us).date().isoformat() for us in (origin.first_us, origin.last_us))
    size = f"{origin.n_test:,} rows, of which {percent(origin.base_rate)} converted"
    return f"{days}, {size}" if run.dated else size
