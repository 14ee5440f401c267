"""The sober half of a report: leaks, and the model card with purpose, data, limits and fairness."""

from __future__ import annotations

from serving.page import Markup, bullets, own, paragraph, section, table, tag
from training.report.evidence.attributes import fairness
from training.report.evidence.periods import within
from training.report.facts import AS_WRITTEN
from training.report.input import ReportInput

_FEW_WON = 100
"""Converted leads below which the width of intervals is said."""


def card_section(run: ReportInput) -> Markup:
    """Purpose, data, limits and fairness of the model: what its users must know."""
    facts = table(
        ["fact", "of this run"],
        [[name, own(value) if name in AS_WRITTEN else value] for name, value in run.facts.items()],
    )
    return section(
        "card",
        "Model card",
        tag("h3", "Purpose"),
        paragraph(_purpose(run)),
        tag("h3", "Model and data"),
        facts,
        tag("h3", "Limits"),
        bullets(_limits(run)),
        tag("h3", "Fairness"),
        fairness(run)
        if run.test is not None and run.probabilities
        else paragraph("There is no model to check."),
    )


def _purpose(run: ReportInput) -> str:
    return (
        f"To say, for every open lead, how probable it is that it converts{within(run)}, "
        "so that "
        "people work the promising ones first. It is made for ranking and planning of sales work; it must "
        "not "
        "decide about credit, employment, insurance, housing or anybody's rights."
    )


def _limits(run: ReportInput) -> list[str]:
    """What the numbers of this report do not show."""
    other, whole = ("later", "to the end of the history") if run.timed else ("other", "on all rows")
    limits = [
        "It learned which leads converted under the selling of that time; it does not say whom a call "
        "would change. "
        "That needs leads worked at random and compared.",
        "Leads that a former score kept from being called look worse than they are, now and in every later "
        "model.",
        f"Figures are of the judged artefact on {other} rows; the served one was fitted again, with the same "
        f"settings, {whole}. No {other} row is left to judge it on.",
        "Rows of one lead at several ages are not independent; intervals count accounts, or leads.",
        "People who object to being profiled are not scored; what became of them still counts in what was "
        "learned, unless they were deleted.",
    ]
    if not run.timed:
        limits.append(
            "The leads have no creation time, and their rows lie in no order of time: the test was drawn by "
            "lot, and nothing forward in time was shown."
        )
    elif not run.dated:
        limits.append(
            "The leads have no creation time, so the order of rows stands for time, and it cannot "
            "be guaranteed that each field held its value at the moment of prediction."
        )
    if run.evidence is not None and (won := run.evidence.won_leads) is not None and won < _FEW_WON:
        limits.append(f"Only {won:,} converted leads were judged on: the intervals are wide for that reason.")
    return limits
