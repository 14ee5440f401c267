"""What a run means, in words: the verdict, and how many customers the best leads of a week bring."""

from __future__ import annotations

import math

import numpy as np

from serving.page import Child, Markup, bullets, join, paragraph, percent, section, tag, typeset
from training.figures import WeekLists, Weekly
from training.figures.weeks import choosable
from training.judging import JUDGED
from training.judging.doubts import against_below, best_below, outside_bands
from training.report.evidence.capacity import customers_chart
from training.report.evidence.conditions import failures
from training.report.evidence.periods import comparable, each, span, within
from training.report.facts import BAYES, KIND
from training.report.input import ReportInput
from training.report.names import NAMES, named

_BIG = {
    "promote": "Promote: the model may answer.",
    "refuse": "Refuse: what answers today should go on answering.",
    "nothing_to_learn": "Nothing to learn: let the rules answer.",
}


def verdict_section(run: ReportInput) -> Markup:
    """The first thing to read: what to do, why, and what it brings."""
    lines: list[Child] = [tag("p", _BIG.get(run.verdict, run.verdict), class_="big")]
    lines += [tag("p", promise_of(run), class_="promise") if promise_of(run) else None]
    lines += [paragraph(words) for words in (_kind(run), _reached(run), _below(run), _level(run)) if words]
    lines += [bullets(failures(run)), paragraph(run.recommendation) if run.recommendation else None]
    box = tag("div", *lines, class_=f"verdict {run.verdict if run.verdict in _BIG else ''}".strip())
    warned = bullets([join([tag("b", "Warning:"), " ", text]) for text in run.warnings])
    return section("verdict", "Verdict", box, warned, customers_chart(run))


def promise_of(run: ReportInput) -> str:
    """'Call the best 50 a week: expect 9 to 14 customers instead of 4 …'; '' without a model.

    Of a model that is not to answer it is said in the past.
    """
    weeks = WeekLists.of(run.test, run.probabilities)
    called = choosable(weeks, JUDGED, run.capacity)
    best = weeks.brought(JUDGED, called)
    if best is None:
        return ""
    if run.verdict == "promote":
        words = f"Call the best {best.called} {each(run)}: expect {span(best)} customers"
    else:
        words = f"The best {best.called} {each(run)} held {span(best)} customers in the test"
    others = [(name, weeks.brought(name, called)) for name in _instead(run)]
    said = [f"{_mean(found)} {_HOW[name]}" for name, found in others if found]
    if not said:
        return f"{words}."
    average = f" ({_mean(best)} on average)"
    against = " instead of " if run.verdict == "promote" else ", against "
    return f"{words}{average}{against}{', and '.join(said)}."


def _mean(found: Weekly) -> str:
    """Customers on average, below ten with a decimal: 1.4 and 0.6 are not one.

    >>> _mean(Weekly(50, 12, 1.4, 0.0, 2.0, 50.0)), _mean(Weekly(50, 12, 11.6, 9.3, 13.6, 50.0))
    ('1.4', '12')
    """
    tenth = round(found.mean, 1)
    return f"{tenth:.1f}" if tenth < 10 else str(math.floor(found.mean + 0.5))


def _kind(run: ReportInput) -> str:
    """That the model is the Bayes rates, where it is: they have no row of their own then; else ''."""
    return "The model is the Bayes rates." if run.facts.get(KIND) == BAYES else ""


_HOW = {
    "newest_first": "when calling the newest first",
    "base_rate": "when calling in any order",
    **{name: f"by {words}" for name, words in NAMES.items() if name not in ("newest_first", "base_rate")},
}


def _instead(run: ReportInput) -> list[str]:
    """What the model is held against: how people call without a score, and who would answer without it."""
    compared = comparable(run)
    calling = next((name for name in ("newest_first", "base_rate") if name in compared), None)
    below = best_below(run.evidence) if run.evidence else None
    wanted = dict.fromkeys((calling, run.incumbent, below))
    return [name for name in wanted if name in compared and name in _HOW]


def _below(run: ReportInput) -> str:
    """How the model stands to the best rung below it, and what is not sure of one that may answer."""
    found = run.evidence
    rung = best_below(found) if found else None
    gain = found.difference(rung, "log_loss") if found and rung else None
    said = []
    if rung is not None and gain is not None and gain.difference is not None and gain.surely_below():
        ends = "" if gain.low is None or gain.high is None else f" [{gain.low:+.4f}, {gain.high:+.4f}]"
        said.append(
            f"It is surely better than {named(rung)}, the best rung below it: log loss {gain.difference:+.4f}"
            f"{ends} against it."
        )
    elif found is not None and (words := against_below(found)):
        said.append(f"{words[:1].upper()}{words[1:]}.")
    if run.verdict == "promote" and found is not None and run.gate is not None:
        said += [f"{words[:1].upper()}{words[1:]}." for words in outside_bands(found, run.gate)]
    return typeset(" ".join(said))


def _reached(run: ReportInput) -> str:
    """Where the team has time for everybody: that the order hardly matters then; else ''."""
    weeks = WeekLists.of(run.test, run.probabilities)
    called = choosable(weeks, JUDGED, run.capacity)
    if called == run.capacity or weeks.brought(JUDGED, called) is None:
        return ""
    return (
        f"The recipe says {run.capacity} calls {each(run)}: that is time for nearly every lead, in whatever "
        f"order. What an order brings is shown at {called}."
    )


def _level(run: ReportInput) -> str:
    """Whether the promised number of customers came, and how to read the probabilities then."""
    if run.test is None or JUDGED not in run.probabilities:
        return ""
    y, p = run.test["label"].to_numpy(np.float64), run.probabilities[JUDGED]
    words = (
        f"Its probabilities promised that {percent(float(p.mean()))} convert{within(run)}, and "
        f"{percent(float(y.mean()))} did"
    )
    ends = run.evidence.interval(JUDGED, "observed_expected") if run.evidence else None
    if ends is None:
        return words + "."
    of = f"{100 * ends.low:.0f} to {100 * ends.high:.0f} came for each 100 promised"
    if ends.low <= 1 <= ends.high:
        return f"{words}: right within what chance allows ({of})."
    side = "high" if ends.high < 1 else "low"
    return f"{words}: read them as somewhat too {side} ({of}). The order of leads does not depend on that."
