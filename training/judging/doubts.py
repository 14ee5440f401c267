"""What a passed gate leaves open, in sentences: a rung that may be as good, a figure outside its band."""

from __future__ import annotations

from features.recipe import Gate
from training.judging.evidence import JUDGED, Evidence
from training.judging.gate import incumbent_of

BELOW = ("bayes", "rules")
"""The rungs below the model."""
_CALLED = {"bayes": "Bayes rates", "rules": "the scorecard rules"}
_FIGURES = {
    "slope": "how far apart good and bad leads are, against what was promised",
    "observed_expected": "how many convert of each one promised",
}


def doubts(evidence: Evidence, gate: Gate) -> list[str]:
    """Sentences on what is not sure of a model that may answer; none where all is.

    They explain why it may all the same: the gate asks for a sure gain over who answers today, and a figure
    outside its band vetoes only when its whole interval does and who answers today is nearer.
    """
    below = against_below(evidence)
    return [*([below] if below else []), *outside_bands(evidence, gate)]


def outside_bands(evidence: Evidence, gate: Gate) -> list[str]:
    """Why a figure outside its band does not refuse the model, a sentence a figure."""
    bands = {"slope": gate.slope, "observed_expected": gate.observed_expected}
    found = (_outside(evidence, figure, band) for figure, band in bands.items())
    return [words for words in found if words]


def best_below(evidence: Evidence) -> str | None:
    """The rung below the model that has the lowest log loss, None where none was compared."""
    rows = {name: row for name in BELOW if (row := evidence.row(name)) is not None}
    return min(rows, key=lambda name: rows[name].loss, default=None)


def against_below(evidence: Evidence) -> str:
    """How the model stands to the best rung below it, where it is not surely better; else ''."""
    rung = best_below(evidence)
    gain = evidence.difference(rung, "log_loss") if rung else None
    if rung is None or gain is None or gain.difference is None or gain.surely_below():
        return ""
    span = "" if gain.low is None or gain.high is None else f" [{gain.low:+.4f}, {gain.high:+.4f}]"
    sure = "surely worse than" if gain.surely_above() else "not surely better than"
    incumbent = incumbent_of(evidence)
    why = "" if incumbent == rung else f"; the gate asks for a sure gain over {_named(incumbent)} only"
    return (
        f"the model is {sure} {_named(rung)}, the best rung below it: log loss {gain.difference:+.4f}{span} "
        f"against it{why}"
    )


def _outside(evidence: Evidence, figure: str, band: tuple[float, float]) -> str:
    """Why a figure outside its band does not refuse the model; '' inside it."""
    own = evidence.figure(JUDGED, figure)
    if own is None or band[0] <= own <= band[1]:
        return ""
    ends = evidence.interval(JUDGED, figure)
    words = f"{figure.replace('observed_expected', 'observed / promised')} is {own:.2f} ({_FIGURES[figure]})"
    words += f", outside the band {band[0]:g} to {band[1]:g}: "
    if ends is None:
        return f"{words}its interval is not known, so that it refuses nothing"
    span = f"[{ends.low:.2f}, {ends.high:.2f}]"
    if ends.high < band[0] or ends.low > band[1]:
        return f"{words}surely ({span}), but {_named(incumbent_of(evidence))} would be further off"
    return f"{words}its interval {span} reaches into it, so that this may be chance"


def _named(scorer: str) -> str:
    return _CALLED.get(scorer, f"the {scorer}")
