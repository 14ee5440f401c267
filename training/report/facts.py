"""The facts of a run, for its model card: what was fitted on what, how, and how fast it answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.clock import from_us
from features.recipe import Recipe
from serving.answer import Ladder, compute
from serving.artefact import Artefact
from serving.page import percent, typeset
from training.history import History
from training.judging.latency import Latency
from training.packing import Trained
from training.report.names import named

KIND, BAYES = "Kind of model", "Bayes rates: those of each value, shrunken towards that of all leads"
NAME, RECIPE, TABLES = "Model's name", "Recipe (start of its hash)", "Tables (start of their hash)"
AS_WRITTEN = frozenset({NAME, RECIPE, TABLES})
"""Facts whose value is a name or a hash."""
_KINDS = {
    "linear": "logistic regression",
    "offset": "trees that start from a logistic regression",
    "trees": "trees",
    "stacked": "trees that read what a logistic regression makes of the lead",
    "bayes": BAYES,
    "blend": "several kinds, averaged in log-odds",
}
_MEMBERS = {"bayes": "Bayes rates"}
_MAPS = {"identity": "none: no map was better than none, beyond chance"}


def horizon_of(recipe: Recipe) -> float:
    """The horizon in days, 0 where the outcome is known at once."""
    return 0.0 if recipe.outcomes.at_once else recipe.recipe.horizon_days


def data_facts(history: History) -> dict[str, str]:
    """What is predicted, from which recipe and data."""
    recipe, days = history.recipe, horizon_of(history.recipe)
    facts = {
        NAME: recipe.name,
        "Predicts": "the probability that a lead converts" + (f" within {days:g} days" if days else ""),
        "Market": {"b2b": "companies", "b2c": "private persons"}.get(recipe.recipe.market, "both kinds"),
        RECIPE: recipe.hash[:12],
        TABLES: history.data_hash[:12],
    }
    return facts | ({"End of the history": history.end.words} if recipe.dated else {})


def model_facts(trained: Trained) -> dict[str, str]:
    """What was fitted on what, and how fast it answers."""
    judged, served = trained.judged.manifest, trained.served.manifest
    chosen = trained.choices.model
    facts = {
        KIND: _KINDS.get(trained.choices.kind, trained.choices.kind),
        "Calibration": _MAPS.get(chosen.map.name, chosen.map.name.replace("_", "-")),
        "Features": f"{len(trained.served.model.features)}",
        "Judged in this report": f"{trained.judged.version}, {_fitted(trained.judged)}",
        "Served after a promotion": f"{trained.served.version}, {_fitted(trained.served)}",
        "Converted among those rows": f"{percent(judged.base_rate)} (judged), "
        f"{percent(served.base_rate)} (served)",
        "Made with": ", ".join(f"{name} {version}" for name, version in served.versions.items()),
    }
    if chosen.members and not trained.choices.by_bayes:
        members = sorted(chosen.members, key=lambda member: -member.weight)
        shares = (f"{_MEMBERS.get(one.kind, _KINDS[one.kind])} {percent(one.weight)}" for one in members)
        facts["Its members"] = f"weights: {', '.join(shares)}"
    if trained.choices.ladder is not None:
        ladder = trained.choices.ladder
        facts["Answers first"] = f"{named(ladder.top)}: {typeset(ladder.words)}"
    facts["The served one, on open leads"] = moved(trained.shift)
    if chosen.trees.calendars:
        facts["Calendars, which trees do not see"] = ", ".join(chosen.trees.calendars)
    if chosen.linear.reading.crossed and not trained.choices.by_bayes:
        facts["Weights of the regression"] = "change with the age of the lead"
    if chosen.activity is not None and not trained.choices.by_bayes:
        read = "is read, by a hidden chain fitted on the events of all leads"
        left = "is not read: it was tried, and gained nothing on newer rows"
        facts["How active a lead is now"] = read if chosen.activity else left
    if chosen.half_life is not None and not trained.choices.by_bayes:
        facts["Newer rows"] = f"count for more: half as much {chosen.half_life:g} of the history ago"
    if chosen.follows and not trained.choices.by_bayes:
        facts["Level"] = "follows the newest fifth of the outcomes: the base rate moves"
    if (width := interval_widths(trained)) is not None:
        facts["Width of a lead's interval, on open leads"] = width
    if trained.evidence.latency is not None:
        facts["Time of one answer with reasons"] = speed(trained.evidence.latency)
    return facts


def interval_widths(trained: Trained) -> str | None:
    """How wide the intervals of open leads are, in words; None where no lead is open, or has one."""
    columns = trained.history.open_columns
    if not columns.n_leads:
        return None
    found = compute(Ladder.of(trained.served).top, columns)
    both = zip(found.intervals, found.probabilities.tolist(), strict=True)
    known = [(one.high - one.low, p) for one, p in both if one is not None]
    if not known:
        return None
    width, p = (float(np.mean(part)) for part in zip(*known, strict=True))
    return f"{percent(width)} on average, where the mean probability is {percent(p)}"


def moved(shift: Mapping[str, float]) -> str:
    """How far the served artefact is from the judged one, in words.

    >>> shift = {"median_log_odds": 0.1, "rank_agreement": 0.987}
    >>> moved(shift | {"mean_probability_judged": 0.5, "mean_probability_served": 0.6}).partition(";")[0]
    'moved by 0.10 log-odds in the middle'
    """
    served, judged = (percent(shift[f"mean_probability_{one}"]) for one in ("served", "judged"))
    return (
        f"moved by {shift['median_log_odds']:.2f} log-odds in the middle; rank agreement "
        f"{shift['rank_agreement']:.2f}; promises {served} on average, the judged {judged}"
    )


def speed(found: Latency) -> str:
    """Milliseconds in words.

    >>> speed(Latency(median_ms=2.345, p95_ms=4.0, contributions_ms=1.21)).partition(";")[2]
    ' 1.2 ms of it for the reasons. On the machine that trained, without reading the lead.'
    """
    middle, most, reasons = (f"{ms:.2g}" for ms in (found.median_ms, found.p95_ms, found.contributions_ms))
    return (
        f"{middle} ms in the middle, 95\N{NO-BREAK SPACE}% within {most} ms; {reasons} ms of it for the "
        "reasons. On the machine that trained, without reading the lead."
    )


def _fitted(artefact: Artefact) -> str:
    manifest = artefact.manifest
    size = f"fitted on {manifest.n_rows:,} rows of {manifest.n_leads:,} leads"
    if not manifest.recipe.dated:
        return size
    return f"{size}, seen {_day(manifest.window_us[0])} to {_day(manifest.window_us[1])}"


def _day(us: int) -> str:
    return from_us(us).date().isoformat()
