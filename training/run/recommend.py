"""What to do after a run: who answers meanwhile, and which leads or columns are missing."""

from __future__ import annotations

from math import ceil

from training.history import History, SplitRows
from training.judging import Evidence
from training.judging.gate import incumbent_of

MIN_EACH = 20
"""Fewer converted (or other) fit rows than this cannot choose even one setting."""
MIN_LEADS = 10
"""…nor can rows of fewer leads: snapshots of one lead repeat each other."""

_RULES = "Let the rules answer ('leadscore serve' does)."
_COLUMNS = (
    "columns known when a lead came (source, size, industry, job title), or events with their times, "
    "that have to do with buying"
)


def recommend(history: History, split: SplitRows, verdict: str, evidence: Evidence | None = None) -> str:
    """What to do next, in sentences; `evidence` is None where nothing was fitted."""
    if verdict == "promote":
        return "Let it answer with 'leadscore promote'."
    if verdict == "refuse" and evidence is not None:
        asked = history.recipe.gate.min_positives - (evidence.judged_by(incumbent_of(evidence)) or 0)
        more = f" Missing: {more_leads(asked, evidence)}." if asked > 0 else ""
        if asked <= 0 and not evidence.champion_missing:  # else the reason says what makes them comparable
            more = " Retrain with more matured leads."
        return f"The present rung goes on answering.{_better_rung(evidence)}{more}"
    if evidence is not None:
        return f"{_RULES}{_better_rung(evidence)} Missing: {_COLUMNS}."
    return f"{_RULES} Missing: {what_is_missing(history, split)}."


def more_leads(asked: int, evidence: Evidence) -> str:
    """How many leads bring `asked` more converted ones into the test, at the rate of this one."""
    leads = ceil(asked * evidence.n_test_leads / max(evidence.won_leads or 0, 1))
    return f"{asked} more converted leads in the test, about {leads:,} more matured leads there"


def what_is_missing(history: History, split: SplitRows) -> str:
    """The leads or columns without which nothing could be fitted or judged."""
    y = history.labelled.y(split.fit)
    won, others = int(y.sum()), int((1 - y).sum())
    won_leads = history.labelled.n_leads(split.fit[y == 1])
    if not history.features:
        return _COLUMNS
    if not len(split.fit):
        days = history.recipe.recipe.horizon_days
        return (
            f"leads whose horizon of {days} days was over before the test: an older history, or a smaller "
            "[recipe] horizon_days"
        )
    if not others:
        return "leads that were not won: export lost and open leads too"
    if won < MIN_EACH or won_leads < MIN_LEADS:
        count = max(MIN_EACH - won, MIN_LEADS - won_leads)
        return f"at least {count} more converted leads that are old enough"
    if others < MIN_EACH:
        return f"at least {MIN_EACH - others} more leads that were not won"
    return "newer leads whose outcome is known, won and not won, to judge on"


def _better_rung(evidence: Evidence) -> str:
    """Whether the Bayes rung did better than the scorecard; nothing where it was not compared."""
    rules, bayes = (evidence.row(name) for name in ("rules", "bayes"))
    if rules is None or bayes is None:
        return ""
    best, other = ("Bayes", "the rules") if bayes.loss < rules.loss else ("the rules", "Bayes")
    low, high = sorted((bayes.loss, rules.loss))
    return f" Below the model {best} did better than {other} (log loss {low:.4f} against {high:.4f})."
